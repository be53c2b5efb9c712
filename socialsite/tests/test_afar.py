"""Files lie in a bucket, and no request waits for it: here nothing of S3's client reaches the network, and what tries
to fails the test. What workers do with what requests have left: uploads/tests/test_s3_held.py, against a real one."""

import io
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models.archives import Export, Import
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in
from chat.models.files import MessageFile
from chat.tests.factories import make_chat, make_group
from core import health
from core.storage import Away
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.tests.factories import make_post
from socialsite import env
from socialsite.tests.test_attacks import routes
from uploads import docks, links, storage
from uploads.actions import receiving
from uploads.models import Held, Slot, Upload
from uploads.tests.factories import make_upload, png

pytestmark = pytest.mark.django_db(transaction=True)
BUCKET = "http://127.0.0.1:1/bucket/"
SLOTS = "/api/v1/uploads/slots"


@pytest.fixture
def asked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was asked of the bucket: nothing, at the end."""
    from botocore.exceptions import EndpointConnectionError
    from botocore.httpsession import URLLib3Session

    found: list[str] = []

    def refused(self: object, request: Any) -> None:
        found.append(f"{request.method} {request.url}")
        raise EndpointConnectionError(endpoint_url=request.url)

    monkeypatch.setattr(URLLib3Session, "send", refused)
    monkeypatch.setenv("STORAGE_URL", "s3://KEY:SECRET@bucket?region=eu&endpoint=http://127.0.0.1:1")
    settings.STORAGES = {**settings.STORAGES, "default": env.storage(Path("unused"))}
    settings.BUCKET_URL = env.bucket_url()
    links._signed.cache_clear()
    yield found
    links._signed.cache_clear()
    assert not found, "a worker does that (holding.keep, looking.look_into_slot), or a link leads there (links.py)"


def as_(who: User) -> Client:
    client = Client()
    log_in(client, who)
    return client


def app(who: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(who)
    return client


def file(name: str = "a.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png(700, 500).read())


def test_what_waits_for_the_bucket_is_caught(asked: list[str]) -> None:
    with pytest.raises(Away):
        storage.keep("uploads/temp/x", io.BytesIO(b"x"))
    assert asked[0].startswith(f"PUT {BUCKET}uploads/temp/x")
    asked.clear()


@pytest.mark.slow
def test_no_address_asks_the_bucket(asked: list[str], cast: Cast) -> None:
    User.objects.filter(pk=cast.mod.pk).update(is_superuser=True)
    for who in (cast.mod, cast.bob):
        client = as_(who)
        client.raise_request_exception = False
        for address, _pattern in routes():
            for method in ("get", "post", "put", "patch", "delete"):
                if address not in ("/logout/", "/api/v1/auth/logout"):
                    getattr(client, method)(address)
                    assert not asked, f"{method} {address}"


# What comes with a form


@pytest.mark.both
def test_pictures_of_plain_forms_are_there_at_once(asked: list[str], cast: Cast) -> None:
    alice = as_(cast.alice)
    assert alice.post("/compose/", {"text": "", "audience": "public", "files": [file()]}).status_code == 302
    post = Post.objects.get()
    answer = alice.post("/comments/write/", {"post": post.pk, "text": "look", "file": file()})
    assert answer.status_code == 302, answer.content[:2000]
    talk = make_chat(cast.alice, cast.dan)
    words = {"conversation": talk.pk, "client_id": str(uuid.uuid4()), "text": "", "files": [file()]}
    assert alice.post("/chat/send/", words).status_code == 302
    for place in ("avatar", "cover"):
        assert alice.post(f"/settings/{place}/", {f"{place}-picture": file()}).status_code == 302
    group = make_group(cast.alice, cast.dan)
    assert alice.post(f"/chat/{group.pk}/picture/", {"picture-picture": file()}).status_code == 302
    receiving.receive_ready_upload(actor=None, purpose="sticker", file=png())
    assert Comment.objects.count() == 1
    uploads = list(Upload.objects.all())
    assert [(one.purpose, one.is_ready, one.held, one.original) for one in uploads] == [
        (purpose, True, True, False)
        for purpose in ("post", "comment", "message", "avatar", "cover", "group", "sticker")
    ]
    for upload in uploads:
        shown = alice.get(upload.url())
        assert (shown.status_code, shown["Content-Type"]) == (200, "image/webp"), upload.purpose
        assert b"".join(shown.streaming_content)[:4] == b"RIFF"  # type: ignore[attr-defined]
        shown.close()
    page = as_(cast.bob).get(post.get_absolute_url()).content.decode()
    assert "/media/" in page
    sent = MessageFile.objects.select_related("message", "upload").get()
    taken = as_(cast.dan).get(f"/chat/{talk.pk}/{sent.message.seq}/files/{sent.upload.key}/")
    assert (taken.status_code, taken["Content-Disposition"][:10]) == (200, "attachment")
    taken.close()


def test_what_a_worker_prepares_waits_for_it_here(asked: list[str], cast: Cast) -> None:
    answer = app(cast.alice).post("/api/v1/uploads", {"file": file(), "purpose": "post"}, format="multipart")
    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    upload = Upload.objects.get()
    [(name, number, key)] = Held.objects.values_list("name", "number", "key")
    assert (name, number, key) == (upload.original_name, 0, upload.key)
    assert app(cast.alice).delete(f"/api/v1/uploads/{upload.key}").status_code == 204
    assert not Held.objects.exists(), "what is deleted goes with its row"


@pytest.mark.both
def test_an_import_waits_for_its_worker_here(asked: list[str], cast: Cast) -> None:
    body = b"zip" * 2**20
    answer = as_(cast.bob).post("/settings/data/import/", {"file": io.BytesIO(body)})
    assert answer.status_code == 302
    name = storage.archive("import", Import.objects.get().key)
    assert [len(piece) for piece in Held.objects.order_by("number").values_list("body", flat=True)] == [2**20] * 3
    assert set(Held.objects.values_list("name", flat=True)) == {name}


@pytest.mark.both
def test_a_piece_of_a_picture_is_a_workers(asked: list[str], cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "PATIENCE", 0.0)
    alice, crop = app(cast.alice), {"left": 0, "top": 0, "width": 0.5, "height": 1}
    source = make_upload(cast.alice, purpose="post")
    first = alice.post(f"/api/v1/uploads/{source.key}/crop", crop, format="json")
    assert (first.status_code, first.json()["state"]) == (201, "received")
    again = alice.post(f"/api/v1/uploads/{source.key}/crop", crop, format="json")
    assert again.json()["key"] == first.json()["key"]
    face = make_upload(cast.alice, purpose="avatar")
    answer = alice.put("/api/v1/me/avatar", {"upload": str(face.key)}, format="json")
    assert answer.status_code == 409, "one moment, please"


# What goes straight there


@pytest.mark.both
def test_slots_are_opened_renewed_and_called_off(asked: list[str], cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, given = app(cast.alice), {"purpose": "post", "name": "a.png", "type": "image/png"}
    small = alice.post(SLOTS, {**given, "bytes": 1000}, format="json").json()
    assert ([way["method"] for way in small["ways"]], small["opening"]) == (["POST"], False)
    monkeypatch.setattr(docks, "WHOLE", 1000)
    large = alice.post(SLOTS, {**given, "bytes": 2500}, format="json").json()
    assert (large["parts"], large["ways"], large["opening"]) == (3, [], True)
    address = f"{SLOTS}/{large['key']}"
    assert alice.get(address).json()["opening"] is True
    Slot.objects.filter(key=large["key"]).update(asked_at=None, multipart="m", seen={"parts": {"1": 1000, "2": 7}})
    there = alice.get(address).json()
    assert (there["opening"], there["arrived"], [way["number"] for way in there["ways"]]) == (False, [1], [2, 3])
    assert all("uploadId=m" in way["url"] and f"uploads/temp/{large['key']}?" in way["url"] for way in there["ways"])
    assert alice.get(address).json()["opening"] is True, "what was said once is asked anew"
    Slot.objects.filter(key=large["key"]).update(asked_at=None, seen={"reason": "away"})
    assert alice.get(address).status_code == 503
    assert alice.post(f"{address}/finish").status_code == 202
    assert alice.delete(address).status_code == 204
    assert app(cast.bob).get(f"{SLOTS}/{small['key']}").status_code == 404


# What is taken along


def said(location: str) -> dict[str, str]:
    assert location.startswith(BUCKET)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def test_downloads_lead_there_after_our_check(asked: list[str], cast: Cast) -> None:
    week = timezone.now() + timedelta(days=7)
    export = Export.objects.create(user=cast.alice, state="ready", due_at=None, expires_at=week, bytes=9)
    answer = app(cast.alice).get("/api/v1/me/export/download")
    assert (answer.status_code, answer["Cache-Control"]) == (302, "private, no-store")
    assert f"archives/export/{export.key}.zip?" in answer["Location"]
    words = said(answer["Location"])
    assert words["X-Amz-Expires"] == "900"
    assert words["response-content-type"] == "application/zip"
    assert words["response-content-disposition"].startswith("attachment")
    assert app(cast.bob).get("/api/v1/me/export/download").status_code == 404

    talk = make_chat(cast.alice, cast.dan)
    kept = make_upload(
        cast.alice,
        purpose="message",
        medium="file",
        name='ev"il.html',
        width=0,
        height=0,
        variants={},
        renditions={"file": {"w": 0, "h": 0, "bytes": 9}},
    )
    given = {"client_id": str(uuid.uuid4()), "text": "", "files": [str(kept.key)]}
    assert app(cast.alice).post(f"/api/v1/conversations/{talk.pk}/messages", given, format="json").status_code == 201
    for address in (
        f"/chat/{talk.pk}/1/files/{kept.key}/",
        f"/api/v1/conversations/{talk.pk}/messages/1/files/{kept.key}",
    ):
        answer = as_(cast.dan).get(address)
        assert (answer.status_code, answer["Cache-Control"]) == (302, "private, no-store")
        words = said(answer["Location"])
        assert words["response-content-type"] == "application/octet-stream"
        assert words["response-content-disposition"].startswith("attachment")
        assert as_(cast.bob).get(address).status_code in (302, 404)
        assert "Location" not in as_(cast.bob).get(address) or BUCKET not in as_(cast.bob).get(address)["Location"]


def test_pictures_lead_there(asked: list[str], cast: Cast) -> None:
    face = make_upload(cast.alice, purpose="avatar", public=True)
    answer = Client().get(face.url())
    words = said(answer["Location"])
    assert (answer.status_code, words["X-Amz-Expires"]) == (302, str(7 * 86400))
    kept, age = answer["Cache-Control"].split(", max-age=")
    assert kept == "public"
    assert 3.5 * 86400 <= int(age) <= 7 * 86400
    shown = make_upload(cast.alice, purpose="post", held=True)
    link = shown.url()
    assert link.startswith("/media/")
    answer = Client().get(link)  # it has left the database meanwhile
    assert (answer.status_code, answer["Cache-Control"].startswith("private, max-age=")) == (302, True)
    shown.held = False
    assert answer["Location"] == shown.url(), "the one address that all readers have"
    assert Client().get(link.replace("?e=", "?e=1")).status_code == 404


def test_the_site_is_ready_while_the_bucket_is_away(asked: list[str], cast: Cast) -> None:
    assert health.storage().ok
    assert as_(cast.mod).get("/readyz").json()["parts"]["storage"]["ok"] is True
    make_post(cast.alice, "Still here.")
    assert b"Still here." in as_(cast.bob).get("/").content

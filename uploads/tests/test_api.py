"""/api/v1/uploads."""

import errno
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from core import errors, scratch
from uploads import registry, storage, tasks
from uploads.actions import receiving
from uploads.models import Stored, Upload
from uploads.tests import factories

pytestmark = pytest.mark.django_db
URL = "/api/v1/uploads"


def post(api, data, name="cat.png", **fields):
    file = SimpleUploadedFile(name, data, content_type="text/html")
    return api.post(URL, {"file": file, "purpose": factories.PURPOSE, **fields}, format="multipart")


def test_takes_a_picture_and_says_how_far_it_is(api, owner, files):
    answer = post(api, factories.png().getvalue(), alt="A cat")
    assert answer.status_code == 202
    upload = Upload.objects.get()
    assert answer["Location"] == f"{URL}/{upload.key}"
    assert (answer.data["state"], answer.data["alt"], answer.data["url"]) == ("received", "A cat", "")
    from uploads.actions import preparing

    preparing.process_upload(upload_id=upload.pk)
    seen = api.get(answer["Location"]).json()
    assert (seen["state"], seen["width"], seen["type"]) == ("ready", 64, "image/png")
    assert seen["url"].startswith(f"/media/{upload.key}/320.webp?")


@pytest.mark.parametrize(("data", "status"), [(b"<html>", 422), (b"", 422), (b"\xff\xd8\xff" + b"\0" * 5000, 413)])
def test_refuses_with_a_problem_that_names_the_field(api, files, settings, data, status):
    settings.MAX_API_IMAGE_BYTES = 4000
    answer = post(api, data)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert set(answer.json()["errors"]) == {"file"}


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(OSError(errno.ENOSPC, "full"), "no room"), (OSError(errno.EIO, "broken"), "does not answer")],
)
def test_a_storage_in_trouble_is_said_and_nothing_is_left(api, files, monkeypatch, trouble, words):
    def fails(*_args):
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(storage, "keep", fails)
        answer = post(api, factories.png().getvalue())
        assert (answer.status_code, words in answer.json()["errors"]["file"][0]) == (503, True)
    with monkeypatch.context() as patch:
        patch.setattr(scratch, "check_room", fails)
        assert post(api, factories.png().getvalue()).status_code == 503
    assert not Upload.objects.exists()
    assert post(api, factories.png().getvalue()).status_code == 202
    Stored.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    tasks.remove()
    assert Stored.objects.count() == 1


def test_a_form_says_the_same(owner, files, monkeypatch):
    """While it is stored, and while its variants are; a worker hears what it was, and tries again."""
    given = {"actor": owner, "purpose": factories.PURPOSE}
    real = storage.keep
    for turn in (1, 2):
        calls = []

        def fails(*args, calls=calls, turn=turn):
            calls.append(args)
            if len(calls) == turn:
                raise OSError(errno.ENOSPC, "full")
            real(*args)

        monkeypatch.setattr(storage, "keep", fails)
        with pytest.raises(errors.Busy, match="no room") as refused:
            receiving.receive_ready_upload(file=factories.png(), **given)
        assert (refused.value.field, refused.value.errno) == ("file", errno.ENOSPC)
        assert isinstance(refused.value, OSError)
        monkeypatch.setattr(storage, "keep", real)
    assert receiving.receive_ready_upload(file=factories.png(), **given).is_ready


def test_refuses_a_body_that_is_far_too_large_unread(api, files, settings):
    settings.MAX_API_IMAGE_BYTES = 4000
    answer = post(api, b"\xff\xd8\xff" + b"\0" * 200_000)
    assert answer.status_code == 413
    assert not Upload.objects.exists()


def test_refuses_what_is_missing_or_unknown(api, files):
    assert set(api.post(URL, {}, format="multipart").json()["errors"]) == {"file", "purpose"}
    answer = post(api, factories.png().getvalue(), purpose="nonsense")
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"purpose"})
    assert api.post(URL, {"file": "x"}, format="json").status_code == 415


def test_needs_a_login(client, files):
    for call in (client.get, client.delete):
        assert call(f"{URL}/{uuid.uuid4()}").status_code == 401
    assert client.post(URL).status_code == 401


def test_other_peoples_are_as_if_absent(api, stranger, django_assert_num_queries):
    foreign = factories.make_upload(stranger)
    for path in (f"{URL}/{foreign.key}", f"{URL}/{uuid.uuid4()}"):
        with django_assert_num_queries(2):  # a finished slot, then an upload
            hidden = api.get(path)
        assert hidden.status_code == api.delete(path).status_code == 404
        assert hidden.json() == api.get(f"{URL}/{uuid.uuid4()}").json()
    assert api.get(f"{URL}/1").status_code == 404
    assert Upload.objects.count() == 1


def test_deletes(api, owner):
    upload = factories.make_upload(owner)
    assert api.delete(f"{URL}/{upload.key}").status_code == 204
    assert api.delete(f"{URL}/{upload.key}").status_code == 404
    used = factories.make_upload(owner, attached_at=timezone.now())
    assert api.delete(f"{URL}/{used.key}").status_code == 409


def test_gives_fresh_links_to_those_who_may_see(api, stranger):
    upload = factories.make_upload(stranger, attached_at=timezone.now())
    answer = api.get(f"{URL}/{upload.key}/picture").json()
    assert "640w" in answer["srcset"]
    assert not {"name", "state", "sha256"} & answer.keys()
    registry.register(factories.PURPOSE, visible=lambda viewer, uploads: uploads.none())
    assert api.get(f"{URL}/{upload.key}/picture").status_code == 404

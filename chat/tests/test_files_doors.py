"""Files of messages through every door: the API, the socket, plain forms, and files made to do harm."""

import io
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models.people import User
from accounts.tests.factories import Cast
from chat.actions import changes as change_actions
from chat.models.conversations import Conversation, Membership
from chat.models.files import MessageFile
from chat.models.messages import Message
from chat.serializers.files import FileOut, ListedFileOut
from chat.tests.factories import make_chat, say
from chat.tests.sockets import site
from chat.tests.test_files import picture, send
from core import errors
from uploads import storage
from uploads.actions import preparing, receiving, sweeps
from uploads.models import Upload
from uploads.tests import films
from uploads.tests.factories import png
from uploads.tests.films import make_film, make_sound

pytestmark = pytest.mark.django_db
later = sync_to_async
BASE = "/api/v1/conversations"
PAGE = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    return make_chat(cast.alice, cast.bob)


@pytest.fixture(autouse=True)
def _disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "default_storage", InMemoryStorage())


def as_(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def post(client: Client, talk: Conversation, **data: Any) -> Any:
    given = {"client_id": str(uuid.uuid4()), **data}
    return client.post(f"{BASE}/{talk.pk}/messages", given, content_type="application/json")


def brought(who: User, name: str, content: bytes, purpose: str = "message") -> Upload:
    """What a worker makes of a file that came."""
    upload = receiving.receive_upload(actor=who, purpose=purpose, file=io.BytesIO(content), name=name)
    return preparing.process_upload(upload_id=upload.pk) or upload


# -- The API and the socket --------------------------------------------------------------------------------------------


def test_two_send_files_through_the_api(cast: Cast, talk: Conversation) -> None:
    alice, bob = as_(cast.alice), as_(cast.bob)
    shot, film, voice = (
        picture(cast.alice),
        make_film(cast.alice, purpose="message"),
        make_sound(cast.alice, purpose="voice"),
    )
    name = str(uuid.uuid4())
    first = post(alice, talk, client_id=name, files=[str(shot.key), str(film.key), str(voice.key)])
    assert first.status_code == 201
    again = post(alice, talk, client_id=name, files=[str(shot.key), str(film.key), str(voice.key)])
    assert (again.status_code, again.json()) == (200, {**first.json(), "again": True})
    [row] = bob.get(f"{BASE}/{talk.pk}/messages").json()["results"]
    assert [(one["kind"], one["medium"]) for one in row["files"]] == [
        ("media", "picture"),
        ("media", "video"),
        ("voice", "audio"),
    ]
    assert all(set(one) == set(FileOut().fields) for one in row["files"])
    assert all("?e=" in one["url"] for one in row["files"])
    assert row["files"][1]["poster"]
    assert [one["name"] for one in row["files"]] == ["", "", ""], "what pictures are called is their owner's alone"
    [listed] = bob.get(f"{BASE}/{talk.pk}/files?kind=voice").json()["results"]
    assert set(listed) == set(ListedFileOut().fields)
    assert (listed["seq"], listed["sender"], listed["duration"]) == (1, cast.alice.pk, 65.0)
    [chat] = bob.get(BASE).json()["results"]
    assert len(chat["last_message"]["files"]) == 3


@pytest.mark.parametrize(
    ("files", "status"),
    [
        (["nonsense"], 422),
        ([str(uuid.uuid4())], 404),
        ([str(uuid.uuid4())] * 11, 422),
        ("x", 422),
        ([1], 404),
        ([], 422),
    ],
)
def test_what_the_api_refuses(cast: Cast, talk: Conversation, files: Any, status: int) -> None:
    refused = post(as_(cast.alice), talk, files=files)
    assert refused.status_code == status, refused.content
    assert not Message.objects.exists()


def test_strangers_find_no_files(cast: Cast, talk: Conversation) -> None:
    paper = brought(cast.alice, "plan.pdf", b"%PDF-1.4")
    ack = send(cast.alice, talk, paper)
    places = [
        f"{BASE}/{talk.pk}/files",
        f"/chat/{talk.pk}/files/",
        f"{BASE}/{talk.pk}/messages/{ack.seq}/files/{paper.key}",
        f"/chat/{talk.pk}/{ack.seq}/files/{paper.key}/",
    ]
    for place in places:
        assert as_(cast.bob).get(place).status_code == 200, place
        assert as_(cast.carol).get(place).status_code == 404, place
    assert as_(cast.bob).get(f"/chat/{talk.pk}/{ack.seq}/files/{uuid.uuid4()}/").status_code == 404
    assert as_(cast.bob).get(f"/chat/{talk.pk}/{ack.seq + 1}/files/{paper.key}/").status_code == 404
    assert as_(cast.bob).get(f"/chat/{talk.pk}/files/?kind=secret").status_code == 404
    Membership.objects.filter(user=cast.bob).delete()
    for place in places:
        assert as_(cast.bob).get(place).status_code == 404, place


@pytest.mark.django_db(transaction=True)
async def test_files_over_the_socket(cast: Cast) -> None:
    talk = await later(make_chat)(cast.alice, cast.bob)
    shot = await later(picture)(cast.alice)
    async with site() as here:
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        given = {"conversation": talk.pk, "client_id": str(uuid.uuid4()), "text": ""}
        refused = await alice.ask("chat.send", **given, files=[str(uuid.uuid4())])
        assert (refused["type"], refused["status"]) == ("error", 404)
        assert "files" in str(refused)
        assert (await alice.ask("chat.send", **given, files=[str(shot.key)]))["type"] == "ack"
        heard = (await bob.until("chat.message"))["data"]
        [one] = heard["files"]
        assert (one["key"], one["kind"], heard["text"]) == (str(shot.key), "media", "")
        assert (await alice.ask("chat.send", **{**given, "client_id": str(uuid.uuid4())}))["type"] == "error"
        missed = await bob.ask("chat.catch_up", conversation=talk.pk, after=0)
        assert missed["data"]["messages"][0]["files"] == heard["files"]


# -- Plain forms -------------------------------------------------------------------------------------------------------


def form(talk: Conversation, *files: SimpleUploadedFile, **more: Any) -> dict[str, Any]:
    return {"conversation": talk.pk, "client_id": str(uuid.uuid4()), "text": "", "files": list(files), **more}


def test_a_picture_by_a_plain_form(cast: Cast, talk: Conversation) -> None:
    alice = as_(cast.alice)
    given = form(talk, SimpleUploadedFile("cat.png", png().getvalue()), text="a cat")
    assert alice.post("/chat/send/", given)["Location"] == f"/chat/{talk.pk}/#end"
    page = as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()
    assert "Picture 1 of 1" in page
    assert "a cat" in page
    inbox = alice.get("/chat/").content.decode()
    assert "You: a cat" in inbox


def test_what_takes_longer_is_kept_in_the_form(cast: Cast, talk: Conversation) -> None:
    alice = as_(cast.alice)
    given = form(talk, SimpleUploadedFile("plan.pdf", b"%PDF-1.4"), text="the plan")
    refused = alice.post("/chat/send/", given)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "One moment" in page
    assert "plan.pdf" in page
    assert "the plan" in page
    upload = Upload.objects.get()
    assert f'name="uploads" value="{upload.key}"' in page
    preparing.process_upload(upload_id=upload.pk)
    again = {**given, "files": [], "uploads": [str(upload.key)]}
    assert alice.post("/chat/send/", again).status_code == 302
    assert "plan.pdf" in as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()


def test_forms_that_cannot_be(cast: Cast, talk: Conversation) -> None:
    alice = as_(cast.alice)
    assert alice.post("/chat/send/", form(talk)).status_code == 422
    broken = SimpleUploadedFile("cat.png", png().getvalue()[:40])
    assert "damaged" in alice.post("/chat/send/", form(talk, broken)).content.decode()
    many = [SimpleUploadedFile(f"{at}.png", png().getvalue()) for at in range(11)]
    assert "Ten files at most" in alice.post("/chat/send/", form(talk, *many)).content.decode()
    assert alice.post("/chat/send/", form(talk, uploads=["nonsense"])).status_code in (404, 422)
    shot = SimpleUploadedFile("cat.png", png().getvalue())
    for place in (talk.pk, "x", "9" * 30, ""):
        assert as_(cast.carol).post("/chat/send/", {**form(talk, shot), "conversation": place}).status_code == 404
    assert not Upload.objects.filter(owner=cast.carol).exists(), "nothing is taken in for who may not send it"
    assert not Message.objects.exists()


def test_all_files_on_their_page(cast: Cast, talk: Conversation) -> None:
    bob = as_(cast.bob)
    for kind in ("media", "file", "voice"):
        assert "Nothing here yet" in bob.get(f"/chat/{talk.pk}/files/?kind={kind}").content.decode()
    send(
        cast.alice,
        talk,
        picture(cast.alice),
        brought(cast.alice, "plan.pdf", b"%PDF"),
        make_sound(cast.alice, purpose="voice"),
    )
    assert "data-shot" in bob.get(f"/chat/{talk.pk}/files/").content.decode()
    assert "plan.pdf" in bob.get(f"/chat/{talk.pk}/files/?kind=file").content.decode()
    assert "<audio" in bob.get(f"/chat/{talk.pk}/files/?kind=voice").content.decode()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda who: [picture(who)], "Photo"),
        (lambda who: [picture(who), picture(who)], "2 photos"),
        (lambda who: [make_film(who, purpose="message")], "Video"),
        (lambda who: [make_sound(who, purpose="voice")], "Voice message · 1:05"),
        (lambda who: [picture(who), make_film(who, purpose="message")], "2 files"),
    ],
)
def test_the_list_says_what_came(cast: Cast, talk: Conversation, made: Any, words: str) -> None:
    send(cast.alice, talk, *made(cast.alice))
    assert words in as_(cast.bob).get("/chat/").content.decode()
    assert f"You: {words}" in as_(cast.alice).get("/chat/").content.decode()


# -- Files made to do harm ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.png", PAGE),
        ("page.html", PAGE),
        ("drawing.svg", SVG),
        ("run.exe", b"MZ" + PAGE),
        ("pdf.pdf", b"%PDF-1.4 /JS (app.alert(1))"),
        ("\u202egnp.exe\r\nX: y", PAGE),
        ('a"; filename="b.html', PAGE),
        ("<img src=x onerror=alert(1)>.txt", PAGE),
    ],
)
def test_nothing_that_runs_is_ever_shown(cast: Cast, talk: Conversation, name: str, content: bytes) -> None:
    upload = brought(cast.alice, name, content)
    assert (upload.state, upload.medium, upload.src, upload.sources) == ("ready", "file", "", [])
    ack = send(cast.alice, talk, upload)
    for place in (
        f"/chat/{talk.pk}/{ack.seq}/files/{upload.key}/",
        f"{BASE}/{talk.pk}/messages/{ack.seq}/files/{upload.key}",
    ):
        answer = as_(cast.bob).get(place)
        assert b"".join(answer.streaming_content) == content
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"].startswith("attachment; filename")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert "\u202e" not in str(upload.name)
        assert "X" not in answer.headers
    page = as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    for variant, ending in (("file", "bin"), ("320", "webp"), ("sound", "m4a")):
        assert as_(cast.bob).get(f"/media/{upload.key}/{variant}.{ending}").status_code == 404


def test_a_picture_that_is_a_page_as_well_is_drawn_anew(cast: Cast, talk: Conversation) -> None:
    upload = brought(cast.alice, "both.html", png().getvalue() + PAGE)
    assert (upload.state, upload.medium) == ("ready", "picture")
    for name in upload.variants:
        with storage.open_variant(upload.key, name) as file:
            assert b"script" not in file.read()


@pytest.mark.parametrize("content", [PAGE, png().getvalue(), SVG, b""])
def test_a_voice_is_a_sound_or_nothing(cast: Cast, content: bytes) -> None:
    with pytest.raises(errors.Invalid):
        brought(cast.alice, "voice.webm", content, purpose="voice")
    assert not Upload.objects.exists()


def test_a_broken_sound_is_refused(cast: Cast) -> None:
    upload = brought(cast.alice, "voice.ogg", b"OggS" + PAGE, purpose="voice")
    assert (upload.state, upload.reason) == ("failed", "broken")


def test_a_video_is_no_voice(cast: Cast) -> None:
    upload = brought(cast.alice, "voice.webm", films.made("mp4").getvalue(), purpose="voice")
    assert (upload.state, upload.reason) == ("failed", "not_a_sound")


def test_a_voice_that_takes_too_long_is_refused(cast: Cast, settings: Any) -> None:
    settings.MAX_VIDEO_SECONDS = 1
    recorded = films.made("webm", codec="", sound="libopus", seconds=4).getvalue()
    upload = brought(cast.alice, "voice.webm", recorded, purpose="voice")
    assert (upload.state, upload.reason) == ("failed", "too_long")


@pytest.mark.parametrize(("form_", "sound"), [("webm", "libopus"), ("ogg", "libopus"), ("mp4", "aac")])
def test_what_browsers_record_becomes_a_voice(cast: Cast, talk: Conversation, form_: str, sound: str) -> None:
    recorded = films.made(form_, codec="", sound=sound, seconds=2).getvalue()
    upload = brought(cast.alice, f"voice.{form_}", recorded, purpose="voice")
    assert (upload.state, upload.medium) == ("ready", "audio")
    assert 1900 < upload.duration < 2200
    assert len(upload.peaks) == 48
    assert 80 <= max(upload.peaks) <= 100
    assert [one["type"] for one in upload.sources] == ["audio/mp4"]
    send(cast.alice, talk, upload)
    page = as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()
    assert 'class="wave"' in page
    assert "0:02" in page


def test_what_is_deleted_leaves_the_storage(cast: Cast, talk: Conversation) -> None:
    """As feed's pictures are: rows and bytes, by the sweeps that stand."""
    paper = brought(cast.alice, "plan.pdf", b"%PDF-1.4")
    ack = send(cast.alice, talk, paper)
    assert storage.lies(paper.key)
    change_actions.delete_message(actor=cast.alice, conversation_id=talk.pk, seq=ack.seq)
    assert sweeps.sweep_discarded() == 1
    assert (Upload.objects.count(), MessageFile.objects.count()) == (0, 0)
    sweeps.remove_due_files()
    assert not storage.lies(paper.key)
    say(cast.alice, talk, "on we go")

"""The first message to somebody: with files where they know who writes, with words alone where they are asked first."""

import uuid
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tests.factories import Cast
from chat.models.conversations import Membership
from chat.models.files import MessageFile
from chat.models.messages import Message
from chat.tests.test_files import picture
from chat.tests.test_files_doors import as_
from uploads import storage
from uploads.actions import preparing
from uploads.models import Upload
from uploads.tests.factories import png

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ALONE = "send words alone"


@pytest.fixture(autouse=True)
def _disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "default_storage", InMemoryStorage())


def form(who: str, **given: Any) -> dict[str, Any]:
    return {"with": who, "client_id": str(uuid.uuid4()), "text": "", **given}


def test_to_a_friend_it_carries_files_from_the_plain_form(cast: Cast) -> None:
    alice = as_(cast.alice)
    page = alice.get("/chat/with/dan/").content.decode()
    assert 'name="files"' in page
    assert ALONE not in page
    shots = [SimpleUploadedFile(f"{at}.png", png().getvalue(), "image/png") for at in range(2)]
    answer = alice.post("/chat/send/", form("dan", files=shots))
    [row] = Message.objects.all()
    assert answer["Location"] == f"/chat/{row.conversation_id}/#end"
    assert [one.kind for one in row.carried] == ["media", "media"]
    assert "Picture 2 of 2" in as_(cast.dan).get(f"/chat/{row.conversation_id}/").content.decode()
    assert not Membership.objects.filter(is_request=True).exists()


def test_what_takes_longer_is_kept_in_the_form(cast: Cast) -> None:
    alice = as_(cast.alice)
    given = form("dan", files=[SimpleUploadedFile("note.txt", b"leeks", "text/plain")], text="the list")
    refused = alice.post("/chat/send/", given)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert all(words in page for words in ("One moment", "note.txt", "the list", 'name="with" value="dan"'))
    upload = Upload.objects.get()
    preparing.process_upload(upload_id=upload.pk)
    assert alice.post("/chat/send/", {**given, "files": [], "uploads": [str(upload.key)]}).status_code == 302
    assert [one.kind for one in Message.objects.get().carried] == ["file"]


def test_with_what_a_script_has_sent_before_and_words(cast: Cast) -> None:
    shot = picture(cast.alice)
    given = form("dan", text="look", uploads=[str(shot.key)])
    for _turn in range(2):  # the button pressed twice
        assert as_(cast.alice).post("/chat/send/", given).status_code == 302
    [row] = Message.objects.all()
    assert (row.text, row.files_count) == ("look", 1)


def test_who_is_asked_first_gets_words_alone_and_it_is_said_so(cast: Cast) -> None:
    alice = as_(cast.alice)
    page = alice.get("/chat/with/carol/").content.decode()
    assert 'name="files"' not in page
    assert ALONE in page
    shot = picture(cast.alice)
    refused = alice.post("/chat/send/", form("carol", text="hello", uploads=[str(shot.key)]))
    assert refused.status_code == 422
    assert ALONE in refused.content.decode()
    assert "hello" in refused.content.decode()
    assert not Message.objects.exists()
    assert Upload.objects.get(pk=shot.pk).attached_at is None
    assert alice.post("/chat/with/carol/", form("carol", text="hello")).status_code == 302
    talk = Message.objects.get().conversation_id
    page = alice.get(f"/chat/{talk}/").content.decode()
    assert ALONE in page
    assert 'name="files"' not in page
    given = {"client_id": str(uuid.uuid4()), "files": [str(shot.key)]}
    answer = alice.post(f"/api/v1/conversations/{talk}/messages", given, content_type="application/json")
    assert answer.status_code == 409
    assert ALONE in answer.json()["detail"]
    assert "files" in answer.json()["errors"]
    assert not MessageFile.objects.exists()


def test_through_the_api_a_friends_first_message_carries_files(cast: Cast) -> None:
    alice, shot = as_(cast.alice), picture(cast.alice)
    talk = alice.post("/api/v1/conversations", {"user": cast.dan.pk}, content_type="application/json").json()["id"]
    given = {"client_id": str(uuid.uuid4()), "files": [str(shot.key)]}
    answer = alice.post(f"/api/v1/conversations/{talk}/messages", given, content_type="application/json")
    assert answer.status_code == 201


def test_nobody_who_may_not_write_leaves_files_there(cast: Cast) -> None:
    for who in ("mallory", "nobody-here", "alice"):
        shot = SimpleUploadedFile("shot.png", png().getvalue(), "image/png")
        answer = as_(cast.alice).post("/chat/send/", form(who, files=[shot]))
        assert answer.status_code in (404, 422)
    assert not Upload.objects.exists()

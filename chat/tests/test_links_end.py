"""Links to what a message carries end with it, whoever asks for them and however; and with it goes the file itself."""

import re
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import InMemoryStorage
from django.test import Client
from django.utils import timezone

from accounts.models.people import User
from accounts.tests.factories import Cast
from chat.actions import changes, own
from chat.actions import messages as message_actions
from chat.models.conversations import Conversation
from chat.models.messages import Message
from chat.tests.factories import make_chat
from chat.tests.test_files import picture, send
from chat.tests.test_files_doors import brought
from uploads import storage, tasks
from uploads.models import Caption, Upload
from uploads.tests.factories import png
from uploads.tests.films import make_film

pytestmark = [pytest.mark.django_db, pytest.mark.both]
HOUR = 3600


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


def ends(who: User, upload: Upload, tail: str = "/picture") -> set[int]:
    """When the links in this answer end, in seconds of the epoch."""
    answer = as_(who).get(f"/api/v1/uploads/{upload.key}{tail}")
    assert answer.status_code == 200
    return {int(end) for end in re.findall(r"[?&]e=(\d+)", answer.content.decode())}


def disappears(ack: message_actions.Ack) -> int:
    """In five minutes; seconds of the epoch."""
    at = timezone.now() + timedelta(minutes=5)
    Message.objects.filter(pk=ack.id).update(expires_at=at)
    return int(at.timestamp())


def test_every_answer_about_an_upload_ends_with_its_message(cast: Cast, talk: Conversation) -> None:
    shot, film = picture(cast.alice), make_film(cast.alice, purpose="message")
    words = Caption.objects.create(upload=film, language="en", text="WEBVTT\n")
    Upload.objects.filter(pk=film.pk).update(captions=[{"id": words.pk, "language": "en"}])
    end = disappears(send(cast.alice, talk, shot, film))
    for who in (cast.alice, cast.bob):
        assert ends(who, shot) == {end}
        assert ends(who, film, "/film") == {end}
        assert "captions" in as_(who).get(f"/api/v1/uploads/{film.key}/film").content.decode()
    assert ends(cast.alice, shot, "") == {end}, "also what the owner asks of their upload"
    for path in ("messages", "files"):
        answer = as_(cast.bob).get(f"/api/v1/conversations/{talk.pk}/{path}").content.decode()
        assert {int(one) for one in re.findall(r"[?&]e=(\d+)", answer)} == {end}, path


def test_nobody_gets_a_link_after_the_end(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    end = disappears(send(cast.alice, talk, shot))
    link = as_(cast.bob).get(f"/api/v1/uploads/{shot.key}/picture").json()["url"]
    with time_machine.travel(datetime.fromtimestamp(end + 1, tz=timezone.get_current_timezone())):
        for who in (cast.alice, cast.bob):
            assert as_(who).get(f"/api/v1/uploads/{shot.key}/picture").status_code == 404
            assert as_(who).get(f"/api/v1/uploads/{shot.key}").status_code == 404
        assert Client().get(link).status_code == 404


def test_what_stays_elsewhere_ends_for_those_who_do_not_see_it_there(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    ack = send(cast.alice, talk, shot)
    end = disappears(ack)
    other = make_chat(cast.bob, cast.carol)
    message_actions.forward_message(
        actor=cast.bob, conversation_id=talk.pk, seq=ack.seq, to=other.pk, client_id=uuid.uuid4()
    )
    assert ends(cast.alice, shot) == {end}
    for who in (cast.bob, cast.carol):
        assert min(ends(who, shot)) > time.time() + HOUR / 2 - 5
    own.clear_conversation(actor=cast.alice, conversation_id=talk.pk)
    assert ends(cast.alice, shot) == {end}, "who sees none any more, and brought it"


def test_a_file_is_gone_seconds_after_its_message_was_deleted(cast: Cast, talk: Conversation) -> None:
    shot = brought(cast.alice, "shot.png", png().getvalue())
    ack = send(cast.alice, talk, shot)
    link = as_(cast.bob).get(f"/api/v1/uploads/{shot.key}/picture").json()["url"]
    assert Client().get(link).status_code == 200
    changes.delete_message(actor=cast.alice, conversation_id=talk.pk, seq=ack.seq)
    for who in (cast.alice, cast.bob):
        assert as_(who).get(f"/api/v1/uploads/{shot.key}/picture").status_code == 404
    remove: Any = tasks.remove
    remove()  # the worker that the deletion wakes
    assert Client().get(link).status_code == 404
    assert not Upload.objects.filter(pk=shot.pk).exists()

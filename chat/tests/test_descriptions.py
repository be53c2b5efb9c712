"""What a picture shows, in words: said before it is sent or afterwards, read by everybody, taken along."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models.people import User
from accounts.tests.factories import Cast
from chat import belongings
from chat.actions import describing
from chat.actions import messages as message_actions
from chat.models.conversations import Conversation
from chat.models.messages import Message
from chat.queries import messages as message_queries
from chat.tests.factories import make_chat, make_group
from chat.tests.test_files import picture, send
from chat.tests.test_files_doors import as_
from core import errors
from uploads.models import Upload
from uploads.tests.films import make_sound

pytestmark = [pytest.mark.django_db, pytest.mark.both]
CAT = "A cat asleep on a keyboard"


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    return make_chat(cast.alice, cast.bob)


def patch(client: Client, path: str, alt: str) -> Any:
    return client.patch(f"/api/v1/{path}", json.dumps({"alt": alt}), content_type="application/json")


def told(who: User, talk: Conversation, seq: int) -> list[str]:
    return [one.upload.alt for one in message_queries.message(who, talk.pk, seq).carried]


def test_said_before_it_is_sent_it_is_read_by_the_other(cast: Cast, talk: Conversation) -> None:
    shot, alice = picture(cast.alice), as_(cast.alice)
    assert patch(alice, f"uploads/{shot.key}", CAT).json()["alt"] == CAT
    ack = send(cast.alice, talk, shot)
    assert f'alt="{CAT}"' in as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()
    [row] = as_(cast.bob).get(f"/api/v1/conversations/{talk.pk}/messages").json()["results"]
    assert row["files"][0]["alt"] == CAT
    assert (row["seq"], row["edited_at"]) == (ack.seq, None)
    [taken] = list(belongings.messages(cast.bob))
    assert taken["files"][0]["alt"] == CAT


def test_once_it_is_sent_it_is_described_in_its_message_alone(cast: Cast, talk: Conversation) -> None:
    """Somebody may have sent it on, as what they say."""
    shot, alice = picture(cast.alice), as_(cast.alice)
    ack = send(cast.alice, talk, shot)
    assert patch(alice, f"uploads/{shot.key}", "A dog").status_code == 409
    assert told(cast.bob, talk, ack.seq) == [""]
    assert patch(alice, f"conversations/{talk.pk}/messages/{ack.seq}/files/{shot.key}", CAT).status_code == 200
    assert told(cast.bob, talk, ack.seq) == [CAT]


def test_nobody_describes_what_others_brought(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    for who in (cast.bob, cast.carol):
        assert patch(as_(who), f"uploads/{shot.key}", "mine").status_code == 404
    ack = send(cast.alice, talk, shot)
    path = f"conversations/{talk.pk}/messages/{ack.seq}/files/{shot.key}"
    for who, status in ((cast.bob, 403), (cast.carol, 404), (cast.mallory, 404)):
        assert patch(as_(who), path, "mine").status_code == status
    other = make_chat(cast.bob, cast.carol)
    again = message_actions.forward_message(
        actor=cast.bob, conversation_id=talk.pk, seq=ack.seq, to=other.pk, client_id=uuid.uuid4()
    )
    with pytest.raises(errors.NotFound):
        describing.describe_pictures(actor=cast.bob, conversation_id=other.pk, seq=again.seq, alts={shot.key: "mine"})
    assert Upload.objects.get(pk=shot.pk).alt == ""


def test_it_is_said_later_on_the_messages_own_page_and_comes_as_a_change(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol)
    one, two, sound = picture(cast.alice), picture(cast.alice), make_sound(cast.alice, purpose="message")
    ack = send(cast.alice, group, one, two, sound, text="look")
    alice = as_(cast.alice)
    page = alice.get(f"/chat/{group.pk}/{ack.seq}/").content.decode()
    assert f'name="{one.key}"' in page
    assert f'name="{sound.key}"' not in page
    assert f'name="{one.key}"' not in as_(cast.bob).get(f"/chat/{group.pk}/{ack.seq}/").content.decode()
    address = f"/chat/{group.pk}/{ack.seq}/describe/"
    refused = alice.post(address, {str(one.key): "x" * 501, str(two.key): "kept"})
    assert refused.status_code == 422
    assert 'value="kept"' in refused.content.decode()
    assert told(cast.bob, group, ack.seq) == ["", "", ""]
    assert alice.post(address, {str(one.key): CAT, str(two.key): ""}).status_code == 302
    assert told(cast.bob, group, ack.seq) == [CAT, "", ""]
    changed = Message.objects.get(pk=ack.id)
    assert (changed.rev > ack.rev, changed.edited_at) == (True, None)
    assert alice.post(address, {str(one.key): f" {CAT} ", str(two.key): ""}).status_code == 302
    assert Message.objects.get(pk=ack.id).rev == changed.rev, "the same again is no change"
    assert as_(cast.bob).post(address, {}).status_code == 403


def test_through_the_api_it_answers_the_message_as_it_is(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    ack = send(cast.alice, talk, shot)
    path = f"conversations/{talk.pk}/messages/{ack.seq}/files/{shot.key}"
    said = patch(as_(cast.alice), path, CAT).json()
    assert (said["files"][0]["alt"], said["rev"]) == (CAT, ack.rev + 1)
    assert patch(as_(cast.alice), path, "x" * 501).status_code == 422
    assert patch(as_(cast.alice), path.replace(str(shot.key), str(uuid.uuid4())), CAT).status_code == 404

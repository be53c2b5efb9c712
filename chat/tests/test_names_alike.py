"""Whoever the conversation's page names is named everywhere, and nobody else is: by each of the cast, in each state."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions import relations
from accounts.models.people import User
from accounts.tests.factories import Cast, make_user
from chat import belongings
from chat.actions import messages as message_actions
from chat.actions import own, reactions, words
from chat.models.conversations import Conversation
from chat.models.messages import Message
from chat.queries import transcript
from chat.tests.factories import make_group, say
from chat.tests.test_files import picture, send

pytestmark = [pytest.mark.django_db, pytest.mark.both]
NAME = "Zebulon Quirk"


@pytest.fixture
def speaker() -> User:
    return make_user("zebulon", display_name=NAME)


@pytest.fixture
def talk(cast: Cast, speaker: User) -> Conversation:
    """The speaker owns nothing and did nothing that a notice tells; their word is the last, and answered before."""
    group = make_group(cast.alice, cast.bob, cast.carol, cast.dan, speaker)
    shot = picture(speaker)
    first = send(speaker, group, shot, text="marzipan")
    message_actions.send_message(
        actor=cast.dan, conversation_id=group.pk, client_id=uuid.uuid4(), text="to that", reply=first.seq
    )
    reactions.react(actor=speaker, conversation_id=group.pk, seq=first.seq + 1, kind="like")
    say(speaker, group, "marzipan again")
    for who in (cast.alice, cast.bob, cast.carol):
        own.star_message(actor=who, conversation_id=group.pk, seq=first.seq, starred=True)
    words.index_rows(rows=list(Message.objects.filter(conversation=group)))
    return group


def surfaces(who: User, group: Conversation) -> Iterator[tuple[str, str]]:
    """Every list that says who said something, with the page of the conversation first."""
    client = Client()
    client.force_login(who)
    said = Message.objects.filter(conversation=group, text="marzipan").values_list("seq", "pk").get()
    answered = said[0] + 1
    for path in (
        f"/chat/{group.pk}/",
        f"/chat/{group.pk}/{answered}/?line=1",
        f"/chat/{group.pk}/{answered}/reactions/",
        f"/chat/{group.pk}/files/?kind=media",
        "/chat/search/?q=marzipan",
        "/chat/starred/",
        "/chat/",
    ):
        yield path, client.get(path).content.decode()
    yield "transcript", "".join(transcript.transcript(who, group.pk))
    handles = [row["from"] for rows in (belongings.messages, belongings.starred) for row in rows(who)]
    yield "archive", NAME if "zebulon" in handles else ""
    yield "with", NAME if any("zebulon" in row["with"] for row in belongings.messages(who)) else ""


def hides(speaker: User) -> None:
    User.objects.filter(pk=speaker.pk).update(hidden_at=timezone.now())


def is_suspended(speaker: User) -> None:
    User.objects.filter(pk=speaker.pk).update(suspended_until=timezone.now() + timedelta(days=1))


def is_gone(speaker: User) -> None:
    User.objects.filter(pk=speaker.pk).update(is_active=False)


@pytest.mark.parametrize("happens", [None, hides, is_suspended, is_gone])
def test_every_surface_names_as_the_page_does(
    cast: Cast, speaker: User, talk: Conversation, happens: Callable[[User], None] | None
) -> None:
    if happens:
        happens(speaker)
    for who in (cast.alice, cast.bob, cast.carol):
        named = {path: NAME in page for path, page in surfaces(who, talk)}
        assert set(named.values()) == {happens is None}, (who.handle, named)


@pytest.mark.parametrize("blocks", ["reader", "speaker"])
def test_a_block_hides_the_name_from_one_and_from_nobody_else(
    cast: Cast, speaker: User, talk: Conversation, blocks: str
) -> None:
    one, other = (cast.bob, speaker) if blocks == "reader" else (speaker, cast.bob)
    relations.block(actor=one, person=other.pk)
    assert {path: NAME in page for path, page in surfaces(cast.bob, talk)} == dict.fromkeys(
        dict(surfaces(cast.bob, talk)), False
    )
    assert all(NAME in page for _path, page in surfaces(cast.carol, talk))
    relations.unblock(actor=one, person=other.pk)
    assert all(NAME in page for _path, page in surfaces(cast.bob, talk))


def test_who_left_the_site_is_a_deleted_member_in_every_list(cast: Cast, speaker: User, talk: Conversation) -> None:
    Message.objects.filter(sender=speaker).update(sender=None)
    for path, page in surfaces(cast.bob, talk):
        if path in ("/chat/starred/", "/chat/search/?q=marzipan", "/chat/", "transcript"):
            assert "Deleted member" in page, path
            assert NAME not in page, path


def test_a_report_of_what_one_reads_names_nobody_whom_one_may_not_see(
    cast: Cast, speaker: User, talk: Conversation
) -> None:
    row = Message.objects.get(conversation=talk, text="marzipan")
    client = Client()
    client.force_login(cast.bob)
    address = f"/messages/{row.pk}/report/"
    assert NAME in client.get(address).content.decode()
    hides(speaker)
    for page in (client.get(address), client.post(address, {"reason": "spam"})):
        assert page.status_code == 200
        assert NAME not in page.content.decode()
        assert "zebulon" not in page.content.decode()

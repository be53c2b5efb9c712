"""What was said before somebody's time in a group stays unsaid to them, whatever becomes of it; and who comes back into
a group starts anew."""

import uuid

import pytest
from asgiref.sync import sync_to_async

from accounts.models.people import User
from accounts.tests.factories import Cast
from chat.actions import changes, groups
from chat.models.conversations import Conversation
from chat.queries import resume as resume_queries
from chat.tests.factories import make_group, membership, say
from chat.tests.sockets import site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
later = sync_to_async


def late(cast: Cast) -> Conversation:
    """Alice's group; bob came after the first two messages."""
    group = make_group(cast.alice, cast.dan)
    for text in ("the surprise for bob", "another"):
        say(cast.alice, group, text)
    groups.add_people(actor=cast.alice, conversation_id=group.pk, people=[cast.bob.pk])
    group.refresh_from_db()
    return group


async def test_a_change_of_what_was_said_before_is_not_shown_to_who_came_after(cast: Cast) -> None:
    group = await later(late)(cast)
    first = (await later(membership)(group, cast.bob)).joined_seq - 1
    async with site() as here:
        bob, dan = await here.join(cast.bob), await here.join(cast.dan)
        for change in (changes.edit_message, changes.set_pinned, changes.delete_message):
            more = {"text": "the surprise is a boat"} if change is changes.edit_message else {}
            more |= {"pinned": True} if change is changes.set_pinned else {}
            await later(change)(actor=cast.alice, conversation_id=group.pk, seq=first, **more)
            shown = (await dan.until("chat.message"))["data"]
            assert shown["seq"] == first
            heard = await bob.until("chat.behind")
            assert heard["data"] == {"conversation": group.pk, "rev": shown["rev"]}
            missed = await bob.ask("chat.catch_up", conversation=group.pk, after=shown["rev"] - 1)
            assert missed["data"]["messages"] == []
            assert missed["data"]["rev"] == shown["rev"]
        assert not [frame for frame in bob.heard if frame["type"] == "chat.message"]
        # What is said in his time he hears as before, and what becomes of it.
        ack = (await dan.say(group.pk, "hello bob", str(uuid.uuid4())))["data"]
        assert (await bob.until("chat.message"))["data"]["seq"] == ack["seq"]
        await later(changes.edit_message)(
            actor=cast.dan, conversation_id=group.pk, seq=ack["seq"], text="hello, dear bob"
        )
        assert (await bob.until("chat.message"))["data"]["text"] == "hello, dear bob"


def missed(who: User, group: Conversation, after: int) -> resume_queries.Missed:
    return resume_queries.resume(who, {group.pk: after})[group.pk]


@pytest.mark.parametrize("shows_history", [False, True])
def test_who_comes_back_into_a_group_loads_it_anew(cast: Cast, shows_history: bool) -> None:
    group = make_group(cast.alice, cast.bob, cast.dan)
    say(cast.bob, group, "I was here")
    group.refresh_from_db()
    before = group.rev
    assert not missed(cast.bob, group, before).reload
    groups.leave(actor=cast.bob, conversation_id=group.pk)
    say(cast.alice, group, "while he was away")
    groups.change_group(actor=cast.alice, conversation_id=group.pk, shows_history=shows_history)
    groups.add_people(actor=cast.alice, conversation_id=group.pk, people=[cast.bob.pk])
    group.refresh_from_db()
    assert missed(cast.bob, group, before).reload, "his state is of another time"
    assert not missed(cast.dan, group, before).reload
    assert not missed(cast.bob, group, group.rev).reload, "a fresh load goes on from there"
    joined = membership(group, cast.bob).joined_rev
    assert before < joined < group.rev
    assert not missed(cast.bob, group, joined).reload

"""Groups over the socket: who is out hears nothing any more, whatever the bus lost; who is asked is told nothing."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import InterfaceError

from accounts.tests.factories import Cast
from chat import realtime as chat_realtime
from chat.access import conversations as conversation_access
from chat.actions import conversations as conversation_actions
from chat.actions import groups as group_actions
from chat.actions import requests as request_actions
from chat.models.conversations import Conversation
from chat.tests.factories import make_group, say
from chat.tests.sockets import Site, eventually, site
from core import realtime

pytestmark = pytest.mark.django_db(transaction=True)
later = sync_to_async


def said(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["data"]["text"] for frame in frames if frame["type"] == "chat.message"]


async def out(how: str, cast: Cast, group: Conversation) -> None:
    """carol is taken out in another process, and this one hears nothing of it."""
    real, realtime.hub.loop = realtime.hub.loop, None
    if how == "remove":
        await later(group_actions.remove_person)(actor=cast.alice, conversation_id=group.pk, person_id=cast.carol.pk)
    else:
        await later(group_actions.leave)(actor=cast.carol, conversation_id=group.pk)
    realtime.hub.loop = real


@pytest.mark.parametrize("how", ["remove", "leave"])
async def test_a_lost_word_about_who_went_leaks_nothing(cast: Cast, how: str) -> None:
    async with site() as here:
        group = await later(make_group)(cast.alice, cast.bob, cast.carol)
        alice, bob, carol = [await here.join(who) for who in (cast.alice, cast.bob, cast.carol)]
        await alice.say(group.pk, "to three")
        for line in (bob, carol):
            assert (await line.until("chat.message"))["data"]["text"] == "to three"
        await out(how, cast, group)
        assert cast.carol.pk in chat_realtime.audiences.known[group.pk].members
        # What asks the database is refused at once.
        assert (await carol.say(group.pk, "still here?"))["status"] == 404
        assert (await carol.ask("chat.catch_up", conversation=group.pk, after=0))["status"] == 404
        assert (await carol.ask("chat.resume", conversations={str(group.pk): 0}))["data"] == {"conversations": {}}
        await alice.say(group.pk, "to two")
        assert (await bob.until("chat.message"))["data"]["text"] == "to two"
        assert said(await carol.quiet()) == []


async def test_who_went_types_to_nobody_when_the_log_says_so(cast: Cast) -> None:
    async with site() as here:
        group = await later(make_group)(cast.alice, cast.bob, cast.carol)
        bob, carol = await here.join(cast.bob), await here.join(cast.carol)
        await carol.ask("chat.typing", conversation=group.pk)
        await bob.until("chat.typing")
        await out("remove", cast, group)
        realtime.hub.recheck(cast.carol.pk)  # what core.access_log does within a second
        await carol.until("access")
        chat_realtime.typing.said.clear()
        await carol.ask("chat.typing", conversation=group.pk)
        assert "chat.typing" not in [frame["type"] for frame in await bob.quiet()]
        await bob.ask("chat.typing", conversation=group.pk)
        told = [frame["data"] for frame in await carol.quiet() if frame["type"] == "chat.typing"]
        assert cast.bob.pk not in [one["user"] for one in told]


async def test_who_comes_and_goes_is_told_and_the_others_read_a_notice(cast: Cast) -> None:
    async with site() as here:
        group = await later(make_group)(cast.alice, cast.bob)
        bob, dan = await here.join(cast.bob), await here.join(cast.dan)
        await later(group_actions.add_people)(actor=cast.alice, conversation_id=group.pk, people=[cast.dan.pk])
        frame = await bob.until("chat.message")
        assert frame["data"]["kind"] == "system"
        assert frame["data"]["data"] == {"what": "added", "people": [cast.dan.pk]}
        assert (await dan.until("chat.membership"))["data"] == {"conversation": group.pk, "is_member": True}
        missed = (await bob.ask("chat.catch_up", conversation=group.pk, after=1))["data"]
        assert (missed["card"]["name"], missed["card"]["members_count"]) == ("Walkers", 3)
        dan.heard.clear()
        await later(group_actions.remove_person)(actor=cast.alice, conversation_id=group.pk, person_id=cast.dan.pk)
        assert (await dan.until("chat.membership"))["data"] == {"conversation": group.pk, "is_member": False}
        await later(say)(cast.alice, group, "without dan")
        notices = [frame["data"]["data"]["what"] for frame in await dan.quiet() if frame["type"] == "chat.message"]
        assert notices == ["added"], "of their own coming, and nothing after"


async def asked(here: Site, cast: Cast) -> tuple[Conversation, Any, Any]:
    talk = await later(conversation_actions.open_direct)(actor=cast.carol, person_id=cast.alice.pk)
    return talk, await here.join(cast.alice), await here.join(cast.carol)


async def test_who_is_asked_is_told_nothing_and_tells_nothing(cast: Cast) -> None:
    async with site() as here:
        talk, alice, carol = await asked(here, cast)
        assert (await carol.say(talk.pk, "hello"))["type"] == "ack"
        await carol.ask("chat.typing", conversation=talk.pk)
        assert await alice.quiet() == []
        carol.heard.clear()
        chat_realtime.typing.said.clear()
        await alice.ask("chat.typing", conversation=talk.pk)
        await alice.ask("chat.read", conversation=talk.pk, seq=1)
        missed = (await alice.ask("chat.catch_up", conversation=talk.pk, after=0))["data"]
        assert [row["text"] for row in missed["messages"]] == ["hello"]
        told = [frame["data"] for frame in await carol.quiet() if frame["type"] in {"chat.typing", "chat.read"}]
        assert str(cast.alice.pk) not in {str(key) for one in told for key in (one.get("user"), *one.get("read", ()))}
        await later(request_actions.accept)(actor=cast.alice, conversation_id=talk.pk)
        await alice.until("chat.membership")
        await carol.say(talk.pk, "thank you")
        assert (await alice.until("chat.message"))["data"]["text"] == "thank you"


async def test_members_that_cannot_be_read_once_silence_nobody_for_good(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site() as here:
        group = await later(make_group)(cast.alice, cast.bob)
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        real, tries = conversation_access.audience, []

        def audience(id: int) -> Any:
            tries.append(id)
            if len(tries) == 1:
                raise InterfaceError("connection already closed")
            return real(id)

        monkeypatch.setattr(conversation_access, "audience", audience)
        await alice.say(group.pk, "unheard")
        await eventually(lambda: bool(tries) and not chat_realtime.audiences.waiting)
        await alice.say(group.pk, "heard")
        assert (await bob.until("chat.message"))["data"]["text"] == "heard"

"""Who is here: who sees it, what becomes of it, and that it is told seldom and together."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from accounts.actions import relations
from accounts.models.people import User
from accounts.tests.factories import Cast, make_block, make_follow, make_user
from chat import presence
from chat.access import presence as presence_access
from chat.actions import presence as presence_actions
from chat.models.members import ChatMember, Circle
from chat.queries import presence as presence_queries
from chat.tests.sockets import Line, Site, eventually, site
from core import realtime

later = sync_to_async


def settle(who: User, **changes: Any) -> None:
    presence_actions.change_settings(actor=who, changes=changes)


def sees(viewer: User, person: User) -> bool:
    return presence_access.visible_presence(viewer).filter(pk=person.pk).exists()


# -- Who sees whom -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.both
def test_each_decides_who_sees_them_and_sees_the_same_people(cast: Cast) -> None:
    """bob follows alice; dan is her friend; carol is a stranger."""
    assert all(sees(who, cast.alice) and sees(cast.alice, who) for who in (cast.bob, cast.carol, cast.dan))
    settle(cast.alice, presence=Circle.KNOWN)
    assert {who for who in (cast.bob, cast.carol, cast.dan) if sees(who, cast.alice)} == {cast.dan}
    assert {who for who in (cast.bob, cast.carol, cast.dan) if sees(cast.alice, who)} == {cast.dan}
    make_follow(cast.alice, cast.carol)
    assert sees(cast.carol, cast.alice)
    assert sees(cast.alice, cast.carol)
    settle(cast.carol, presence=Circle.KNOWN)  # she does not follow alice
    assert not sees(cast.carol, cast.alice)
    assert not sees(cast.alice, cast.carol)
    settle(cast.dan, presence=Circle.NOBODY)
    assert not sees(cast.alice, cast.dan)
    assert not sees(cast.dan, cast.alice)
    assert not sees(cast.dan, cast.bob)


@pytest.mark.django_db
@pytest.mark.both
def test_blocked_suspended_hidden_and_absent_are_nothing(cast: Cast) -> None:
    assert not sees(cast.mallory, cast.alice)
    assert not sees(cast.alice, cast.mallory)
    User.objects.filter(pk=cast.bob.pk).update(suspended_until=timezone.now() + timedelta(days=1))
    User.objects.filter(pk=cast.carol.pk).update(hidden_at=timezone.now())
    User.objects.filter(pk=cast.dan.pk).update(is_active=False)
    presence_actions.keep_seen(seen=dict.fromkeys([one.pk for one in (cast.bob, cast.carol, cast.dan)], timezone.now()))
    asked = [cast.bob.pk, cast.carol.pk, cast.dan.pk, cast.mallory.pk, cast.alice.pk, 10**9]
    assert presence_queries.watchable(cast.alice.pk, asked) == {}


@pytest.mark.django_db
@pytest.mark.both
def test_when_somebody_was_last_here_is_kept_only_where_somebody_may_know(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    now = timezone.now()
    settle(cast.bob, presence=Circle.NOBODY)
    presence_actions.keep_seen(seen={cast.alice.pk: now, cast.bob.pk: now, 10**9: now})
    presence_actions.keep_seen(seen={cast.alice.pk: now - timedelta(hours=1)})
    assert ChatMember.objects.get(pk=cast.alice.pk).seen_at == now
    assert ChatMember.objects.get(pk=cast.bob.pk).seen_at is None
    with django_assert_num_queries(1):
        assert presence_queries.watchable(cast.carol.pk, [cast.alice.pk, cast.bob.pk]) == {cast.alice.pk: now}
    settle(cast.alice, presence=Circle.NOBODY)
    settle(cast.alice, presence=Circle.EVERYONE)
    assert presence_queries.watchable(cast.carol.pk, [cast.alice.pk]) == {cast.alice.pk: None}
    presence_actions.keep_seen(seen={cast.alice.pk: now - presence_queries.TOLD - timedelta(hours=1)})
    assert presence_queries.watchable(cast.carol.pk, [cast.alice.pk]) == {cast.alice.pk: None}


@pytest.mark.django_db
def test_many_are_written_with_few_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    people = {make_user().pk: timezone.now() for _turn in range(20)}
    with django_assert_max_num_queries(7):
        presence_actions.keep_seen(seen=people)
    assert ChatMember.objects.filter(seen_at__isnull=False).count() == 20


# -- Over the socket ---------------------------------------------------------------------------------------------------

live = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(presence, "LEAVE_SECONDS", 0.2)


async def watch(line: Line, *people: User) -> dict[int, str]:
    answer = await line.ask("presence.watch", people=[one.pk for one in people])
    return {one["user"]: one["state"] for one in answer["data"]["people"]}


async def told(line: Line, who: User) -> tuple[str, bool]:
    """The next word about somebody: (state, whether it says when they were last here)."""
    while True:
        frame = await line.until("presence")
        for one in frame["data"]["people"]:
            if one["user"] == who.pk:
                return one["state"], one.get("seen_at") is not None


async def leave(here: Site, line: Line) -> None:
    await line.close()
    here.lines.remove(line)


@live
async def test_somebody_comes_is_idle_and_goes(cast: Cast) -> None:
    async with site() as here:
        alice = await here.join(cast.alice)
        assert await watch(alice, cast.bob) == {}
        phone = await here.join(cast.bob)
        assert await told(alice, cast.bob) == ("online", False)
        await phone.ask("presence.idle", idle=True)
        assert await told(alice, cast.bob) == ("away", False)
        desk = await here.join(cast.bob)
        assert await told(alice, cast.bob) == ("online", False)
        await leave(here, desk)
        assert await told(alice, cast.bob) == ("away", False), "the phone lies there still"
        await phone.ask("presence.idle", idle=False)
        assert await told(alice, cast.bob) == ("online", False)
        await leave(here, phone)
        assert await told(alice, cast.bob) == ("offline", True)
        answer = await alice.ask("presence.watch", people=[cast.bob.pk])
        assert answer["data"]["people"][0]["state"] == "offline"
        assert answer["data"]["people"][0]["seen_at"]


@live
async def test_a_page_that_follows_another_is_not_a_parting(cast: Cast) -> None:
    async with site() as here:
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        await asyncio.sleep(0.2)
        assert await watch(alice, cast.bob) == {cast.bob.pk: "online"}
        await leave(here, bob)
        await asyncio.sleep(0.1)
        await here.join(cast.bob)
        await asyncio.sleep(0.5)
        assert "presence" not in [frame["type"] for frame in await alice.quiet()]


@live
async def test_who_hides_is_as_who_is_not_there(cast: Cast) -> None:
    await later(settle)(cast.bob, presence=Circle.NOBODY)
    async with site() as here:
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        await here.join(cast.mallory)
        await asyncio.sleep(0.2)
        assert await watch(alice, cast.bob, cast.mallory, cast.carol) == {}
        assert await watch(bob, cast.alice) == {}, "nor does he see it of others"
        await bob.ask("presence.idle", idle=True)
        await asyncio.sleep(0.2)
        assert "presence" not in [frame["type"] for frame in await alice.quiet()]


@live
@pytest.mark.parametrize("how", ["hide", "block", "unfollow", "suspend"])
async def test_who_may_not_see_it_any_more_does_not(cast: Cast, how: str) -> None:
    await later(settle)(cast.alice, presence=Circle.KNOWN)
    await later(make_follow)(cast.alice, cast.bob)
    async with site() as here:
        bob, dan, alice = await here.join(cast.bob), await here.join(cast.dan), await here.join(cast.alice)
        await asyncio.sleep(0.2)
        for line in (bob, dan):
            assert await watch(line, cast.alice) == {cast.alice.pk: "online"}
        if how == "hide":
            await later(settle)(cast.alice, presence=Circle.NOBODY)
        elif how == "block":
            await later(relations.block)(actor=cast.alice, person=cast.bob.pk)
        elif how == "unfollow":
            await later(relations.unfollow)(actor=cast.alice, person=cast.bob.pk)
        else:
            await later(User.objects.filter(pk=cast.alice.pk).update)(
                suspended_until=timezone.now() + timedelta(days=1)
            )
            realtime.hub.recheck(cast.alice.pk)  # what core.access_log does within a second
        if how != "suspend":
            await eventually(lambda: not presence.here.tasks)
            assert f"presence:{cast.alice.pk}" not in groups(cast.bob)
            await alice.ask("presence.idle", idle=True)
        await asyncio.sleep(0.6)
        words = [
            one
            for frame in await bob.quiet()
            if frame["type"] == "presence"
            for one in frame["data"]["people"]
            if one["user"] == cast.alice.pk
        ]
        assert [one["state"] for one in words] in ([], ["offline"])
        assert not any(one.get("seen_at") for one in words)
        assert await watch(bob, cast.alice) == {}
        if how in {"block", "unfollow"}:
            assert await watch(dan, cast.alice) == {cast.alice.pk: "away"}, "who may see it sees it on"


def groups(who: User) -> set[str]:
    return {group for one in realtime.hub.members(f"user:{who.pk}") for group in one.groups}


@live
async def test_what_cannot_be_asked_is_not_shown(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_ids: Any) -> None:
        raise OperationalError

    async with site() as here:
        bob, _alice = await here.join(cast.bob), await here.join(cast.alice)
        await asyncio.sleep(0.2)
        await watch(bob, cast.alice)
        monkeypatch.setattr(presence_queries, "still_watched", gone)
        presence.here.look_again(cast.alice.pk)
        assert await told(bob, cast.alice) == ("offline", False)
        assert f"presence:{cast.alice.pk}" not in groups(cast.bob)


@live
async def test_a_second_change_while_the_first_is_asked_for_holds(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "AGAIN_SECONDS", 0.05)
    real, calls = presence_queries.still_watched, []

    def slow(person_id: int, viewer_ids: set[int]) -> set[int]:
        found = real(person_id, viewer_ids)
        calls.append(viewer_ids)
        if len(calls) == 1:  # what this found is old before it arrives
            make_block(cast.alice, cast.bob)
            realtime.hub.loop.call_soon_threadsafe(presence.here.look_again, cast.alice.pk)  # type: ignore[union-attr]
            time.sleep(0.1)
        return found

    monkeypatch.setattr(presence_queries, "still_watched", slow)
    async with site() as here:
        bob, _alice = await here.join(cast.bob), await here.join(cast.alice)
        await asyncio.sleep(0.2)
        await watch(bob, cast.alice)
        presence.here.look_again(cast.alice.pk)
        assert await told(bob, cast.alice) == ("offline", False)
        assert f"presence:{cast.alice.pk}" not in groups(cast.bob)
        assert len(calls) == 2


@live
async def test_a_block_while_the_watch_is_asked_for_holds(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    real = presence_queries.watchable
    calls: list[int] = []

    def blocked_between(viewer_id: int, ids: Any) -> Any:
        found = real(viewer_id, ids)
        if not calls:
            make_block(cast.alice, cast.bob)
        calls.append(viewer_id)
        return found

    monkeypatch.setattr(presence_queries, "watchable", blocked_between)
    async with site() as here:
        bob, _alice = await here.join(cast.bob), await here.join(cast.alice)
        await asyncio.sleep(0.2)
        assert await watch(bob, cast.alice) == {}
        assert f"presence:{cast.alice.pk}" not in groups(cast.bob)


@live
async def test_many_who_come_at_once_are_one_frame(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [await later(make_user)() for _turn in range(30)]
    async with site() as here:
        alice = await here.join(cast.alice)
        assert await watch(alice, *people) == {}
        monkeypatch.setattr(presence, "TICK_SECONDS", 3600)
        await asyncio.sleep(0.15)
        for person in people:
            await here.join(person)
        await presence.here.turn()
        said = [frame["data"]["people"] for frame in await alice.quiet() if frame["type"] == "presence"]
        assert [len(one) for one in said] == [30]


@live
@pytest.mark.parametrize("people", [[0], ["x"], list(range(1, 202)), None])
async def test_what_is_asked_is_checked(cast: Cast, people: Any) -> None:
    async with site() as here:
        alice = await here.join(cast.alice)
        assert (await alice.ask("presence.watch", people=people))["status"] == 422
        assert (await alice.ask("presence.idle", idle="yes"))["status"] == 422
        assert await watch(alice, User(pk=2**62), cast.alice) == {}


@live
async def test_who_was_here_is_written_once_and_late(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[dict[int, Any]] = []
    real = presence_actions.keep_seen
    monkeypatch.setattr(presence_actions, "keep_seen", lambda *, seen: (writes.append(seen), real(seen=seen)))
    monkeypatch.setattr(presence, "KEEP_SECONDS", 0.3)
    async with site() as here:
        for _turn in range(3):
            bob = await here.join(cast.bob)
            await asyncio.sleep(0.15)
            await leave(here, bob)
        await eventually(lambda: bool(writes))
        bob = await here.join(cast.bob)
        await asyncio.sleep(0.2)
        await leave(here, bob)
        await asyncio.sleep(1)
        assert [list(seen) for seen in writes] == [[cast.bob.pk]], "again only after some minutes"
        assert (await later(ChatMember.objects.get)(pk=cast.bob.pk)).seen_at
        await presence.here.keep_all()
        assert len(writes) == 2, "or when the process ends"


# -- Several processes -------------------------------------------------------------------------------------------------


class Other:
    """What another process says on the bus."""

    def __init__(self) -> None:
        self.origin = presence.Here().origin

    def says(self, **word: Any) -> None:
        presence.here.deliver(f"{presence.PREFIX}:{self.origin}", msgspec.json.encode(presence.Word(**word)))


@live
async def test_processes_tell_each_other_and_one_that_dies_is_forgotten(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site() as here:
        alice = await here.join(cast.alice)
        await watch(alice, cast.bob, cast.carol)
        one, two = Other(), Other()
        one.says(states={cast.bob.pk: presence.ONLINE})
        assert await told(alice, cast.bob) == ("online", False)
        two.says(states={cast.bob.pk: presence.AWAY, cast.carol.pk: presence.AWAY}, all=True)
        assert await told(alice, cast.carol) == ("away", False)
        one.says(states={cast.bob.pk: presence.OFFLINE})
        assert await told(alice, cast.bob) == ("away", False), "another process has him still"
        two.says(all=True, states={cast.carol.pk: presence.AWAY})
        assert await told(alice, cast.bob) == ("offline", True)
        two.says(bye=True)
        assert await told(alice, cast.carol) == ("offline", True)
        assert cast.carol.pk not in presence.here.unwritten, "who ends in order writes it down itself"
        one.says(states={cast.carol.pk: presence.ONLINE})
        assert await told(alice, cast.carol) == ("online", False)
        presence.here.others[one.origin].heard = time.monotonic() - presence.FORGET_SECONDS - 1
        assert await told(alice, cast.carol) == ("offline", True)
        assert cast.carol.pk in presence.here.unwritten


@live
async def test_a_process_says_who_is_new_and_all_when_it_is_asked(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[presence.Word] = []
    real = realtime.publish

    def heard(groups: tuple[str, ...], frame: bytes) -> None:
        if groups[0] == f"{presence.PREFIX}:{presence.here.origin}":
            said.append(msgspec.json.decode(frame, type=presence.Word))
        real(groups, frame)

    monkeypatch.setattr(realtime, "publish", heard)
    async with site() as here:
        await here.join(cast.alice)
        await eventually(lambda: any(word.states == {cast.alice.pk: presence.ONLINE} for word in said))
        await asyncio.sleep(0.2)
        before = len(said)
        await asyncio.sleep(0.3)
        assert len(said) == before, "who has nothing new says nothing for some seconds"
        Other().says(ask=True)
        await eventually(lambda: said[-1].all and said[-1].states == {cast.alice.pk: presence.ONLINE})
    assert said[-1].bye


def test_a_word_is_small() -> None:
    """3,000 members of one process, said every quarter of a minute."""
    word = presence.Word(dict.fromkeys(range(1000000, 1003000), presence.ONLINE), all=True)
    assert len(msgspec.json.encode(word)) < 40_000

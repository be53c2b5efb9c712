"""How far others have read and what has reached them: who learns of it, and what it costs."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test import Client

from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_block, make_user
from chat import arrivals
from chat import realtime as chat_realtime
from chat.access import marks as mark_access
from chat.actions import conversations as conversation_actions
from chat.actions import marks as mark_actions
from chat.actions import presence as presence_actions
from chat.models.conversations import Conversation, Membership
from chat.queries import conversations as conversation_queries
from chat.queries import marks as mark_queries
from chat.queries import messages as message_queries
from chat.queries import resume as resume_queries
from chat.tests.factories import make_chat, make_group, membership, say
from chat.tests.sockets import site
from core import errors

later = sync_to_async


def hide(who: User) -> None:
    presence_actions.change_settings(actor=who, changes={"shows_reading": False})


def deliver(conversation: Conversation, who: User, seq: int) -> dict[tuple[int, int], int]:
    return mark_actions.mark_all_delivered(marks={(who.pk, conversation.pk): seq})


def as_(who: User) -> Client:
    client = Client()
    log_in(client, who)
    return client


# -- What is written ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.both
def test_marks_go_forward_only_and_not_past_the_end(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "one", "two", "three")
    for seq, stands in ((2, 2), (1, 2), (99, 3)):
        assert deliver(talk, cast.bob, seq) == {}
        assert membership(talk, cast.bob).delivered_seq == stands
    say(cast.alice, talk)
    mark_actions.mark_read(actor=cast.bob, conversation_id=talk.pk, seq=4)
    assert membership(talk, cast.bob).delivered_seq == 4, "what is read has come"


@pytest.mark.django_db
@pytest.mark.both
def test_foreign_conversations_and_requests_are_left_out(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "hello")
    deliver(talk, cast.carol, 1)
    asked = conversation_actions.open_direct(actor=cast.carol, person_id=cast.alice.pk)
    say(cast.carol, asked)
    deliver(asked, cast.alice, 1)
    assert not Membership.objects.filter(delivered_seq__gt=0).exists(), "who was asked gets it unnoticed"
    make_block(cast.bob, cast.alice)
    deliver(talk, cast.bob, 1)
    assert not Membership.objects.filter(delivered_seq__gt=0).exists()
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    with pytest.raises(errors.NotAllowed):
        mark_actions.mark_delivered(actor=cast.bob, conversations={talk.pk: 1})


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_it_waits_for_nobody_who_writes_messages(cast: Cast) -> None:
    import threading

    talk = make_chat(cast.alice, cast.bob, "hello")
    held, done = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Membership.objects.select_for_update(no_key=True).get(conversation=talk, user=cast.bob)
            held.set()
            done.wait(10)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    held.wait(10)
    left = deliver(talk, cast.bob, 1)
    done.set()
    writer.join()
    assert left == {(cast.bob.pk, talk.pk): 1}, "for the next time"
    assert deliver(talk, cast.bob, 1) == {}


@pytest.mark.django_db
def test_many_cost_as_few(cast: Cast, django_assert_max_num_queries: Any) -> None:
    group = make_group(cast.alice, *(make_user() for _turn in range(30)))
    last = say(cast.alice, group).seq
    marks = dict.fromkeys([(row.user_id, group.pk) for row in group.memberships.all()], last)
    with django_assert_max_num_queries(5):
        mark_actions.mark_all_delivered(marks=marks)
    assert group.memberships.filter(delivered_seq=last).count() == 30


# -- Who learns of it --------------------------------------------------------------------------------------------------


def learns(viewer: User, conversation: Conversation, of: User) -> bool:
    resumed = resume_queries.resume(viewer, {conversation.pk: 0})[conversation.pk]
    found = mark_access.visible_marks(viewer).filter(conversation=conversation, user=of).exists()
    assert found == (of.pk in resumed.read) == (of.pk in resumed.delivered)
    return found


@pytest.mark.django_db
@pytest.mark.both
@pytest.mark.parametrize("hides", ["bob", "alice"])
def test_who_hides_it_neither_shows_nor_sees(cast: Cast, hides: str) -> None:
    talk = make_chat(cast.alice, cast.bob, "hello")
    mark_actions.mark_read(actor=cast.bob, conversation_id=talk.pk, seq=1)
    chat = conversation_queries.chat(cast.alice, talk.pk)
    assert (chat.other_read_seq, chat.other_delivered_seq) == (1, 1)
    assert mark_queries.marks(cast.alice, talk.pk, 1).read == 1
    hide(getattr(cast, hides))
    chat = conversation_queries.chat(cast.alice, talk.pk)
    assert (chat.other_read_seq, chat.other_delivered_seq) == (0, 0)
    found = mark_queries.marks(cast.alice, talk.pk, 1)
    assert (found.read, found.delivered, found.rows) == (0, 0, [])
    assert not learns(cast.alice, talk, cast.bob)
    assert learns(cast.bob, talk, cast.bob), "one's own are one's own"
    body = as_(cast.alice).get(f"/api/v1/conversations/{talk.pk}").json()
    assert (body["other_read_seq"], body["other_delivered_seq"]) == (0, 0)


@pytest.mark.django_db
def test_a_block_in_a_group_parts_marks_too(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol)
    seq = say(cast.alice, group).seq
    for who in (cast.bob, cast.carol):
        mark_actions.mark_read(actor=who, conversation_id=group.pk, seq=seq)
    assert mark_queries.marks(cast.alice, group.pk, seq).read == 2
    make_block(cast.bob, cast.alice)
    found = mark_queries.marks(cast.alice, group.pk, seq)
    assert (found.read, [row.user_id for row in found.rows]) == (1, [cast.carol.pk])
    assert not learns(cast.alice, group, cast.bob)
    assert learns(cast.carol, group, cast.bob)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hides", ["bob", "alice", ""])
async def test_frames_reach_who_may_learn_it(cast: Cast, hides: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "EVERY_SECONDS", 0.05)
    async with site() as here:
        talk = await later(make_chat)(cast.alice, cast.bob, "one", "two")
        if hides:
            await later(hide)(getattr(cast, hides))
        alice, bob, phone = await here.join(cast.alice), await here.join(cast.bob), await here.join(cast.bob)
        await bob.ask("chat.delivered", conversations={str(talk.pk): 1})
        await wait_for(talk, cast.bob, delivered_seq=1)
        await bob.ask("chat.read", conversation=talk.pk, seq=2)
        own = (await phone.until("chat.own_read"))["data"]
        assert own == {"conversation": talk.pk, "seq": 2, "unread": 0}
        kinds = ["chat.delivered", "chat.read"]
        told = [] if hides else [await alice.until(kind) for kind in kinds]
        await asyncio.sleep(0.2)
        told += [frame for frame in await alice.quiet() if frame["type"] in kinds]
        delivered = {"conversation": talk.pk, "user": cast.bob.pk, "seq": 1}
        read = {"conversation": talk.pk, "read": {str(cast.bob.pk): 2}}
        wanted = [("chat.delivered", delivered), ("chat.read", read)]
        assert [(frame["type"], frame["data"]) for frame in told] == ([] if hides else wanted)
        assert not any("unread" in frame["data"] for frame in told), "how much is left is bob's alone"


async def wait_for(talk: Conversation, who: User, **columns: int) -> None:
    for _turn in range(100):
        row = await later(membership)(talk, who)
        if all(getattr(row, name) == value for name, value in columns.items()):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(columns)


@pytest.mark.django_db(transaction=True)
async def test_a_change_of_mind_holds_at_once(cast: Cast) -> None:
    async with site() as here:
        talk = await later(make_chat)(cast.alice, cast.bob, "one", "two", "three")
        alice = await here.join(cast.alice)
        await later(mark_actions.mark_read)(actor=cast.bob, conversation_id=talk.pk, seq=1)
        assert (await alice.until("chat.read"))["data"]["read"] == {str(cast.bob.pk): 1}
        await later(hide)(cast.alice)
        await alice.until("access")
        await later(mark_actions.mark_read)(actor=cast.bob, conversation_id=talk.pk, seq=2)
        await asyncio.sleep(0.2)
        assert "chat.read" not in [frame["type"] for frame in await alice.quiet()]


@pytest.mark.django_db(transaction=True)
async def test_in_large_groups_nobody_is_told_by_itself(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mark_access, "TOLD_MEMBERS", 2)
    async with site() as here:
        group = await later(make_group)(cast.alice, cast.bob, cast.carol)
        seq = (await later(say)(cast.alice, group)).seq
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        await bob.ask("chat.read", conversation=group.pk, seq=seq)
        await bob.until("chat.own_read")
        await later(deliver)(group, cast.carol, seq)
        await asyncio.sleep(0.2)
        assert {frame["type"] for frame in await alice.quiet()} <= {"hello"}
        found = await later(mark_queries.marks)(cast.alice, group.pk, seq)
        assert (found.read, found.delivered, found.is_large, found.rows) == (1, 1, True, [])
        missed = (await alice.ask("chat.catch_up", conversation=group.pk, after=0))["data"]
        assert (missed["read"], missed["delivered"]) == ({}, {})


@pytest.mark.django_db(transaction=True)
async def test_what_reached_a_group_is_written_seldom(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(arrivals, "GROUPS_SECONDS", 0.6)
    writes: list[dict[Any, Any]] = []
    real = mark_actions.mark_all_delivered

    def noted(*, marks: dict[Any, Any]) -> Any:
        writes.append(marks)
        return real(marks=marks)

    monkeypatch.setattr(mark_actions, "mark_all_delivered", noted)
    async with site() as here:
        group = await later(make_group)(cast.alice, cast.bob, cast.carol)
        bob, carol = await here.join(cast.bob), await here.join(cast.carol)
        for _turn in range(3):
            await later(say)(cast.alice, group)
            for line in (bob, carol):
                seq = (await line.until("chat.message"))["data"]["seq"]
                await line.ask("chat.delivered", conversations={str(group.pk): seq})
        await wait_for(group, cast.carol, delivered_seq=seq)
        assert writes == [{(cast.bob.pk, group.pk): seq, (cast.carol.pk, group.pk): seq}]


# -- Page and API ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_reads_who_has_read_ones_own_message(cast: Cast, django_assert_max_num_queries: Any) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol, cast.dan)
    seq = say(cast.alice, group, "read me").seq
    mark_actions.mark_read(actor=cast.bob, conversation_id=group.pk, seq=seq)
    deliver(group, cast.carol, seq)
    address, api = f"/chat/{group.pk}/{seq}/marks/", f"/api/v1/conversations/{group.pk}/messages/{seq}/marks"
    alice = as_(cast.alice)
    with django_assert_max_num_queries(20):
        page = alice.get(address).content.decode()
    assert "@bob" in page
    assert "@carol" not in page
    page = alice.get(f"{address}?which=delivered", headers={"HX-Request": "true"}).content.decode()
    assert "@carol" in page
    assert "@bob" not in page
    assert "<html" not in page
    body = alice.get(api).json()
    assert (body["read"], body["delivered"], [one["handle"] for one in body["results"]]) == (1, 1, ["bob"])
    body = alice.get(f"{api}?which=delivered").json()
    assert [one["handle"] for one in body["results"]] == ["carol"]
    assert alice.get(f"{api}?which=x").status_code == 422
    for who in (cast.bob, cast.mallory):  # not theirs, not there
        assert as_(who).get(address).status_code == as_(who).get(api).status_code == 404
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert alice.get(api).json()["results"] == []


@pytest.mark.django_db
def test_readers_come_in_pages_and_large_groups_as_numbers(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mark_queries, "PAGE", 2)
    people = [make_user() for _turn in range(5)]
    group = make_group(cast.alice, *people)
    seq = say(cast.alice, group).seq
    for person in people:
        mark_actions.mark_read(actor=person, conversation_id=group.pk, seq=seq)
    found, cursor = [], ""
    for _turn in range(3):
        page = mark_queries.marks(cast.alice, group.pk, seq, "read", cursor)
        found, cursor = [*found, *(row.user_id for row in page.rows)], page.next
    assert sorted(found) == sorted(one.pk for one in people)
    assert not cursor
    monkeypatch.setattr(mark_access, "TOLD_MEMBERS", 3)
    alice = as_(cast.alice)
    page = alice.get(f"/chat/{group.pk}/{seq}/marks/").content.decode()
    assert "5 members have read it." in page
    assert people[0].handle not in page


@pytest.mark.django_db
def test_apps_without_a_socket_say_what_they_have(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "one", "two")
    bob, address = as_(cast.bob), "/api/v1/conversations/delivered"

    def post(given: Any) -> int:
        return bob.post(address, {"conversations": given}, content_type="application/json").status_code

    assert post({str(talk.pk): 2, "999999": 5}) == 204
    assert membership(talk, cast.bob).delivered_seq == 2
    for wrong in ({"x": 1}, {"1": 0}, {str(id): 1 for id in range(1, 102)}, [], {"9" * 30: 1}):
        assert post(wrong) == 422


@pytest.mark.django_db
def test_ticks_on_the_page(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "one", "two", "three")
    deliver(talk, cast.bob, 2)
    mark_actions.mark_read(actor=cast.bob, conversation_id=talk.pk, seq=1)
    chat = conversation_queries.chat(cast.alice, talk.pk)
    lines = message_queries.thread(cast.alice, chat).lines
    assert [(line.read, line.delivered) for line in lines] == [(True, False), (False, True), (False, False)]


@pytest.mark.django_db
def test_the_settings_are_a_page_and_an_api(cast: Cast) -> None:
    alice = as_(cast.alice)
    page = alice.get("/settings/chat/").content.decode()
    assert "Who sees when you are here" in page
    assert alice.post("/settings/chat/", {"writers": "everyone", "presence": "x"}).status_code == 422
    assert alice.post("/settings/chat/", {"writers": "everyone", "presence": "known"}).status_code == 302
    own = {"writers": "everyone", "presence": "known", "shows_reading": False}
    assert alice.get("/api/v1/me/chat").json() == own
    for wrong in ({"presence": "friends"}, {"shows_reading": "often"}):
        assert alice.patch("/api/v1/me/chat", wrong, content_type="application/json").status_code == 422
    right = alice.patch("/api/v1/me/chat", {"shows_reading": True}, content_type="application/json")
    assert right.json() == {**own, "shows_reading": True}


# -- Many at once, as sockets say them ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.both
def test_many_marks_end_where_each_by_itself_would(cast: Cast, django_assert_max_num_queries: Any) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol)
    talk = make_chat(cast.alice, cast.bob, "one", "two")
    for who in (cast.alice, cast.bob, cast.alice, cast.carol):
        say(who, group)
    last = Conversation.objects.get(pk=group.pk).last_seq
    stranger = make_user("stranger")
    marks = {
        (cast.alice.pk, group.pk): last - 1,
        (cast.bob.pk, group.pk): last - 3,
        (cast.carol.pk, group.pk): last + 50,
        (cast.bob.pk, talk.pk): 1,
        (stranger.pk, group.pk): last,
        (cast.bob.pk, 10**9): 1,
    }
    with transaction.atomic():
        for (user, id), seq in marks.items():
            with contextlib.suppress(errors.NotFound):
                mark_actions.mark_read(actor=User(pk=user), conversation_id=id, seq=seq)
        one_by_one = standing()
        transaction.set_rollback(True)
    with django_assert_max_num_queries(6):
        assert mark_actions.mark_all_read(marks=marks).left == {}
    assert standing() == one_by_one
    assert mark_actions.mark_all_read(marks=dict.fromkeys(marks, 1)) == (set(), {})
    assert standing() == one_by_one, "never back"


def standing() -> list[tuple[Any, ...]]:
    columns = "user_id", "conversation_id", "read_seq", "delivered_seq", "own_after", "unread"
    return list(Membership.objects.order_by("pk").values_list(*columns))


@pytest.mark.django_db
def test_who_was_asked_and_who_is_blocked_read_unnoticed(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "one", "two")
    Membership.objects.filter(conversation=talk, user=cast.bob).update(is_request=True)
    before = standing()
    assert mark_actions.mark_all_read(marks={(cast.bob.pk, talk.pk): 2}) == (set(), {})
    assert standing() == before
    Membership.objects.filter(conversation=talk, user=cast.bob).update(is_request=False)
    before = standing()
    make_block(cast.alice, cast.bob)
    assert mark_actions.mark_all_read(marks={(cast.bob.pk, talk.pk): 2}) == (set(), {})
    assert standing() == before


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_marks_of_a_conversation_that_is_written_to_come_back(cast: Cast) -> None:
    talk, other = make_chat(cast.alice, cast.bob, "one"), make_chat(cast.alice, cast.carol, "one")
    marks = {(cast.bob.pk, talk.pk): 1, (cast.carol.pk, other.pk): 1}

    def mark() -> mark_actions.Moved:
        try:
            return mark_actions.mark_all_read(marks=marks)
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        Conversation.objects.select_for_update().get(pk=talk.pk)
        assert pool.submit(mark).result(10) == ({other.pk}, {(cast.bob.pk, talk.pk): 1})
    assert membership(other, cast.carol).read_seq == 1
    assert mark_actions.mark_all_read(marks=marks).left == {}
    assert membership(talk, cast.bob).read_seq == 1


@pytest.mark.django_db(transaction=True)
async def test_marks_of_several_are_one_frame_unless_some_do_not_learn_of_some(cast: Cast) -> None:
    async with site() as here:
        group = await later(make_group)(cast.alice, cast.bob, cast.carol)
        seq = (await later(say)(cast.alice, group)).seq
        alice, bob, carol = [await here.join(who) for who in (cast.alice, cast.bob, cast.carol)]
        both = {(cast.alice.pk, group.pk): seq, (cast.bob.pk, group.pk): seq, (cast.carol.pk, group.pk): seq}
        await later(mark_actions.mark_all_read)(marks=both)
        for line in (alice, bob, carol):
            told = (await line.until("chat.read"))["data"]["read"]
            assert {str(cast.bob.pk): seq, str(cast.carol.pk): seq}.items() <= told.items()
        await later(make_block)(cast.bob, cast.carol)
        await later(conversation_actions.sight_changed)(one_id=cast.bob.pk, other_id=cast.carol.pk)
        seq = (await later(say)(cast.alice, group)).seq
        for line in (alice, bob, carol):
            await line.quiet()
        await later(mark_actions.mark_all_read)(marks=dict.fromkeys(both, seq))
        learnt: set[str] = set()
        while not {str(cast.bob.pk), str(cast.carol.pk)} <= learnt:
            learnt |= (await alice.until("chat.read"))["data"]["read"].keys()
        for line, other in ((bob, cast.carol), (carol, cast.bob)):
            told = [frame["data"]["read"] for frame in await line.quiet() if frame["type"] == "chat.read"]
            assert not any(str(other.pk) in read for read in told)


def test_who_names_what_is_not_theirs_takes_no_place_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_realtime.audiences, "known", {})  # of other tests

    async def scene() -> tuple[int, bool]:
        waiting = arrivals.Arrivals()
        for number in range(500):
            waiting.put(1, dict.fromkeys(range(100 * number + 1, 100 * number + 101), 5))
        waiting.put(2, {7: 5})
        of_one = len(waiting.soon) - 1
        waiting.task.cancel()  # type: ignore[union-attr]
        waiting.due()
        waiting.put(1, {8: 5})
        waiting.task.cancel()  # type: ignore[union-attr]
        return of_one, (1, 8) in waiting.soon

    assert asyncio.run(scene()) == (arrivals.OF_ONE, True)

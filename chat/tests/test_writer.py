"""The gathering writer: batches while the last one commits, one bad message alone, the database gone and back."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection, connections, transaction

from accounts.models.people import User
from accounts.tests.factories import Cast
from chat import writer
from chat.actions import conversations as conversation_actions
from chat.actions import marks as mark_actions
from chat.actions import messages as message_actions
from chat.actions import storing
from chat.models.conversations import Conversation
from chat.models.messages import Message
from chat.tests.factories import draft, make_chat, say
from core import errors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


@pytest.fixture
def one() -> Iterator[writer.Writer]:
    made = writer.Writer()
    yield made
    made.stop()


async def send(one: writer.Writer, *drafts: message_actions.Draft) -> list[message_actions.Outcome]:
    """Puts all of them in at once, and waits for what becomes of them."""
    waiting: list[asyncio.Future[message_actions.Outcome]] = []
    for given in drafts:
        future: asyncio.Future[message_actions.Outcome] = asyncio.get_running_loop().create_future()
        one.put(given, future.set_result)
        waiting.append(future)
    return list(await asyncio.wait_for(asyncio.gather(*waiting), 20))


def sizes_of(monkeypatch: pytest.MonkeyPatch, before: Callable[[int], None] = lambda _call: None) -> list[int]:
    """Notes the size of each batch; `before` runs ahead of the n-th call."""
    sizes: list[int] = []
    real = message_actions.send_messages

    def noted(*, batch: Any, skip_locked: bool = False) -> Any:
        sizes.append(len(batch))
        before(len(sizes))
        return real(batch=batch, skip_locked=skip_locked)

    monkeypatch.setattr(message_actions, "send_messages", noted)
    return sizes


def held_up(monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], threading.Event, threading.Event]:
    """The first batch says that it has begun and waits for the word to go on; sizes of all batches."""
    inside, go = threading.Event(), threading.Event()

    def hold(call: int) -> None:
        if call == 1:
            inside.set()
            go.wait(10)

    return sizes_of(monkeypatch, hold), inside, go


def test_messages_gather_while_the_batch_before_commits(
    cast: Cast, one: writer.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = make_chat(cast.alice, cast.bob)
    sizes, inside, go = held_up(monkeypatch)

    async def scene() -> None:
        first = asyncio.create_task(send(one, draft(cast.alice, talk, "0")))
        await asyncio.to_thread(inside.wait, 10)
        rest = asyncio.create_task(send(one, *(draft(cast.alice, talk, str(number)) for number in range(1, 8))))
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(first, rest)

    asyncio.run(scene())
    assert sizes == [1, 7]
    assert list(Message.objects.order_by("seq").values_list("text", flat=True)) == [str(number) for number in range(8)]


def test_what_the_database_refuses_fails_alone(cast: Cast, one: writer.Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = make_chat(cast.alice, cast.bob)
    said = draft(cast.alice, talk, "first")
    say(cast.alice, talk, "first", said.client_id)
    # As if the look-up had missed what stands: the unique constraint refuses the whole batch.
    monkeypatch.setattr(storing, "STANDING", f"{storing.STANDING} WHERE FALSE")
    outcomes = asyncio.run(send(one, draft(cast.alice, talk, "a"), said, draft(cast.bob, talk, "b")))
    assert [type(outcome).__name__ for outcome in outcomes] == ["Ack", "Invalid", "Ack"]
    assert list(Message.objects.order_by("seq").values_list("seq", "text")) == [(1, "first"), (2, "a"), (3, "b")]


def test_a_connection_that_breaks_after_the_commit_doubles_nothing(
    cast: Cast, one: writer.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = make_chat(cast.alice, cast.bob)
    real, calls = message_actions.send_messages, []

    def breaks(*, batch: Any, skip_locked: bool = False) -> Any:
        calls.append(1)
        done = real(batch=batch, skip_locked=skip_locked)
        if len(calls) == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return done

    monkeypatch.setattr(message_actions, "send_messages", breaks)
    (outcome,) = asyncio.run(send(one, draft(cast.alice, talk)))
    assert isinstance(outcome, message_actions.Ack)
    assert outcome.again
    assert Message.objects.count() == 1


def test_while_the_database_is_gone_everybody_hears_busy_and_then_it_goes_on(
    cast: Cast, one: writer.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = make_chat(cast.alice, cast.bob)
    gone = threading.Event()
    gone.set()
    real_send, real_connect = message_actions.send_messages, type(connections["default"]).ensure_connection

    def sends(*, batch: Any, skip_locked: bool = False) -> Any:
        if gone.is_set():
            raise OperationalError("the database system is shutting down")
        return real_send(batch=batch, skip_locked=skip_locked)

    def connects(self: Any) -> Any:
        if gone.is_set() and threading.current_thread().name == "chat-writer":
            raise OperationalError("connection refused")
        return real_connect(self)

    monkeypatch.setattr(message_actions, "send_messages", sends)
    monkeypatch.setattr(type(connections["default"]), "ensure_connection", connects)
    monkeypatch.setattr(writer, "DOWN_PAUSE", 0.02)
    mine = draft(cast.alice, talk)

    async def scene() -> None:
        (outcome,) = await send(one, mine)
        assert isinstance(outcome, errors.Busy)
        with pytest.raises(errors.Busy):
            one.put(mine, lambda _outcome: None)
        gone.clear()
        end = time.monotonic() + 10
        while one.down:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)
        (outcome,) = await send(one, mine)
        assert isinstance(outcome, message_actions.Ack)
        assert not outcome.again

    asyncio.run(scene())
    assert Message.objects.count() == 1


def test_a_full_queue_says_busy(cast: Cast, one: writer.Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = make_chat(cast.alice, cast.bob)
    monkeypatch.setattr(writer, "QUEUE_LIMIT", 3)
    _sizes, inside, go = held_up(monkeypatch)

    async def scene() -> None:
        first = asyncio.create_task(send(one, draft(cast.alice, talk)))
        await asyncio.to_thread(inside.wait, 10)
        rest = asyncio.create_task(send(one, *(draft(cast.alice, talk) for _turn in range(3))))
        await asyncio.sleep(0)
        with pytest.raises(errors.Busy):
            one.put(draft(cast.alice, talk), lambda _outcome: None)
        go.set()
        await asyncio.gather(first, rest)

    asyncio.run(scene())
    assert Message.objects.count() == 4


def test_one_members_drafts_take_no_place_from_others(
    cast: Cast, one: writer.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = make_chat(cast.alice, cast.bob)
    monkeypatch.setattr(writer, "OF_ONE", 3)
    _sizes, inside, go = held_up(monkeypatch)

    async def scene() -> None:
        first = asyncio.create_task(send(one, draft(cast.alice, talk)))
        await asyncio.to_thread(inside.wait, 10)
        rest = asyncio.create_task(send(one, *(draft(cast.alice, talk) for _turn in range(2))))
        await asyncio.sleep(0)
        with pytest.raises(errors.TooMany):
            one.put(draft(cast.alice, talk), lambda _outcome: None)
        other = asyncio.create_task(send(one, draft(cast.bob, talk)))
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(first, rest, other)
        assert not one.waiting
        await send(one, *(draft(cast.alice, talk) for _turn in range(3)))

    asyncio.run(scene())
    assert Message.objects.count() == 7


def test_stopping_writes_what_waits(cast: Cast, one: writer.Writer) -> None:
    talk = make_chat(cast.alice, cast.bob)

    async def scene() -> None:
        for _turn in range(20):
            one.put(draft(cast.alice, talk), lambda _outcome: None)
        await asyncio.to_thread(one.stop)

    asyncio.run(scene())
    assert Message.objects.count() == 20


def in_threads(*works: Callable[[], Any]) -> list[Any]:
    """Runs all at once, each on its own connection; what one raises is raised here."""
    results: list[Any] = [None] * len(works)
    ready = threading.Barrier(len(works))

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            ready.wait(10)
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def test_many_at_once_from_several_writers_and_pages(cast: Cast) -> None:
    """Two writers and two pages send into two conversations: no hole, nothing twice, counters right."""
    talks = [make_chat(cast.alice, cast.bob), make_chat(cast.alice, cast.dan)]
    mine = {talk.pk: [draft(cast.alice, talk, f"{turn}") for turn in range(20)] for talk in talks}

    def through_writer() -> None:
        own = writer.Writer()
        try:
            asyncio.run(send(own, *(given for drafts in mine.values() for given in drafts)))
        finally:
            own.stop()

    def through_page(who: User, talk: Conversation) -> Callable[[], None]:
        def sends() -> None:
            for given in mine[talk.pk][:10]:
                say(cast.alice, talk, given.text, given.client_id)
                say(who, talk)

        return sends

    in_threads(through_writer, through_writer, through_page(cast.bob, talks[0]), through_page(cast.dan, talks[1]))
    for talk in talks:
        talk.refresh_from_db()
        assert list(talk.messages.order_by("seq").values_list("seq", "rev")) == [(n, n) for n in range(1, 31)]
        assert talk.last_seq == 30
        by_alice = talk.messages.filter(sender=cast.alice)
        assert by_alice.count() == 20
        last = by_alice.order_by("seq").values_list("text", flat=True)
        assert sorted(last, key=int) == [str(turn) for turn in range(20)]


def test_two_who_open_it_at_once_get_the_same(cast: Cast) -> None:
    def opens(one: User, other: User) -> Callable[[], int]:
        return lambda: conversation_actions.open_direct(actor=one, person_id=other.pk).pk

    ids = in_threads(*(opens(cast.alice, cast.bob), opens(cast.bob, cast.alice)) * 3)
    assert len(set(ids)) == 1
    assert Conversation.objects.get().memberships.count() == 2


def test_a_block_in_the_middle_of_sends_ends_them_without_a_deadlock(cast: Cast) -> None:
    from accounts.actions import relations

    talk = make_chat(cast.alice, cast.bob)
    blocked = threading.Event()

    def sends() -> tuple[int, int]:
        """How many were taken, and how many after the block had been committed."""
        taken = late = 0
        for _turn in range(60):
            after = blocked.is_set()
            try:
                say(cast.bob, talk)
            except errors.NotFound:
                break
            taken, late = taken + 1, late + after
        return taken, late

    def blocks() -> None:
        time.sleep(0.05)
        relations.block(actor=cast.alice, person=cast.bob.pk)
        blocked.set()

    (taken, late), _nothing = in_threads(sends, blocks)
    assert late == 0
    assert Message.objects.count() == taken


@pytest.mark.postgres
def test_a_conversation_that_is_not_free_does_not_hold_the_others(cast: Cast, one: writer.Writer) -> None:
    held, free = make_chat(cast.alice, cast.bob), make_chat(cast.alice, cast.dan)
    locked, go = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Conversation.objects.select_for_update().get(pk=held.pk)
                locked.set()
                go.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait(10)

    async def scene() -> None:
        waits = asyncio.create_task(send(one, draft(cast.alice, held, "1"), draft(cast.alice, held, "2")))
        (outcome,) = await send(one, draft(cast.alice, free))
        assert isinstance(outcome, message_actions.Ack)
        await asyncio.sleep(0.05)
        assert not waits.done()
        go.set()
        assert [outcome.seq for outcome in await waits if isinstance(outcome, message_actions.Ack)] == [1, 2]

    asyncio.run(scene())
    thread.join()


@pytest.mark.postgres
def test_a_killed_connection_is_replaced(cast: Cast, one: writer.Writer) -> None:
    talk = make_chat(cast.alice, cast.bob)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ours = cursor.fetchone()[0]

    async def scene() -> None:
        for _turn in range(5):
            (outcome,) = await send(one, draft(cast.alice, talk))
            assert isinstance(outcome, message_actions.Ack)
            await asyncio.to_thread(kill_others)
        await sync_to_async(connections.close_all)()  # of the thread that other tests use, too

    def kill_others() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                [ours],
            )
        connection.close()

    asyncio.run(scene())
    assert Message.objects.count() == 5


def test_marks_in_foreign_conversations_leave_nothing_behind(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names conversations at random must not fill the memory of the process."""
    marks = writer.Marks()

    monkeypatch.setattr(marks, "EVERY_SECONDS", 0.1)
    monkeypatch.setattr(marks, "WAITING", 50)
    monkeypatch.setattr(marks, "OF_ONE", 40)

    async def work() -> None:
        for id in range(1, 100):
            marks.put(cast.carol.pk, id, 8)
        assert len(marks.wanted) == 40
        marks.put(cast.carol.pk, 1, 9)
        marks.put(cast.alice.pk, 1, 3)
        assert marks.wanted[1] == {cast.carol.pk: 9, cast.alice.pk: 3}
        for id in range(50, 100):
            marks.put(cast.alice.pk, id, 8)
        assert len(marks.wanted) == 50
        assert marks.task is not None
        await asyncio.wait_for(marks.task, 10)

    asyncio.run(work())
    assert not marks.wanted
    assert not marks.waiting
    assert not marks.written


def test_marks_that_meet_a_database_that_is_away_are_kept(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    marks, tried = writer.Marks(), []

    async def away(_call: Any, *, marks: dict[tuple[int, int], int]) -> mark_actions.Moved:
        tried.append(marks)
        if len(tried) == 1:
            raise OperationalError
        return mark_actions.Moved({7}, {})

    monkeypatch.setattr(writer.threads, "run", away)
    monkeypatch.setattr(marks, "EVERY_SECONDS", 0.3)

    async def work() -> None:
        marks.put(cast.carol.pk, 7, 8)
        assert marks.task is not None
        await asyncio.wait_for(marks.task, 10)

    asyncio.run(work())
    assert tried == [{(cast.carol.pk, 7): 8}] * 2

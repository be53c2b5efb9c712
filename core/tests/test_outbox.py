"""The event log: nothing lost, nothing out of order for its subject, effects inside once."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from core import outbox, wake
from core.models import Event, Parked, Pulse, Subscriber

pytestmark = [pytest.mark.both]


@outbox.event(subject="thing:{thing}")
class Happened:
    """Something for tests."""

    thing: int
    step: int


@outbox.event(subject="other:{thing}")
class Unheard:
    """A fact that nobody here subscribes to."""

    thing: int


@pytest.fixture(autouse=True)
def only_our_subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "subscriptions", {})


def note(fact: Happened) -> None:
    """An effect inside: one row per fact, which a second delivery would break on."""
    Pulse.objects.create(name=f"{fact.thing}-{fact.step}")


def notes() -> list[str]:
    return list(Pulse.objects.order_by("id").values_list("name", flat=True))


def happen(thing: int, *steps: int) -> None:
    for step in steps:
        with transaction.atomic():
            outbox.emit(Happened(thing=thing, step=step))


def in_thread(work: Callable[[], None]) -> threading.Thread:
    """Runs with a database connection of its own, closed at the end."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_emit_belongs_inside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        outbox.emit(Happened(thing=1, step=1))
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_never_happened() -> None:
    outbox.subscribes(Happened, name="t")(note)
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        outbox.emit(Happened(thing=1, step=1))
        raise ZeroDivisionError
    outbox.drain()
    assert notes() == []


@pytest.mark.django_db(transaction=True)
def test_batches_go_on_where_they_ended() -> None:
    outbox.subscribes(Happened, name="t")(note)
    happen(1, *range(outbox.BATCH + 7))
    with transaction.atomic():
        outbox.emit(Unheard(thing=9))
    outbox.number_events()
    assert outbox.deliver("t") == outbox.BATCH
    assert outbox.deliver("t") == 8  # seven of ours and one that is not for this subscriber
    assert outbox.deliver("t") == 0
    assert notes() == [f"1-{step}" for step in range(outbox.BATCH + 7)]


@pytest.mark.django_db(transaction=True)
def test_who_takes_many_gets_them_in_one_call_and_alone_where_that_fails() -> None:
    calls: list[list[int]] = []

    def take(facts: list[Happened]) -> None:
        calls.append([fact.thing for fact in facts])
        note(facts[0])
        if any(fact.thing == 2 for fact in facts):
            raise ZeroDivisionError

    outbox.subscribes(Happened, name="t", many=True)(take)
    happen(1, 1)
    happen(3, 1)
    outbox.drain()
    assert calls == [[1, 3]]
    for thing in (1, 2, 3):
        happen(thing, 2)
    outbox.drain()
    assert calls[1:] == [[1, 2, 3], [1], [2], [3]]
    assert notes() == ["1-1", "1-2", "3-2"]
    assert list(Parked.objects.values_list("subject", flat=True)) == ["thing:2"]
    happen(2, 3)
    happen(1, 3)
    outbox.drain()
    assert calls[5:] == [[1]], "what waits behind a failure is not delivered with the others"


@pytest.mark.django_db(transaction=True)
def test_a_new_subscriber_begins_at_the_head_before_its_first_batch() -> None:
    outbox.subscribes(Happened, name="old")(lambda fact: None)
    happen(1, 1)
    outbox.drain()
    outbox.subscribes(Happened, name="new")(note)
    happen(1, 2)
    outbox.drain()
    assert notes() == ["1-2"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_lose_nothing_and_keep_each_subject_in_order() -> None:
    outbox.subscribes(Happened, name="t")(note)
    ended = threading.Event()

    def dispatch() -> None:
        while not ended.is_set():
            outbox.number_events()
            outbox.deliver("t")

    dispatcher = in_thread(dispatch)
    writers = [in_thread(lambda thing=thing: happen(thing, *range(20))) for thing in range(4)]
    for writer in writers:
        writer.join(60)
    ended.set()
    dispatcher.join(60)
    outbox.drain()
    done = notes()
    assert len(done) == 80
    for thing in range(4):
        assert [one for one in done if one.startswith(f"{thing}-")] == [f"{thing}-{step}" for step in range(20)]
    numbers = list(Event.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 81))


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_batch_leaves_no_half_batch() -> None:
    """A real SIGKILL of a real process, 25 events into a batch of 50."""

    def dies(fact: Happened) -> None:
        note(fact)
        if fact.step == 25:
            os.kill(os.getpid(), signal.SIGKILL)

    happen(1, *range(60))
    outbox.subscribes(Happened, name="t")(dies)
    Subscriber.objects.create(name="t")
    outbox.number_events()
    for one in connections.all():
        one.close()
        if hasattr(one, "close_pool"):
            one.close_pool()
    if (child := os.fork()) == 0:
        try:
            for _try in range(20):  # as a worker would, where the database is short of connections for a moment
                with contextlib.suppress(DatabaseError):
                    outbox.deliver("t")
                time.sleep(0.5)
        finally:
            os._exit(3)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert notes() == []
    assert Subscriber.objects.get(name="t").position == 0
    outbox.subscriptions.clear()
    outbox.subscribes(Happened, name="t")(note)
    outbox.drain()
    assert notes() == [f"1-{step}" for step in range(60)]


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_always_fails_holds_up_only_its_subject() -> None:
    def fails_for_one(fact: Happened) -> None:
        note(fact)
        if fact.thing == 1 and fact.step == 2:
            raise ValueError("secret words of a member")

    outbox.subscribes(Happened, name="t")(fails_for_one)
    for step in (1, 2, 3, 4):
        happen(1, step)
        happen(2, step)
    outbox.drain()
    assert notes() == ["1-1", "2-1", "2-2", "2-3", "2-4"]
    waiting = list(Parked.objects.order_by("event__number").values_list("event__data__step", "attempts"))
    assert waiting == [(2, 1), (3, 0), (4, 0)]
    failed = Parked.objects.get(attempts=1)
    assert failed.error.startswith("ValueError at test_outbox.py:")
    assert "secret" not in failed.error

    happen(1, 5)  # comes later, waits behind
    outbox.drain()
    assert Parked.objects.count() == 4

    for attempt, seconds in enumerate(outbox.BACK_OFF, start=1):
        failed.refresh_from_db()
        assert (failed.attempts, failed.dead) == (attempt, False)
        with time_machine.travel(failed.due_at - timedelta(seconds=1), tick=False):
            outbox.retry("t")
        failed.refresh_from_db()
        assert failed.attempts == attempt, "tried before it was due"
        with time_machine.travel(failed.due_at + timedelta(seconds=1), tick=False):
            outbox.retry("t")
        assert seconds > 0
    failed.refresh_from_db()
    assert failed.dead
    assert outbox.state()["dead"] == 1

    outbox.subscriptions.clear()
    outbox.subscribes(Happened, name="t")(note)  # mended
    call_command("replay_dead_letters", "--subject", "thing:1", "--now")
    assert notes()[5:] == ["1-2", "1-3", "1-4", "1-5"]
    assert not Parked.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_later_failure_of_the_same_subject_keeps_its_own_count() -> None:
    bad = {2, 3}

    def fails(fact: Happened) -> None:
        if fact.step in bad:
            raise ValueError
        note(fact)

    outbox.subscribes(Happened, name="t")(fails)
    happen(1, 1, 2, 3, 4)
    outbox.drain()
    bad.remove(2)
    with time_machine.travel(timezone.now() + timedelta(seconds=6), tick=False):
        outbox.retry("t")
    assert notes() == ["1-1", "1-2"]
    assert list(Parked.objects.order_by("event__number").values_list("event__data__step", "attempts")) == [
        (3, 1),
        (4, 0),
    ]
    outbox.discard(Parked.objects.get(attempts=1).pk)
    outbox.drain()
    assert notes() == ["1-1", "1-2", "1-4"]


@pytest.mark.django_db(transaction=True)
def test_a_failing_database_statement_is_parked_like_any_other() -> None:
    def breaks(fact: Happened) -> None:
        if fact.step == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT * FROM no_such_table")
        note(fact)

    outbox.subscribes(Happened, name="t")(breaks)
    happen(1, 1)
    happen(2, 2)
    outbox.drain()
    assert notes() == ["2-2"]
    assert Parked.objects.get().error.split(" ")[0] in {"OperationalError", "ProgrammingError"}


@pytest.mark.django_db(transaction=True)
def test_old_events_go_when_everybody_has_passed_them() -> None:
    outbox.subscribes(Happened, name="fast")(lambda fact: None)
    outbox.subscribes(Happened, name="slow")(lambda fact: None)
    happen(1, 1, 2, 3)
    outbox.number_events()
    outbox.deliver("fast")
    Event.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert outbox.prune() == 0
    outbox.drain()
    happen(1, 4)
    outbox.drain()
    assert outbox.prune() == 3
    assert Event.objects.get().data["step"] == 4


@pytest.mark.django_db(transaction=True)
def test_state_tells_size_age_and_lag() -> None:
    outbox.subscribes(Happened, name="t")(note)
    with time_machine.travel(timezone.now() - timedelta(seconds=100), tick=False):
        happen(1, 1, 2)
    assert 99 < outbox.state()["unnumbered_seconds"] < 110
    outbox.number_events()
    state = outbox.state()
    assert state["lag"]["t"]["events"] == 2
    assert 99 < state["lag"]["t"]["seconds"] < 110
    assert outbox.behind() == ["t"]
    outbox.drain()
    assert outbox.behind() == []
    assert outbox.state()["lag"]["t"] == {"events": 0, "seconds": 0.0}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_neither_breaks_nor_holds_an_action(settings, caplog: pytest.LogCaptureFixture) -> None:  # type: ignore[no-untyped-def]
    """The message is only a wake-up: the row waits for the sweep."""
    from celery import current_app
    from kombu import pools

    settings.WAKE_IN_TESTS = True
    outbox.subscribes(Happened, name="t")(note)
    old, current_app.conf.broker_url = current_app.conf.broker_url, "redis://127.0.0.1:1/0"
    pools.reset()
    current_app._pool = current_app.amqp._producer_pool = None
    sender = wake.Sender()
    try:
        began = time.monotonic()
        happen(1, 1)
        assert time.monotonic() - began < 0.5
        sender.send(("core.dispatch", "of this test"))
        assert "not sent (OperationalError)" in caplog.text
    finally:
        current_app.conf.broker_url = old
        pools.reset()
        current_app._pool = current_app.amqp._producer_pool = None
    outbox.drain()
    assert notes() == ["1-1"]


@pytest.mark.postgres
class TestPostgreSQL:
    """What only happens where transactions really overlap."""

    @pytest.fixture
    def held_open(self) -> Iterator[Callable[[int], Callable[[], None]]]:
        """Emits in a transaction that stays open until the returned function is called."""
        threads: list[tuple[threading.Thread, threading.Event]] = []

        def begin(thing: int) -> Callable[[], None]:
            emitted, may_end = threading.Event(), threading.Event()

            def work() -> None:
                with transaction.atomic():
                    outbox.emit(Happened(thing=thing, step=1))
                    emitted.set()
                    may_end.wait(30)

            thread = in_thread(work)
            threads.append((thread, may_end))
            assert emitted.wait(10)

            def end() -> None:
                may_end.set()
                thread.join(10)

            return end

        yield begin
        for thread, may_end in threads:
            may_end.set()
            thread.join(10)

    @pytest.mark.django_db(transaction=True)
    def test_commits_in_the_opposite_order_of_ids(self, held_open: Callable[[int], Callable[[], None]]) -> None:
        outbox.subscribes(Happened, name="t")(note)
        end_first = held_open(1)
        end_second = held_open(2)
        assert Event.objects.count() == 0
        end_second()
        outbox.drain()
        assert notes() == ["2-1"]
        end_first()
        outbox.drain()
        assert notes() == ["2-1", "1-1"]
        first, second = Event.objects.order_by("id")
        assert (first.number, second.number) == (2, 1)

    @pytest.mark.django_db(transaction=True)
    def test_a_transaction_left_open_holds_up_only_itself(self, held_open: Callable[[int], Callable[[], None]]) -> None:
        outbox.subscribes(Happened, name="t")(note)
        end = held_open(1)
        happen(2, 1, 2)
        outbox.drain()
        assert notes() == ["2-1", "2-2"]
        end()
        outbox.drain()
        assert notes() == ["2-1", "2-2", "1-1"]

    @pytest.mark.django_db(transaction=True)
    def test_a_transaction_left_open_in_another_database_holds_up_nothing(self) -> None:
        import psycopg

        outbox.subscribes(Happened, name="t")(note)
        here = connection.get_connection_params()
        other = {key: here[key] for key in ("host", "port", "user", "password") if key in here}
        with psycopg.connect(**other, dbname="postgres") as elsewhere:
            elsewhere.execute("SELECT txid_current()")
            happen(1, 1, 2)
            outbox.drain()
            assert notes() == ["1-1", "1-2"]

    @pytest.mark.django_db(transaction=True)
    def test_two_dispatchers_and_two_deliverers_at_once(self) -> None:
        outbox.subscribes(Happened, name="t")(note)
        happen(1, *range(120))

        def work() -> None:
            outbox.drain()

        for thread in [in_thread(work) for _ in range(4)]:
            thread.join(60)
        assert notes() == [f"1-{step}" for step in range(120)]
        assert Parked.objects.count() == 0

    @pytest.mark.django_db(transaction=True)
    def test_a_connection_lost_in_the_middle_of_a_batch(self) -> None:
        """The database restarts under a worker: the batch is as if it had not begun."""

        def loses(fact: Happened) -> None:
            note(fact)
            if fact.step == 3:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        outbox.subscribes(Happened, name="t")(loses)
        Subscriber.objects.create(name="t")
        happen(1, 1, 2, 3, 4)
        outbox.number_events()
        with pytest.raises(DatabaseError):
            outbox.deliver("t")
        connection.close()
        assert notes() == []
        outbox.subscriptions.clear()
        outbox.subscribes(Happened, name="t")(note)
        outbox.drain()
        assert notes() == ["1-1", "1-2", "1-3", "1-4"]

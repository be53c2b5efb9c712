"""Wake-ups and those who are woken: one pending per name, the embedded worker, and what a fork inherits."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from celery import current_app
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.utils import timezone
from kombu import pools

from core import outbox, tasks, wake
from core.events import DoctorAsked
from core.models import Event, Parked, Pulse, Subscriber

ASKED = ("core.dispatch", "")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], str]]:
    """What goes to the broker: task, arguments, queue."""
    made: list[tuple[str, list[str], str]] = []

    def send_task(name: str, args: list[str], queue: str, **options: Any) -> None:
        made.append((name, args, queue))

    monkeypatch.setattr(current_app, "send_task", send_task)
    return made


# -- Wake-ups ---------------------------------------------------------------------------------------------------------


def test_one_wake_up_per_name_is_pending_until_its_task_begins(sent: list[Any]) -> None:
    one, other = wake.Sender(), wake.Sender()  # two processes with one cache
    for sender in (one, other, one):
        sender.send(ASKED)
    one.send(("core.deliver", "home"))
    one.send(("core.deliver", "mail"))
    assert sent == [
        ("core.dispatch", [], "events"),
        ("core.deliver", ["home"], "events"),
        ("core.deliver", ["mail"], "events"),
    ]
    wake.begun("core.dispatch")
    other.send(ASKED)
    assert [name for name, _args, _queue in sent].count("core.dispatch") == 2


def test_without_a_cache_every_wake_up_is_sent(sent: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> bool:
        raise ConnectionError

    monkeypatch.setattr(cache, "add", broken)
    monkeypatch.setattr(cache, "delete", broken)
    sender = wake.Sender()
    sender.send(ASKED)
    sender.send(ASKED)
    wake.begun("core.dispatch")
    assert len(sent) == 2


@pytest.mark.django_db(transaction=True)
def test_nothing_is_woken_before_the_commit(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    marked: list[Any] = []
    settings.WAKE_IN_TESTS = True
    monkeypatch.setattr(wake._sender, "mark", marked.append)
    with transaction.atomic():
        wake.after_commit("core.dispatch")
        assert marked == []
    assert marked == [ASKED]
    with transaction.atomic():
        wake.after_commit("core.dispatch")
        transaction.set_rollback(True)
    assert marked == [ASKED]


# -- Tasks ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_sweep_gives_a_sign_of_life_twice_a_minute_and_finds_what_is_left(sent: list[Any], settings: Any) -> None:
    settings.WAKE_IN_TESTS = True
    outbox.number_events()  # enrols the subscribers
    with transaction.atomic():
        outbox.emit(DoctorAsked(nonce="swept"))
    tasks.sweep()
    first = Pulse.objects.get(name="beat").at
    tasks.sweep()
    assert Pulse.objects.get(name="beat").at == first
    Pulse.objects.update(at=timezone.now() - timedelta(seconds=31))
    tasks.sweep()
    assert Pulse.objects.get(name="beat").at > first
    assert Event.objects.get().number == 1
    assert wait_for(lambda: ("core.deliver", ["doctor-answer"], "events") in sent)
    assert wait_for(lambda: ("core.upkeep", [], "maintenance") in sent)


@pytest.mark.django_db
def test_a_delivery_whose_time_is_up_asks_to_be_woken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[tuple[str, ...]] = []
    monkeypatch.setattr(wake, "now", lambda *words: woken.append(words))
    monkeypatch.setattr(tasks, "DELIVERY_SECONDS", -1)
    monkeypatch.setattr(outbox, "BATCH", 1)
    outbox.number_events()
    with transaction.atomic():
        outbox.emit_all([DoctorAsked(nonce="1"), DoctorAsked(nonce="2")])
    outbox.number_events()
    tasks.deliver("doctor-answer")
    assert Subscriber.objects.get(name="doctor-answer").position == 1
    assert woken == [("core.deliver", "doctor-answer")]
    tasks.deliver("doctor-answer")
    assert Pulse.objects.get(name="doctor").detail == "2"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_finds_another_at_a_subscriber_does_not_wait() -> None:
    """A slow subscriber would otherwise hold as many workers as there are wake-ups for it."""
    outbox.number_events()
    with transaction.atomic():
        outbox.emit(DoctorAsked(nonce="slow"))
    outbox.number_events()
    locked, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Subscriber.objects.select_for_update().get(name="doctor-answer")
                locked.set()
                may_end.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert locked.wait(10)
        assert outbox.deliver("doctor-answer") is None
        assert outbox.retry("doctor-answer") == 0
        tasks.deliver("doctor-answer")
        assert not Pulse.objects.filter(name="doctor").exists()
    finally:
        may_end.set()
        thread.join(10)
    tasks.deliver("doctor-answer")
    assert Pulse.objects.get(name="doctor").detail == "slow"
    assert not Parked.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_came_during_the_last_batch_is_read_by_the_same_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was woken for it found the subscriber taken and went on."""
    deliver, came = outbox.deliver, iter([True])

    def interrupted(name: str) -> int | None:
        moved = deliver(name)
        if moved == 0 and next(came, False):
            with transaction.atomic():
                outbox.emit(DoctorAsked(nonce="late"))
            outbox.number_events()
        return moved

    outbox.number_events()
    with transaction.atomic():
        outbox.emit(DoctorAsked(nonce="early"))
    outbox.number_events()
    monkeypatch.setattr(outbox, "deliver", interrupted)
    tasks.deliver("doctor-answer")
    assert Pulse.objects.get(name="doctor").detail == "late"


# -- The embedded worker ----------------------------------------------------------------------------------------------


def wait_for(condition: Callable[[], Any], *, seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.005)
    return value


@pytest.fixture
def workers(transactional_db: None, settings: Any) -> Iterator[Any]:
    from socialsite.embedded import Workers

    settings.WAKE_IN_TESTS = True
    forget_broker()  # another test may have closed it
    made = Workers()
    made.start()
    assert made.ready.wait(30)
    yield made
    made.stop()
    forget_broker()


def forget_broker() -> None:
    pools.reset()
    current_app._pool = current_app.amqp._producer_pool = None


def test_the_embedded_worker_does_a_task_within_200_ms(workers: Any) -> None:
    took = []
    for turn in range(8):
        time.sleep(2 * wake.GATHER_SECONDS)  # what follows at once is gathered
        began = time.monotonic()
        with transaction.atomic():
            outbox.emit(DoctorAsked(nonce=f"{turn}"))
        answered = Pulse.objects.filter(name="doctor", detail=f"{turn}")
        assert wait_for(answered.exists)
        took.append(time.monotonic() - began)
    assert min(took) < 0.2, took


def test_the_embedded_worker_stops_soon_and_lets_a_task_end(workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    @outbox.subscribes(DoctorAsked, name="slow-of-this-test")
    def slow(fact: DoctorAsked) -> None:
        begun.set()
        time.sleep(0.5)
        ended.set()

    try:
        outbox.number_events()
        with transaction.atomic():
            outbox.emit(DoctorAsked(nonce="slow"))
        assert begun.wait(20)
        began = time.monotonic()
        assert workers.stop() is True
        assert time.monotonic() - began < 5
        assert ended.is_set()
    finally:
        del outbox.subscriptions["slow-of-this-test"]


# -- Forks ------------------------------------------------------------------------------------------------------------

FORK = """
import os, sys
import django
django.setup()
from django.db import connection
from core import realtime, wake

def backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]

mine, sender, publisher = backend(), wake._sender, realtime._publisher
pid = os.fork()
if pid == 0:
    other = backend()
    connection.close()
    os._exit(0 if other != mine and wake._sender is not sender and realtime._publisher is not publisher else 1)
assert os.waitpid(pid, 0)[1] == 0, "the child used what belongs to its parent"
assert backend() == mine, "the child ended its parent's connection"
print("well")
connection.close()
connection.close_pool()
"""


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_child_has_connections_of_its_own() -> None:
    place = connection.settings_dict
    url = f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{place['NAME']}"
    done = subprocess.run(
        [sys.executable, "-c", FORK],
        env={**os.environ, "DATABASE_URL": url},
        cwd=os.getcwd(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "well", done.stderr


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_connections_that_the_database_ended_are_noticed_at_once() -> None:
    """As after its restart: every idle connection of the pool is dead, and the next request must not see that."""
    many = [threading.Thread(target=ask) for _one in range(6)]
    for thread in many:
        thread.start()
    for thread in many:
        thread.join(20)
    ask()
    asyncio.run(sync_to_async(connections.close_all)())  # of the thread that other tests use, too
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()
    began = time.monotonic()
    for _turn in range(6):
        ask()
    assert time.monotonic() - began < 2


def ask() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
    finally:
        connection.close()

"""The hub and the bus: encoded once, gaps noticed, slow and lost listeners healed."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import orjson
import pytest
import redis

from core import frames, realtime


def said(text: str) -> bytes:
    return b'{"type":"%s"}' % text.encode()


class Ear:
    """A socket that keeps what it was told."""

    def __init__(self, hub: realtime.Hub, user_id: int) -> None:
        self.user_id = user_id
        self.groups: set[str] = set()
        self.heard: list[tuple[bytes, bytes]] = []
        self.rechecks = 0
        hub.join(self, f"user:{user_id}")

    def write(self, frame: bytes, ready: bytes) -> None:
        self.heard.append((frame, ready))

    async def recheck(self) -> None:
        self.rechecks += 1

    @property
    def kinds(self) -> list[str]:
        return [orjson.loads(frame)["type"] for frame, _ready in self.heard]


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_is_what_the_standard_says(size: int, head: bytes) -> None:
    assert realtime.websocket_frame(b"x" * size) == head + b"x" * size


def test_one_frame_is_written_once_to_each_and_is_the_same_object() -> None:
    hub = realtime.Hub()
    one, two = Ear(hub, 1), Ear(hub, 2)
    hub.join(one, "post:7")
    frame = said("one")
    assert hub.deliver(("user:1", "user:2", "post:7"), frame) == 2
    assert one.heard[0][0] is two.heard[0][0]
    assert one.heard[0][1] is two.heard[0][1]
    hub.leave(one, "post:7")
    assert hub.deliver(("post:7",), frame) == 0
    assert "post:7" not in hub.groups
    hub.drop(two)
    assert hub.deliver(("user:2",), frame) == 0


@pytest.mark.django_db(transaction=True)
def test_push_waits_for_the_commit_and_a_rollback_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import transaction

    pushed: list[tuple[str, ...]] = []
    monkeypatch.setattr(realtime, "publish", lambda groups, frame: pushed.append(groups))
    with transaction.atomic():
        realtime.push("user:1", frames.Stale())
        assert pushed == []
    assert pushed == [("user:1",)]
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        realtime.push(["user:2", "user:3"], frames.Stale())
        raise ZeroDivisionError
    assert pushed == [("user:1",)]


@pytest.mark.django_db(transaction=True)
def test_a_broken_fast_lane_never_breaks_an_action(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import transaction

    def breaks(groups: tuple[str, ...], frame: bytes) -> None:
        raise OSError

    monkeypatch.setattr(realtime, "publish", breaks)
    with transaction.atomic():
        realtime.push("user:1", frames.Stale())


def test_delivery_from_threads_reaches_the_loop_in_order() -> None:
    async def scene() -> list[str]:
        hub = realtime.Hub()
        hub.loop = asyncio.get_running_loop()
        ear = Ear(hub, 1)

        def talk() -> None:
            for number in range(500):
                hub.deliver_soon(("user:1",), said(str(number)))

        await asyncio.to_thread(talk)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return ear.kinds

    assert asyncio.run(scene()) == [str(number) for number in range(500)]


def test_the_word_that_access_changed_rechecks_every_socket_of_the_member() -> None:
    async def scene() -> tuple[int, int]:
        hub = realtime.Hub()
        hub.loop = asyncio.get_running_loop()
        mine, other = Ear(hub, 1), Ear(hub, 2)
        hub.deliver((f"{realtime.RECHECK}1",), b"")
        await asyncio.sleep(0.01)
        return mine.rechecks, other.rechecks

    assert asyncio.run(scene()) == (1, 0)


def heard_of(messages: list[tuple[str, int, tuple[str, ...]]]) -> tuple[list[bool], Ear]:
    async def scene() -> tuple[list[bool], Ear]:
        hub = realtime.Hub()
        ear = Ear(hub, 1)
        listener = realtime.Listener(hub)
        return [
            listener.hear(realtime.pack(origin, (number, groups, said("x")))) for origin, number, groups in messages
        ], ear

    return asyncio.run(scene())


def test_a_listener_delivers_and_notices_gaps() -> None:
    mine = ("user:1",)
    gaps, ear = heard_of([("a", 5, mine), ("a", 6, mine), ("b", 1, mine), ("a", 8, mine), ("a", 9, ()), ("a", 9, ())])
    # 5: whatever "a" said before we first heard it is missing; 8: 7 is missing; beat 9: 9 is missing; again: known.
    assert gaps == [True, False, False, True, True, False]
    assert len(ear.heard) == 4


def test_what_is_not_understood_does_not_end_the_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(realtime.routers, "odd", lambda name, _frame: int(name))
    gaps, ear = heard_of([("a", 1, ("odd:7,8",)), ("a", 2, ("user:1",))])
    assert gaps == [False, False]
    assert len(ear.heard) == 1


def test_a_process_that_says_good_bye_is_not_missed() -> None:
    async def scene() -> tuple[bool, bool, bool]:
        listener = realtime.Listener(realtime.Hub())
        listener.hear(realtime.pack("a", (1, (), b"")))
        listener.hear(realtime.pack("b", (1, (), b"")))
        listener.hear(realtime.pack("b", (-1, (), b"")))
        listener.heard = {origin: at - 10 for origin, at in listener.heard.items()}
        return "b" in listener.heard, listener.silent(), listener.silent()

    assert asyncio.run(scene()) == (False, True, False)


def test_what_is_no_message_of_the_bus_does_not_end_it_either() -> None:
    async def scene() -> bool:
        listener = realtime.Listener(realtime.Hub())
        rubbish = [b"", b"a", b"a\0", b"a\0x", b"a\0x y z\0", b"\xff\0\xff", b"a\0" + b"1 user:1 x\0"]
        return any(listener.hear(data) for data in rubbish)

    assert asyncio.run(scene()) is False


def test_one_frame_that_fails_takes_no_others_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(realtime.routers, "odd", lambda name, _frame: int(name))

    async def scene() -> list[str]:
        hub = realtime.Hub()
        hub.loop = asyncio.get_running_loop()
        ear = Ear(hub, 1)
        hub.deliver_soon(("odd:x",), b"")
        hub.deliver_soon(("user:1",), said("after"))
        await until(lambda: bool(ear.heard))
        return ear.kinds

    assert asyncio.run(scene()) == ["after"]


def test_own_words_are_not_read_back() -> None:
    gaps, ear = heard_of([(realtime._publisher.origin, 3, ("user:1",))])
    assert gaps == [False]
    assert ear.heard == []


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


@pytest.fixture
def own_publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[realtime.Publisher]:
    made = realtime.Publisher()
    monkeypatch.setattr(realtime, "_publisher", made)
    yield made
    made.stop()


@pytest.mark.redis
def test_over_redis_words_arrive_and_a_lost_bus_is_caught_up(redis_server, settings, own_publisher) -> None:  # type: ignore[no-untyped-def]
    """Another process speaks; our connection is cut in the middle; afterwards the clients are told to catch up."""
    settings.REDIS_URL = redis_server.redis_url
    admin = redis.Redis.from_url(redis_server.redis_url)

    async def scene() -> list[str]:
        hub = realtime.Hub()
        hub.loop = asyncio.get_running_loop()
        ear = Ear(hub, 1)
        resynced: list[int] = []

        async def resync() -> None:
            resynced.append(1)

        realtime.resyncers.append(resync)
        other = realtime.Publisher()
        listening = asyncio.create_task(realtime.Listener(hub).run())
        try:
            await until(lambda: bool(admin.pubsub_numsub(realtime.CHANNEL)[0][1]))
            other.put(("user:1",), said("one"))
            # The socket was there before the bus: it is told to catch up as well.
            await until(lambda: ear.kinds == ["stale", "one"])
            await asyncio.to_thread(admin.client_kill_filter, _type="pubsub")
            await until(lambda: len(resynced) == 2)
            assert ear.kinds == ["stale", "one", "stale"]
            other.put(("user:1",), said("two"))
            await until(lambda: ear.kinds[-1] == "two")
        finally:
            other.stop()
            listening.cancel()
            realtime.resyncers.remove(resync)
        return ear.kinds

    assert asyncio.run(scene()) == ["stale", "one", "stale", "two"]


@pytest.mark.redis
def test_a_line_that_is_gone_without_a_word_is_made_anew(redis_server, settings, own_publisher) -> None:  # type: ignore[no-untyped-def]
    """As behind a firewall that has forgotten it: nothing comes any more, and nobody closes it."""
    place = urlsplit(redis_server.redis_url)
    opened: list[asyncio.StreamWriter] = []
    is_gone = False

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while data := await reader.read(65536):
            if not (is_gone and number == 1):
                writer.write(data)
        writer.close()

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        number = len(opened)
        other_reader, other_writer = await asyncio.open_connection(place.hostname, place.port)
        with contextlib.suppress(OSError):
            await asyncio.gather(forward(reader, other_writer, number), forward(other_reader, writer, number))
        for end in (writer, other_writer):
            end.close()

    async def scene() -> list[str]:
        nonlocal is_gone
        between = await asyncio.start_server(through, "127.0.0.1", 0)
        port = between.sockets[0].getsockname()[1]
        hub = realtime.Hub()
        hub.loop = asyncio.get_running_loop()
        ear = Ear(hub, 1)
        # The one that speaks has a line of its own; the one that hears goes through what forgets it.
        settings.REDIS_URL = redis_server.redis_url
        own_publisher.put((), b"")
        await until(lambda: not own_publisher.queue)
        settings.REDIS_URL = redis_server.redis_url.replace(f":{place.port}", f":{port}")
        listening = asyncio.create_task(realtime.Listener(hub).run())
        try:
            await until(lambda: ear.kinds == ["stale"])
            is_gone = True
            await until(lambda: len(opened) == 2, 3 * realtime.BEATS_MISSED * realtime.BEAT_SECONDS)
            await until(lambda: ear.kinds == ["stale", "stale"])
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            between.close()
            await until(lambda: all(writer.is_closing() for writer in opened))
        return ear.kinds

    assert asyncio.run(scene())[:2] == ["stale", "stale"]


@pytest.mark.redis
def test_what_a_full_queue_loses_shows_as_a_gap(redis_url: str, settings) -> None:  # type: ignore[no-untyped-def]
    settings.REDIS_URL = redis_url
    publisher = realtime.Publisher()
    publisher.thread = publisher.thread or __import__("threading").current_thread()  # nobody sends
    for _ in range(realtime.QUEUE_LIMIT + 5):
        publisher.put(("user:1",), b"{}")
    assert len(publisher.queue) == realtime.QUEUE_LIMIT
    assert publisher.queue[0][0] == 6

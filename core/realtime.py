"""The fast lane: one hub per process, one bus between processes, one encoding per broadcast.

`push` waits for the commit, then hands one encoded frame to the sockets of this process and to the bus. It is at most
once and never breaks an action: clients heal themselves by asking for all after the last thing they have. A listener
that notices a gap on the bus tells its rooms to compare and its clients to catch up.
"""

import asyncio
import logging
import os
import secrets
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Protocol

import redis
from django.conf import settings
from django.db import transaction

from core import frames

log = logging.getLogger(__name__)

CHANNEL = "socialsite:bus:2"  # the form of its messages
BEAT_SECONDS = 1.0
BEATS_MISSED = 3
QUEUE_LIMIT = 10_000  # messages waiting for the bus; more means the bus is down, and listeners will see the gap
AT_ONCE = 100  # in one message of the bus
RECONNECT_SECONDS = 0.5


def push(groups: str | Iterable[str], event: frames.Event) -> None:
    """Shows this to every socket in `groups` after commit. It is the same for all viewers and encoded once."""
    names = (groups,) if isinstance(groups, str) else tuple(groups)
    if names:
        frame = frames.event(event)
        transaction.on_commit(lambda: publish(names, frame), robust=True)


def publish(groups: tuple[str, ...], frame: bytes) -> None:
    """Local sockets first, then one message to the other processes. Callable from any thread."""
    hub.deliver_soon(groups, frame)
    if settings.REDIS_URL:
        _publisher.put(groups, frame)


def access_changed(user_id: int) -> None:
    """Has every process check this member's sockets again, after commit; AccessChanged says the same in the log."""
    transaction.on_commit(lambda: publish((f"{RECHECK}{user_id}",), b""), robust=True)


RECHECK = "recheck:"


# How long the loop keeps the interpreter while the writer's thread has the answer of the database: Python's five
# milliseconds, several times a batch, are most of the way of a message.
SWITCH_SECONDS = 0.0005


class Connection(Protocol):
    """What the hub needs of a socket."""

    user_id: int
    groups: set[str]

    def write(self, frame: bytes, ready: bytes) -> None:
        """Sends one text frame; `ready` is the same with its WebSocket header, for servers that take it as it is."""

    async def recheck(self) -> None:
        """Checks the principal again, closes or leaves all groups but the member's own."""


def websocket_frame(payload: bytes) -> bytes:
    """A server's text frame (RFC 6455, 5.2): FIN, opcode 1, no mask."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class Hub:
    """Groups of local sockets. Everything but `deliver_soon` runs on the loop that serves them."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.groups: dict[str, set[Connection]] = {}
        self.tasks: list[asyncio.Task[None]] = []
        self.waiting: deque[tuple[tuple[str, ...], bytes]] = deque()
        self.woken = False
        self.ends = False  # no sockets are taken any more (core.drain)
        self.lock = threading.Lock()

    def start(self) -> None:
        """Starts listening on the running loop; a second call does nothing."""
        if self.loop is not None and not self.loop.is_closed():
            return
        self.loop = asyncio.get_running_loop()
        sys.setswitchinterval(SWITCH_SECONDS)
        self.groups = {}
        self.tasks = [self.loop.create_task(watch(), name=name) for name, watch in background.items()]
        if settings.REDIS_URL:
            self.tasks.append(self.loop.create_task(Listener(self).run(), name="bus"))
        for begin in starters:
            begin()

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.loop, self.tasks = None, []
        _publisher.stop()

    # -- Groups --

    def join(self, connection: Connection, group: str) -> None:
        self.groups.setdefault(group, set()).add(connection)
        connection.groups.add(group)

    def leave(self, connection: Connection, group: str) -> None:
        connection.groups.discard(group)
        members = self.groups.get(group)
        if members is not None:
            members.discard(connection)
            if not members:
                del self.groups[group]

    def drop(self, connection: Connection) -> None:
        for group in list(connection.groups):
            self.leave(connection, group)

    def members(self, group: str) -> set[Connection]:
        return self.groups.get(group, set())

    def connections(self) -> set[Connection]:
        return {one for group, members in self.groups.items() if group.startswith("user:") for one in members}

    # -- Delivery --

    def deliver_soon(self, groups: tuple[str, ...], frame: bytes) -> None:
        """From any thread: delivers on the loop, many at one wake-up."""
        loop = self.loop
        if loop is None:
            return
        with self.lock:
            self.waiting.append((groups, frame))
            if self.woken:
                return
            self.woken = True
        try:
            loop.call_soon_threadsafe(self._deliver_waiting)
        except RuntimeError:  # the loop has ended: nobody is left to show it to
            with self.lock:
                self.waiting.clear()
                self.woken = False

    def _deliver_waiting(self) -> None:
        with self.lock:
            waiting, self.waiting = self.waiting, deque()
            self.woken = False
        for groups, frame in waiting:
            try:
                self.deliver(groups, frame)
            except Exception:  # supervisor: the others of this turn have nothing to do with it
                log.exception("a frame was not delivered")

    def deliver(self, groups: tuple[str, ...], frame: bytes) -> int:
        """Writes one frame to each socket of the groups once; returns to how many."""
        if groups[0].startswith(RECHECK):
            self.recheck(int(groups[0].removeprefix(RECHECK)))
            return 0
        router = routers.get(groups[0].partition(":")[0])
        if router is not None:
            router(groups[0], frame)
            return 0
        if len(groups) == 1:
            targets: Iterable[Connection] = tuple(self.groups.get(groups[0], ()))
        else:
            targets = {one for group in groups for one in self.groups.get(group, ())}
        ready = websocket_frame(frame)
        count = 0
        for connection in targets:
            connection.write(frame, ready)
            count += 1
        return count

    def recheck(self, user_id: int) -> None:
        assert self.loop is not None
        for look_again in rechecks:
            look_again(user_id)
        for connection in tuple(self.members(f"user:{user_id}")):
            task = self.loop.create_task(connection.recheck())
            _running.add(task)
            task.add_done_callback(_running.discard)

    async def catch_up(self) -> None:
        """Something may have been missed: the rooms compare what they serve, every client refreshes the rest."""
        for resync in resyncers:
            try:
                await resync()
            except Exception as error:  # supervisor: one room must not keep the others from catching up
                log.warning("resync failed (%s)", type(error).__name__)
        frame = frames.event(frames.Stale())
        ready = websocket_frame(frame)
        for connection in self.connections():
            connection.write(frame, ready)


_running: set[asyncio.Task[None]] = set()
hub = Hub()

# What rooms fill in: coroutines that run beside the sockets of a process, and what to do after a gap on the bus.
background: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
resyncers: list[Callable[[], Awaitable[None]]] = []
# What is done where a process begins to serve sockets, and before those of one that ends are sent elsewhere.
starters: list[Callable[[], None]] = []
farewells: list[Callable[[], Awaitable[None]]] = []
# What a room remembers about a member's access is forgotten here, before the member's sockets are checked again.
rechecks: list[Callable[[int], None]] = []
# Names that a room turns into sockets itself: prefix -> what delivers a frame, on the loop ("chat:7:3:41").
routers: dict[str, Callable[[str, bytes], None]] = {}


# -- The bus ----------------------------------------------------------------------------------------------------------

# One message: the origin and a zero byte; then each thing it says: number, "|"-joined groups and length, a zero byte,
# the frame. No groups: only the beat.
Said = tuple[int, tuple[str, ...], bytes]


def pack(origin: str, *said: Said) -> bytes:
    parts = [f"{number} {'|'.join(groups)} {len(frame)}".encode() + b"\0" + frame for number, groups, frame in said]
    return origin.encode() + b"\0" + b"".join(parts)


def unpack(message: bytes) -> tuple[str, list[Said]]:
    at = message.index(b"\0")
    origin, said = message[:at].decode(), []
    while (at := at + 1) < len(message):
        end = message.index(b"\0", at)
        number, names, size = message[at:end].decode().split(" ")
        at = end + int(size)
        said.append((int(number), tuple(names.split("|")) if names else (), message[end + 1 : at + 1]))
    return origin, said


class Publisher:
    """Numbers and sends what this process says, from one thread over one connection; repeats its last number."""

    def __init__(self) -> None:
        self.origin = secrets.token_hex(8)
        self.number = 0
        self.queue: deque[Said] = deque(maxlen=QUEUE_LIMIT)
        self.changed = threading.Condition()
        self.thread: threading.Thread | None = None
        self.ended = False

    def put(self, groups: tuple[str, ...], frame: bytes) -> None:
        """Never waits and never fails; what the full queue loses shows as a gap in the numbers."""
        with self.changed:
            self.number += 1
            self.queue.append((self.number, groups, frame))
            self.start()
            self.changed.notify()

    def start(self) -> None:
        """Begins to repeat its last number, by which the listener of this process knows that it hears at all."""
        with self.changed:
            if self.thread is None:
                self.ended = False
                self.thread = threading.Thread(target=self.run, name="bus", daemon=True)
                self.thread.start()

    def stop(self) -> None:
        """Sends what waits (for a second at most) and says good-bye."""
        thread = self.thread
        if thread is not None:
            with self.changed:
                self.ended = True
                self.changed.notify()
            thread.join(1)
            self.thread = None

    def run(self) -> None:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, health_check_interval=0
        )
        silent = False  # an outage is one line in the log
        while True:
            with self.changed:
                if not self.queue and not self.ended:
                    self.changed.wait(BEAT_SECONDS)
                said = [self.queue.popleft() for _turn in range(min(len(self.queue), AT_ONCE))]
                beat, ended = (self.number, (), b""), self.ended and not self.queue
            if ended:
                said.append((-1, (), b""))
            try:
                client.publish(CHANNEL, pack(self.origin, *(said or [beat])))
            except redis.RedisError as error:
                # What is lost here shows to listeners as a gap once the bus is back.
                if not silent:
                    log.warning("bus: not sent (%s)", type(error).__name__)
                silent = True
                if not ended:
                    time.sleep(RECONNECT_SECONDS)
            else:
                silent = False
            if ended:
                client.close()
                return


_publisher = Publisher()


def reset() -> None:
    """Forgets what belongs to another process; called after a fork."""
    global _publisher, hub
    _publisher = Publisher()
    hub = Hub()


os.register_at_fork(after_in_child=reset)


class Deaf(ConnectionError):
    """Not even what this process says itself is heard: the line is gone, and nobody has said so."""


class Listener:
    """Hears the other processes; notices gaps, silence and reconnects, and has the hub catch up."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.last: dict[str, int] = {}
        self.heard: dict[str, float] = {}
        self.heard_own = 0.0

    async def run(self) -> None:
        silent = False
        while True:
            _publisher.start()
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2)
            try:
                async with client.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    if silent:
                        log.warning("bus: heard again")
                    silent = False
                    # Also the first time: sockets may have come before the bus did. The numbers heard so far stay,
                    # for what another process says before it is connected again shows only in them.
                    now = asyncio.get_running_loop().time()
                    self.heard, self.heard_own = dict.fromkeys(self.heard, now), now
                    await self.hub.catch_up()
                    await self.listen(pubsub)
            except (redis.RedisError, OSError) as error:
                if not silent:
                    log.warning("bus: not heard (%s)", type(error).__name__)
                silent = True
            finally:
                await client.aclose()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def listen(self, pubsub: Any) -> None:
        while True:
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=BEAT_SECONDS)
            missed = message is not None and self.hear(message["data"])
            if self.silent() or missed:
                await self.hub.catch_up()
            if asyncio.get_running_loop().time() - self.heard_own > BEATS_MISSED * BEAT_SECONDS:
                raise Deaf

    def hear(self, data: bytes) -> bool:
        """Delivers what one message says; True when numbers before it are missing."""
        try:
            origin, said = unpack(data)
        except ValueError:
            log.warning("a message of the bus was not understood")
            return False
        if origin == _publisher.origin:
            self.heard_own = asyncio.get_running_loop().time()
            return False
        missing = [self.take(origin, *one) for one in said]  # all of it, whatever is missing
        return any(missing)

    def take(self, origin: str, number: int, groups: tuple[str, ...], frame: bytes) -> bool:
        if number == -1:
            self.last.pop(origin, None)
            self.heard.pop(origin, None)
            return False
        before = self.last.get(origin, 0)  # whatever a process said before it was first heard counts as missed
        self.last[origin] = max(number, before)
        self.heard[origin] = asyncio.get_running_loop().time()
        if groups:
            try:
                self.hub.deliver(groups, frame)
            except Exception:  # supervisor: what another version says must not end the bus of this one
                log.exception("a message of the bus was not understood")
            return number > before + 1
        return number > before

    def silent(self) -> bool:
        """True once for each process that has missed its beats."""
        now = asyncio.get_running_loop().time()
        gone = [one for one, at in self.heard.items() if now - at > BEATS_MISSED * BEAT_SECONDS]
        for origin in gone:
            self.last.pop(origin, None)
            self.heard.pop(origin, None)
        return bool(gone)

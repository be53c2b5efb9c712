"""Who is here, from hub to hub. Each process tells the others which of its members came, went or are idle, together and
once a second, and now and then all of them; a process that falls silent is forgotten. Who sees whom stands in access; a
socket that watches somebody is in the group `presence:{id}`, as far as its member may see them. PostgreSQL hears only
when somebody has been gone for a while.
"""

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from django.db import Error as DatabaseAway
from django.utils import timezone

from chat import frames
from chat.actions import presence as presence_actions
from chat.queries import presence as presence_queries
from core import consumers, realtime, threads

log = logging.getLogger(__name__)

ONLINE, AWAY, OFFLINE = 2, 1, 0
WORDS = {ONLINE: "online", AWAY: "away", OFFLINE: "offline"}
PREFIX = "presence-of"  # on the bus
GROUP = "presence"  # of who watches
TICK_SECONDS = 1.0
LEAVE_SECONDS = 5.0  # a page that follows another opens its socket anew
BEAT_SECONDS = 3.0  # at least so often each process says that it lives
ALL_SECONDS = 15.0  # ... and whom it has
FORGET_SECONDS = 10.0  # a process that is silent so long is gone, and its members with it
KEEP_SECONDS = 30.0  # between two looks at who is gone long enough to write it down
KEEP_EVERY_SECONDS = 300.0  # of one member
REMEMBER_SECONDS = 900.0
AGAIN_SECONDS = 1.0
AT_ONCE = 500  # members told of in one turn, rows in one transaction
FRAMES_AT_ONCE = 200


class Word(msgspec.Struct, omit_defaults=True):
    """What a process says about its members. `all`: nobody else is here; `ask`: say all of yours; `bye`: it ends."""

    states: dict[int, int] = {}
    all: bool = False
    ask: bool = False
    bye: bool = False


_decoder = msgspec.json.Decoder(Word)


@dataclass
class Process:
    """Another one, and its members as it last told."""

    heard: float
    states: dict[int, int] = field(default_factory=dict)


@dataclass
class Doubt:
    """Who watched somebody whose access changed, and saw this, until it is known who may."""

    watchers: set[consumers.Socket]
    state: int
    again: bool = True


class Here:
    """The members who are here. Runs on the loop of the hub."""

    def __init__(self) -> None:
        self.origin = secrets.token_hex(8)
        self.own: dict[int, int] = {}  # of this process, as others were told
        self.others: dict[str, Process] = {}
        self.merged: dict[int, int] = {}  # of all processes, as watchers were told
        self.changed: set[int] = set()  # of this process, since the last turn
        self.stirred: set[int] = set()  # of any process
        self.left: dict[int, float] = {}  # whose last socket went
        self.seen: dict[int, datetime] = {}  # who went lately, when
        self.unwritten: set[int] = set()
        self.written: dict[int, float] = {}
        self.corrections: dict[consumers.Socket, dict[int, int]] = {}
        self.doubts: dict[int, Doubt] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.says_all = False
        self.said_at = self.said_all_at = self.kept_at = 0.0

    # -- What sockets do --

    def came(self, socket: consumers.Socket) -> None:
        self.changed.add(socket.user_id)
        self.left.pop(socket.user_id, None)

    def went(self, socket: consumers.Socket) -> None:
        if socket.user_id:
            self.changed.add(socket.user_id)
            if not realtime.hub.members(f"user:{socket.user_id}"):
                self.left.setdefault(socket.user_id, time.monotonic())

    def set_idle(self, socket: consumers.Socket, *, idle: bool) -> None:
        if idle:
            socket.state["idle"] = True
        else:
            socket.state.pop("idle", None)
        self.changed.add(socket.user_id)

    def local(self, user_id: int) -> int:
        """Of this process. Whose last socket went a moment ago is as they were."""
        state = OFFLINE
        for one in realtime.hub.members(f"user:{user_id}"):
            if not (isinstance(one, consumers.Socket) and "idle" in one.state):
                return ONLINE
            state = AWAY
        if state == OFFLINE and self.is_leaving(user_id):
            return self.own.get(user_id, OFFLINE)
        return state

    def is_leaving(self, user_id: int) -> bool:
        return user_id in self.left and time.monotonic() - self.left[user_id] < LEAVE_SECONDS

    def state(self, user_id: int) -> int:
        return max(
            [self.own.get(user_id, OFFLINE), *(one.states.get(user_id, OFFLINE) for one in self.others.values())]
        )

    def told(self, user_id: int, seen_at: datetime | None) -> frames.Presence | None:
        """What a watcher is told of somebody; None is nothing."""
        state = self.state(user_id)
        if state != OFFLINE:
            return frames.Presence(user_id, WORDS[state])  # type: ignore[arg-type]
        latest = max(filter(None, (seen_at, self.seen.get(user_id))), default=None)
        return frames.Presence(user_id, "offline", latest) if latest else None

    # -- What processes say --

    def deliver(self, name: str, frame: bytes) -> None:
        origin = name.partition(":")[2]
        if origin == self.origin:
            return
        word = _decoder.decode(frame)
        if word.bye:
            self.forget(origin)
            return
        if word.ask:
            self.says_all = True
        other = self.others.setdefault(origin, Process(0.0))
        other.heard = time.monotonic()
        news = word.states
        if word.all:
            news = dict.fromkeys(other.states, OFFLINE) | news
        for user_id, state in news.items():
            if state != other.states.get(user_id, OFFLINE):
                self.stirred.add(user_id)
                _set(other.states, user_id, state)

    def forget(self, origin: str, *, died: bool = False) -> None:
        """A process ended. Where it died, nobody else writes down when its members were last here."""
        gone = self.others.pop(origin, None)
        if gone is None:
            return
        self.stirred |= gone.states.keys()
        if died:
            self.unwritten |= gone.states.keys()

    def say(self, word: Word) -> None:
        self.said_at = time.monotonic()
        realtime.publish((f"{PREFIX}:{self.origin}",), msgspec.json.encode(word))

    async def ask(self) -> None:
        """At the start, and after a gap on the bus."""
        self.says_all = True
        self.say(Word(ask=True))

    # -- The turns --

    async def live(self) -> None:
        """Runs beside the sockets of a process."""
        try:
            await self.ask()
            while True:
                await asyncio.sleep(TICK_SECONDS)
                await self.turn()
        finally:
            self.say(Word(bye=True))

    async def turn(self) -> None:
        now = time.monotonic()
        for origin in [origin for origin, one in self.others.items() if now - one.heard > FORGET_SECONDS]:
            self.forget(origin, died=True)
        self.tell_others(now)
        await self.tell_watchers()
        if now - self.kept_at >= KEEP_SECONDS:
            self.kept_at = now
            await self.keep(now)

    def tell_others(self, now: float) -> None:
        news = {}
        for user_id in tuple(self.changed):
            state = self.local(user_id)
            if not self.is_leaving(user_id):
                self.changed.discard(user_id)
                self.left.pop(user_id, None)
            if state != self.own.get(user_id, OFFLINE):
                news[user_id] = state
                _set(self.own, user_id, state)
                if state == OFFLINE:
                    self.unwritten.add(user_id)
        self.stirred |= news.keys()
        if self.says_all or now - self.said_all_at >= ALL_SECONDS:
            self.says_all, self.said_all_at = False, now
            self.say(Word(dict(self.own), all=True))
        elif news or now - self.said_at >= BEAT_SECONDS:
            self.say(Word(news))

    async def tell_watchers(self) -> None:
        """One frame for each socket with all that changed."""
        parts: dict[consumers.Socket, list[bytes]] = {}
        for socket, states in self.corrections.items():
            parts[socket] = [_part(user_id, state, None) for user_id, state in states.items()]
        self.corrections = {}
        now = timezone.now()
        for _turn in range(min(len(self.stirred), AT_ONCE)):
            user_id = self.stirred.pop()
            state = self.state(user_id)
            if state == self.merged.get(user_id, OFFLINE):
                continue
            _set(self.merged, user_id, state)
            if state == OFFLINE:
                self.seen[user_id] = now
            else:
                self.seen.pop(user_id, None)
                self.unwritten.discard(user_id)
            if watchers := realtime.hub.members(f"{GROUP}:{user_id}"):
                part = _part(user_id, state, now if state == OFFLINE else None)
                for one in watchers:
                    parts.setdefault(one, []).append(part)  # type: ignore[arg-type]
        for number, (socket, said) in enumerate(parts.items(), 1):
            socket.send_frame(b'{"type":"presence","data":{"people":[' + b",".join(said) + b"]}}")
            if number % FRAMES_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def keep(self, now: float) -> None:
        """Writes down who has been gone for a while, seldom and together."""
        self.written = {id: at for id, at in self.written.items() if now - at < KEEP_EVERY_SECONDS}
        due = [id for id in self.unwritten if id in self.seen and id not in self.written and self._is_settled(id)]
        await self.write({id: self.seen[id] for id in due})
        old = timezone.now() - timedelta(seconds=REMEMBER_SECONDS)
        self.seen = {id: at for id, at in self.seen.items() if at > old or id in self.unwritten}

    def _is_settled(self, user_id: int) -> bool:
        return (timezone.now() - self.seen[user_id]).total_seconds() >= KEEP_SECONDS

    async def keep_all(self) -> None:
        """This process ends: whoever is here now was here now, and who comes back elsewhere is seen later."""
        now = timezone.now()
        going = {id: self.seen[id] for id in self.unwritten & self.seen.keys()}
        await self.write({**going, **dict.fromkeys(self.own, now)})

    async def write(self, seen: dict[int, datetime]) -> None:
        ids = sorted(seen)
        for start in range(0, len(ids), AT_ONCE):
            part = {id: seen[id] for id in ids[start : start + AT_ONCE]}
            try:
                await threads.run(presence_actions.keep_seen, seen=part)
            except DatabaseAway as error:
                log.warning("when members were here is not written (%s)", type(error).__name__)
                return
            self.unwritten -= part.keys()
            self.written |= dict.fromkeys(part, time.monotonic())

    # -- Who watches whom --

    async def watch(self, socket: consumers.Socket, ids: Iterable[int]) -> list[frames.Presence]:
        """In place of whom the socket watched before. Asked twice: what came about before it had joined counts."""
        wanted = {id for id in ids if id != socket.user_id}
        for group in [group for group in socket.groups if group.startswith(f"{GROUP}:")]:
            realtime.hub.leave(socket, group)
        if not wanted:
            return []
        for id in await threads.run(presence_queries.watchable, socket.user_id, wanted):
            socket.watch(f"{GROUP}:{id}")
        found = await threads.run(presence_queries.watchable, socket.user_id, wanted)
        for id in wanted - found.keys():
            realtime.hub.leave(socket, f"{GROUP}:{id}")
        return [one for id, seen_at in found.items() if (one := self.told(id, seen_at))]

    def look_again(self, user_id: int) -> None:
        """Something about this member's access changed: nobody sees them before that is asked for again."""
        group = f"{GROUP}:{user_id}"
        watchers = {one for one in realtime.hub.members(group) if isinstance(one, consumers.Socket)}
        for one in watchers:
            realtime.hub.leave(one, group)
        if user_id in self.doubts:
            self.doubts[user_id].watchers |= watchers
            self.doubts[user_id].again = True
        elif watchers:
            self.doubts[user_id] = Doubt(watchers, self.state(user_id))
            task = asyncio.get_running_loop().create_task(self._settle(user_id))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _settle(self, user_id: int) -> None:
        """Lets those watch on who may; fails closed. What changes meanwhile is asked for once more, not each time."""
        doubt = self.doubts[user_id]
        try:
            while doubt.again:
                doubt.again = False
                allowed = await self._allowed(user_id, doubt)
                if doubt.again:
                    await asyncio.sleep(AGAIN_SECONDS)
        finally:
            del self.doubts[user_id]
        for one in doubt.watchers:
            stays = one.user_id in allowed
            if stays and not one.closing:
                realtime.hub.join(one, f"{GROUP}:{user_id}")
            now = self.state(user_id) if stays else OFFLINE
            if now != doubt.state:
                self.corrections.setdefault(one, {})[user_id] = now

    async def _allowed(self, user_id: int, doubt: Doubt) -> set[int]:
        try:
            return await threads.run(presence_queries.still_watched, user_id, {one.user_id for one in doubt.watchers})
        except DatabaseAway:
            return set()


def _set(states: dict[int, int], user_id: int, state: int) -> None:
    if state == OFFLINE:
        states.pop(user_id, None)
    else:
        states[user_id] = state


def _part(user_id: int, state: int, seen_at: datetime | None) -> bytes:
    return msgspec.json.encode(frames.Presence(user_id, WORDS[state], seen_at))  # type: ignore[arg-type]


here = Here()


def reset() -> None:
    """Forgets whoever was here; for the child of a fork, and for tests."""
    global here
    here = Here()


os.register_at_fork(after_in_child=reset)

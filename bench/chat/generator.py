"""The load: a process of its own on a core of its own. Reads a plan (JSON) from standard input, tells what it saw.

Open loop: messages are sent at the times of a seeded Poisson process, whether or not the server keeps up, and a
delivery counts from the time at which its message was to be sent.
"""

import asyncio
import gc
import itertools
import json
import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import uvloop

from bench.chat.wire import Line, ask, open_line

SALT = int.from_bytes(os.urandom(3), "big")  # client ids are not those of the run before
MARK_EVERY = 2.0  # seconds between two read marks of one member, as the browser says them
AT_ONCE = 60  # connections that are being opened
SETTLE = 2.0  # seconds after the last message in which what is late still comes
TEXT = "x" * 120
FIRST_WAIT, LONGEST_WAIT = 0.4, 30.0  # seconds, as static/js/socket.js comes back


class Member:
    """One socket of one member, who looks at one conversation."""

    def __init__(self, load: "Load", spot: dict[str, Any]) -> None:
        self.load, self.spot = load, spot
        self.line: Line | None = None
        self.heard: set[int] = set()
        self.greeted = asyncio.Event()
        self.marked_at = 0.0
        self.seq = self.rev = self.resumed_rev = 0
        self.code = 0
        self.caught_up = asyncio.Event()

    async def connect(self) -> None:
        self.greeted.clear()
        url, headers = await self.load.dialect.address(self.spot)
        self.line = await open_line(url, self.hear, self.ended, headers)
        self.load.dialect.greet(self)
        await asyncio.wait_for(self.greeted.wait(), 30)

    def ended(self, code: int) -> None:
        self.line, self.code = None, code
        self.caught_up.set()  # whoever waits for it sees that the line is gone
        self.load.codes[code] = self.load.codes.get(code, 0) + 1

    def hear(self, payload: bytes) -> None:
        self.load.dialect.hear(self, payload)

    def delivered(self, number: int) -> None:
        now = time.perf_counter()
        load = self.load
        if number in self.heard:
            load.doubled += 1
            return
        self.heard.add(number)
        sent = load.sent.get(number)
        if sent is not None:
            load.delays.append(now - sent)
        if load.marks and now - self.marked_at > MARK_EVERY:
            self.marked_at = now
            load.dialect.mark(self, number)


class Ours:
    """As the browser and the app talk: a cookie or a ticket, frames with ids, read marks."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.sockets, self.pages, self.origin = plan["sockets_at"], plan["pages_at"], plan["origin"]
        self.turn = 0

    async def address(self, spot: dict[str, Any]) -> tuple[str, dict[str, str]]:
        self.turn += 1
        place = self.sockets[self.turn % len(self.sockets)]
        if spot.get("session"):
            return f"ws://{place}/ws/", {"Origin": self.origin, "Cookie": f"session={spot['session']}"}
        headers = {"Authorization": f"Bearer {spot['bearer']}"}
        status, body = await ask(f"http://{self.pages}/api/v1/auth/ticket", method="POST", headers=headers)
        if status != 200:
            raise ConnectionError(f"no ticket: {status} {body[:100]!r}")
        return f"ws://{place}/ws/?ticket={json.loads(body)['ticket']}", {}

    def greet(self, member: Member) -> None:
        """The server speaks first."""

    def send(self, member: Member, number: int) -> None:
        assert member.line is not None
        data = {"conversation": member.spot["room"], "client_id": self.name(number), "text": TEXT}
        member.line.say(json.dumps({"type": "chat.send", "id": f"s{number}", "data": data}).encode())

    def name(self, number: int) -> str:
        return f"{SALT:08x}-0000-4000-8000-{number:012x}"

    def hear(self, member: Member, payload: bytes) -> None:
        kind = payload[9 : payload.index(b'"', 9)]
        if kind == b"chat.message":
            at = payload.find(b'"client_id":"') + 13
            rev = number_in(payload, b'"rev":')
            if int(payload[at : at + 8], 16) == SALT and rev > member.resumed_rev:
                member.delivered(int(payload[at + 24 : at + 36], 16))
            member.seq = max(member.seq, number_in(payload, b'"seq":'))
            member.rev = max(member.rev, rev)
        elif kind == b"ack":
            at = payload.find(b'"re":"') + 6
            what, number = payload[at : at + 1], payload[at + 1 : payload.index(b'"', at)]
            if what == b"s":
                member.load.acked(int(number))
            elif what == b"c":
                self.resumed(member, json.loads(payload)["data"])
        elif kind == b"error":
            member.load.refused += 1
            member.load.words.setdefault(payload[:200].decode(), 0)
            if b'"re":"c1"' in payload and b'"retry_after":' in payload:
                wait = json.loads(payload)["retry_after"] * (0.5 + member.load.random.random())
                asyncio.get_running_loop().call_later(wait, self.resume, member)
        elif kind == b"hello":
            member.greeted.set()

    def mark(self, member: Member, number: int) -> None:
        """Read up to what has come."""
        assert member.line is not None
        data = {"conversation": member.spot["room"], "seq": member.seq}
        member.line.say(json.dumps({"type": "chat.read", "data": data}).encode())

    def resume(self, member: Member) -> None:
        if member.line is None:
            return
        member.caught_up.clear()
        data = {"conversation": member.spot["room"], "after": member.rev}
        member.line.say(json.dumps({"type": "chat.catch_up", "id": "c1", "data": data}).encode())

    def resumed(self, member: Member, missed: dict[str, Any]) -> None:
        for row in missed["messages"]:
            if int(row["client_id"][:8], 16) == SALT:
                number = int(row["client_id"][24:], 16)
                if number not in member.heard:
                    member.heard.add(number)
                    member.load.resumed += 1
        # What comes on the line as well is known by its rev, and not shown twice.
        member.rev = member.resumed_rev = max(member.rev, missed["rev"])
        member.caught_up.set()


def number_in(payload: bytes, name: bytes) -> int:
    at = payload.index(name) + len(name)
    return int(payload[at : payload.index(b",", at)])


class Peer:
    """Socket.IO over its WebSocket transport."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.place = plan["sockets_at"][0]

    async def address(self, spot: dict[str, Any]) -> tuple[str, dict[str, str]]:
        return f"ws://{self.place}/socket.io/?EIO=4&transport=websocket&u={spot['user']}&r={spot['room']}", {}

    def greet(self, member: Member) -> None:
        assert member.line is not None
        member.line.say(b"40")

    def send(self, member: Member, number: int) -> None:
        assert member.line is not None
        body = {"cid": f"{SALT:08x}{number:012x}", "text": TEXT, "ts": 0}
        member.line.say(b"42" + json.dumps(["msg", body]).encode())

    def hear(self, member: Member, payload: bytes) -> None:
        if payload.startswith(b'42["msg"'):
            at = payload.find(b'"cid":"') + 7
            if int(payload[at : at + 8], 16) == SALT:
                number = int(payload[at + 8 : at + 20], 16)
                if member.spot["place"] == member.load.senders.get(number):
                    member.load.acked(number)
                member.delivered(number)
        elif payload == b"2":
            assert member.line is not None
            member.line.say(b"3")
        elif payload.startswith(b'42["ready"'):
            member.greeted.set()

    def mark(self, member: Member, number: int) -> None:
        """It has none."""


class Load:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.dialect: Any = Ours(plan) if plan["kind"] == "ours" else Peer(plan)
        self.marks: bool = plan["kind"] == "ours" and plan.get("marks", True)
        self.random = random.Random(plan["seed"])
        self.members = [Member(self, spot | {"place": place}) for place, spot in enumerate(plan["spots"])]
        self.number = 0
        self.codes: dict[int, int] = {}
        self.words: dict[str, int] = {}
        self.clear()

    def clear(self) -> None:
        self.sent: dict[int, float] = {}
        self.senders: dict[int, int] = {}
        self.delays: list[float] = []
        self.acks: list[float] = []
        self.doubled = self.refused = self.resumed = self.skipped = self.late = 0

    def acked(self, number: int) -> None:
        if number in self.sent:
            self.acks.append(time.perf_counter() - self.sent[number])

    async def connect(self, members: list[Member]) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(member: Member) -> None:
            async with gate:
                await member.connect()

        await asyncio.gather(*(one(member) for member in members))

    async def talk(self, rate: float, seconds: float) -> None:
        begin = time.perf_counter()
        at = begin
        while True:
            at += self.random.expovariate(rate)
            if at - begin > seconds:
                break
            wait = at - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            elif wait < -0.005:
                self.late += 1
            member = self.random.choice(self.members)
            if member.line is None or member.spot.get("slow"):
                self.skipped += 1
                continue
            self.number += 1
            self.sent[self.number], self.senders[self.number] = at, member.spot["place"]
            self.dialect.send(member, self.number)
        await asyncio.sleep(SETTLE)

    def lost(self) -> int:
        """Deliveries that did not come, to those who were there and read."""
        rooms: dict[int, set[int]] = {}
        for number, place in self.senders.items():
            rooms.setdefault(self.members[place].spot["room"], set()).add(number)
        readers = [member for member in self.members if member.line is not None and not member.spot.get("slow")]
        return sum(len(rooms.get(member.spot["room"], set()) - member.heard) for member in readers)

    def told(self) -> dict[str, Any]:
        return {
            "sent": len(self.sent),
            "delivered": len(self.delays),
            "lost": self.lost(),
            "doubled": self.doubled,
            "refused": self.refused,
            "skipped": self.skipped,
            "late": self.late,
            "unacked": len(self.sent) - len(self.acks),
            "delay": parts(self.delays),
            "ack": parts(self.acks),
            "codes": self.codes,
            "words": list(self.words)[:3],
        }


def parts(values: list[float]) -> dict[str, float]:
    """Milliseconds."""
    ordered = sorted(values)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0} if ordered else {}
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2)
        for name, share in shares.items()
    }


async def steady(load: Load, tell: Callable[[dict[str, Any]], None]) -> None:
    plan = load.plan
    await load.talk(plan["rate"], plan["warm"])
    load.clear()
    tell({"begin": True})
    await load.talk(plan["rate"], plan["seconds"])


async def storm(load: Load, tell: Callable[[dict[str, Any]], None]) -> None:
    """Everybody is cut off at once, and comes back as the browser does."""
    plan = load.plan
    await load.talk(plan["rate"], plan["warm"])
    load.clear()
    tell({"begin": True})
    talking = asyncio.create_task(load.talk(plan["rate"], plan["seconds"]))
    pages: list[float] = []
    asking = asyncio.create_task(others(load, pages))
    await asyncio.sleep(plan["seconds"] / 4)
    for member in load.members:
        assert member.line is not None
        member.line.transport.abort()
    begin = time.perf_counter()
    back: list[float] = []

    async def again(member: Member) -> None:
        for attempt in itertools.count():
            await asyncio.sleep(min(FIRST_WAIT * 2**attempt, LONGEST_WAIT) * (0.5 + load.random.random()))
            try:
                await member.connect()
            except (OSError, TimeoutError):
                continue
            load.dialect.resume(member)
            await member.caught_up.wait()
            if member.line is not None:
                back.append(time.perf_counter() - begin)
                return

    await asyncio.gather(*(again(member) for member in load.members))
    await talking
    asking.cancel()
    tell({"back": parts(back), "returned": len(back), "pages": parts(pages), "resumed": load.resumed})


async def others(load: Load, times: list[float]) -> None:
    """Somebody else's requests meanwhile, ten a second."""
    spot = next(member.spot for member in load.members if member.spot.get("bearer"))
    headers = {"Authorization": f"Bearer {spot['bearer']}"}
    while True:
        begin = time.perf_counter()
        status, _body = await ask(f"http://{load.plan['pages_at']}/api/v1/conversations/unread", headers=headers)
        times.append(time.perf_counter() - begin if status == 200 else 60.0)
        await asyncio.sleep(max(0.0, begin + 0.1 - time.perf_counter()))


async def slow(load: Load, tell: Callable[[dict[str, Any]], None]) -> None:
    """Some read nothing at all from the beginning."""
    for member in load.members:
        if member.spot.get("slow"):
            assert member.line is not None
            member.line.transport.pause_reading()
    await steady(load, tell)


async def idle(load: Load, tell: Callable[[dict[str, Any]], None]) -> None:
    """Sockets that hear nothing: what they cost."""
    tell({"begin": True})
    await asyncio.sleep(load.plan["seconds"])


SHAPES = {"steady": steady, "storm": storm, "slow": slow, "idle": idle}


async def main() -> None:
    plan = json.loads(sys.stdin.readline())
    load = Load(plan)

    def tell(what: dict[str, Any]) -> None:
        print(json.dumps(what), flush=True)

    begin = time.perf_counter()
    await load.connect(load.members)
    tell({"connected": len(load.members), "seconds": time.perf_counter() - begin})
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)  # the word to begin
    gc.freeze()
    gc.disable()
    own = time.process_time()
    wall = time.perf_counter()
    await SHAPES[plan["shape"]](load, tell)
    busy = (time.process_time() - own) / (time.perf_counter() - wall)
    tell({"result": load.told() | {"generator_busy": round(busy, 2)}})
    await asyncio.get_running_loop().run_in_executor(
        None, sys.stdin.readline
    )  # the sockets stay until they are measured


if __name__ == "__main__":
    uvloop.run(main())

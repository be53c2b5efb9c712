"""Fifty who write without a pause, on lines that are cut in the middle of a frame, while parts of the site die."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import websockets

from e2e.stack import Stack, Talker

MAKE = """
import json
from django.db import transaction
from django.test import Client
from accounts.tests.factories import log_in, make_user
from chat.models.conversations import Conversation, Kind, Membership
made = []
with transaction.atomic():
    for room in range(ROOMS):
        group = Conversation.objects.create(kind=Kind.GROUP, name=f"Room {room}", members_count=EACH)
        for place in range(EACH):
            person, client = make_user(f"p{room}x{place}", password="!"), Client()
            Membership.objects.create(conversation=group, user=person)
            log_in(client, person)
            made.append([group.pk, person.handle, client.session.session_key])
print(json.dumps(made))
"""


@dataclass
class Someone:
    """What a Talker needs of a person: a name and a browser's cookie."""

    stack: Stack
    handle: str
    session: str


@dataclass
class Writer(Talker):
    """Writes numbered messages, one after the other; each until it is acknowledged, with the same client_id."""

    person: Someone  # type: ignore[assignment]
    address: str = ""
    said: int = 0

    async def run(self) -> None:
        headers = {"Cookie": f"session={self.person.session}"}
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                async with websockets.connect(
                    self.address,
                    origin=self.person.stack.base,  # type: ignore[arg-type]
                    additional_headers=headers,
                    proxy=None,
                    open_timeout=5,
                    close_timeout=1,
                ) as self.line:
                    async for raw in self.line:
                        await self.hear(json.loads(raw))
            self.connected.clear()
            for waiting in self.waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError())
            await asyncio.sleep(0.2 + random.random() / 2)

    async def write(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            self.said += 1
            await self.send(f"{self.person.handle} {self.said}", seconds=240)
            await asyncio.sleep(random.random() / 2)


@dataclass
class Wire:
    """Between the clients and the sockets' process: cuts lines, now and then in the middle of a frame."""

    port: int  # of the process
    lines: set[asyncio.StreamWriter] = field(default_factory=set)
    cuts: int = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The address of its end for the clients; nothing of it is open afterwards."""
        server = await asyncio.start_server(self.carry, "127.0.0.1", 0)
        try:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws/"
        finally:
            server.close()
            while self.lines:
                for writer in self.lines:
                    writer.transport.abort()
                await asyncio.sleep(0.05)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.add(writer)
        try:
            there_reader, there = await asyncio.open_connection("127.0.0.1", self.port)
            self.lines.add(there)
            await asyncio.gather(self.pour(reader, there), self.pour(there_reader, writer))
        except OSError:
            pass
        finally:
            for end in {writer, *([there] if "there" in locals() else [])}:
                self.lines.discard(end)
                end.close()

    async def pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if getattr(writer, "cut_next", False):
                writer.write(data[: max(1, len(data) // 2)])
                await writer.drain()
                writer.transport.abort()
                raise ConnectionError
            writer.write(data)
            await writer.drain()
        raise ConnectionError

    async def cut(self, share: float) -> None:
        """So many of the lines: half of them at once, the others within their next frame, either way."""
        for writer in [one for one in self.lines if random.random() < share]:
            self.cuts += 1
            if random.random() < 0.5:
                writer.transport.abort()
            else:
                writer.cut_next = True  # type: ignore[attr-defined]


def make_writers(stack: Stack, *, rooms: int, each: int) -> list[Writer]:
    done = stack.manage("shell", "-v", "0", "-c", f"ROOMS, EACH = {rooms}, {each}\n{MAKE}")
    made: list[list[Any]] = json.loads(done.stdout.splitlines()[-1])
    return [Writer(Someone(stack, handle, session), room) for room, handle, session in made]  # type: ignore[arg-type]


async def trouble(seconds: float, pause: float, kinds: dict[str, Callable[[], Awaitable[None]]]) -> list[str]:
    """One after another, chosen by chance, for so long; returns what was done."""
    loop = asyncio.get_running_loop()
    end, done = loop.time() + seconds, []
    while loop.time() < end:
        name = random.choice(list(kinds))
        await kinds[name]()
        done.append(name)
        await asyncio.sleep(random.uniform(pause / 2, pause))
    return done

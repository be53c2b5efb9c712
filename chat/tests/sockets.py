"""Sockets of members inside the test's own loop."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from accounts.models.people import User
from accounts.tests.factories import log_in
from chat import arrivals, presence, writer
from chat import realtime as chat_realtime
from core import realtime


def headers_of(user: User | None, origin: str | None = None) -> list[tuple[bytes, bytes]]:
    headers = [(b"origin", (settings.SITE_ORIGINS[0] if origin is None else origin).encode())]
    if user is not None:
        client = Client()
        log_in(client, user)
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}".encode()))
    return headers


class Line:
    """One open socket, as a client sees it."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.communicator = communicator
        self.ids = 0
        self.heard: list[dict[str, Any]] = []

    async def hear(self, seconds: float = 5) -> dict[str, Any]:
        event = await self.communicator.receive_output(seconds)
        if event["type"] == "websocket.close":
            return {"type": "closed", "code": event.get("code")}
        return orjson.loads(event["text"])

    async def until(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind; what comes before is kept in `heard`."""
        while (frame := await self.hear())["type"] != kind:
            self.heard.append(frame)
        return frame

    async def ask(self, kind: str, /, **data: Any) -> dict[str, Any]:
        """Sends a frame; returns its reply or its error as a whole."""
        self.ids += 1
        await self.raw(orjson.dumps({"type": kind, "id": self.ids, "data": data}).decode())
        while (frame := await self.hear()).get("re") != self.ids:
            self.heard.append(frame)
        return frame

    async def say(self, conversation: int, text: str, client_id: str = "") -> dict[str, Any]:
        name = client_id or str(uuid.uuid4())
        return await self.ask("chat.send", conversation=conversation, client_id=name, text=text)

    async def raw(self, text: str) -> None:
        await self.communicator.send_to(text_data=text)

    async def quiet(self) -> list[dict[str, Any]]:
        """Everything heard up to the answer of a ping."""
        assert (await self.ask("ping"))["type"] == "ack"
        heard, self.heard = self.heard, []
        return heard

    async def close(self) -> None:
        await self.communicator.disconnect()


class Site:
    """Opens sockets, and at the end stops all that ran beside them."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    async def connect(self, user: User | None, origin: str | None = None, ticket: str = "") -> tuple[Line, bool]:
        from socialsite.asgi import application

        headers = await sync_to_async(headers_of)(user, origin)
        address = f"/ws/?ticket={ticket}" if ticket else "/ws/"
        communicator = WebsocketCommunicator(application, address, headers=headers)
        accepted, _code = await communicator.connect(timeout=5)
        line = Line(communicator)
        if accepted:
            self.lines.append(line)
        return line, accepted

    async def join(self, user: User, ticket: str = "") -> Line:
        """By a browser's session, or by a ticket."""
        line, accepted = await self.connect(None if ticket else user, ticket=ticket)
        assert accepted
        assert await line.hear() == {"type": "hello", "data": {"user": user.pk}}
        return line


@contextlib.asynccontextmanager
async def site() -> AsyncIterator[Site]:
    made = Site()
    chat_realtime.audiences.clear()
    chat_realtime.typing.said.clear()
    presence.reset()
    arrivals.reset()
    try:
        yield made
    finally:
        for line in made.lines:
            await line.close()
        if writer.marks.task:
            writer.marks.task.cancel()
        writer.marks = writer.Marks()
        writer.allowance = writer.Allowance()
        if arrivals.arrivals.task:
            arrivals.arrivals.task.cancel()
        await realtime.hub.stop()
        chat_realtime.audiences.clear()


async def eventually(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)

"""Daphne takes ready-made frames as uvicorn does (docs/decisions/0002): they are put on its transport as they are, and
a client that does not read is cut off. Daphne alone would buffer for it without bound, as it would what a client sends
faster than we take it: here that one is read no further."""

import functools
import sys
from collections.abc import Awaitable, Callable
from typing import Any

QUEUED = 16  # frames that wait for the application before the client is read no further
QUEUED_BYTES = 256 * 1024  # and so much of them

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class RawFrames:
    """Offers scope["extensions"]["socialsite.raw"] where the server is Daphne."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        protocol = protocol_of(send)
        if protocol is not None:
            scope.setdefault("extensions", {})["socialsite.raw"] = {
                "write": functools.partial(write_raw, protocol),
                "cut": functools.partial(protocol.dropConnection, abort=True),
            }
            inbox = Inbox(protocol, receive)
            try:
                await self.application(scope, inbox.receive, send)
            finally:
                inbox.read_on()
        else:
            await self.application(scope, receive, send)


class Inbox:
    """What Daphne has read of one client and the application has not taken yet. Nothing is read before the application
    asks for it: Daphne keeps what comes during the handshake, too."""

    def __init__(self, protocol: Any, receive: Any) -> None:
        self.transport, self.take = protocol.transport, receive
        self.daphnes_own = protocol.application_queue
        self.count, self.size = self.daphnes_own.qsize(), 0  # the connect weighs nothing
        self.is_paused = True
        self.transport.pauseProducing()
        protocol.application_queue = self

    def put_nowait(self, event: dict[str, Any]) -> None:
        """What Daphne calls."""
        self.daphnes_own.put_nowait(event)
        self.count += 1
        self.size += weight(event)
        if not self.is_paused and (self.count > QUEUED or self.size > QUEUED_BYTES):
            self.is_paused = True
            self.transport.pauseProducing()

    async def receive(self) -> dict[str, Any]:
        if self.is_paused and not self.count:
            self.read_on()
        event: dict[str, Any] = await self.take()
        self.count -= 1
        self.size -= weight(event)
        return event

    def read_on(self) -> None:
        self.is_paused = False
        self.transport.resumeProducing()


def weight(event: dict[str, Any]) -> int:
    return len(event.get("text") or event.get("bytes") or "")


def protocol_of(send: Any) -> Any:
    """Daphne's connection, which it hands to its `send`; None under other servers."""
    daphne = sys.modules.get("daphne.ws_protocol")
    if daphne is None or not isinstance(send, functools.partial) or not send.args:
        return None
    return send.args[0] if isinstance(send.args[0], daphne.WebSocketProtocol) else None


def write_raw(protocol: Any, frame: bytes, buffer_limit: int, close_code: int) -> None:
    """`close_code` would wait behind what the client does not read: it only sees the line end, and resumes."""
    if protocol.state != protocol.STATE_OPEN:
        return
    if buffered(protocol.transport) > buffer_limit:
        protocol.dropConnection(abort=True)
        return
    protocol.transport.write(frame)


def buffered(transport: Any) -> int:
    """Bytes that wait in a transport of Twisted, which has no public word for it."""
    return int(len(transport.dataBuffer) - transport.offset + transport._tempDataLen)

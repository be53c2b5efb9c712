"""Daphne takes ready-made frames as uvicorn does (docs/decisions/0002): they are put on its transport as they are, and
a client that does not read is cut off. Daphne alone would buffer for it without bound."""

import functools
import sys
from collections.abc import Awaitable, Callable
from typing import Any

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
        await self.application(scope, receive, send)


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

"""Serves the site with uvicorn, whose WebSocket protocol here takes ready-made frames (docs/decisions/0002)."""

import logging
import os
import signal
import socket
import struct
from collections.abc import Callable
from typing import Any

import uvicorn
from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

try:
    from websockets.speedups import apply_mask
except ImportError:  # where the part in C is missing
    from websockets.utils import apply_mask

from core.consumers import WIRE_LIMIT

log = logging.getLogger(__name__)
GRACE_SECONDS = 5


QUEUED = 16  # frames that wait for the application before the client is read no further


class RawFrames(WebSocketsSansIOProtocol):
    """Offers scope["extensions"]["socialsite.raw"]: writes a frame as it is, and cuts off a client that does not read.
    Takes the usual frame (one text, whole and alone) as it is, too; all others go through the parser."""

    def data_received(self, data: bytes) -> None:
        text = self.usual(data)
        if text is None:
            super().data_received(data)
            return
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
        if self.queue.qsize() > QUEUED and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def usual(self, data: bytes) -> str | None:
        """The text of a masked frame that is whole (RFC 6455, 5.2: FIN, opcode 1), where the parser waits for one."""
        conn = self.conn
        if len(data) < 6 or data[0] != 0x81 or data[1] < 0x80 or self.close_sent or conn.state is not State.OPEN:
            return None
        if conn.reader.buffer or conn.expect_continuation_frame:
            return None
        size, at = data[1] & 0x7F, 2
        if size == 127:
            return None
        if size == 126:
            size, at = int.from_bytes(data[2:4], "big"), 4
        if len(data) != at + 4 + size:
            return None
        try:
            return apply_mask(data[at + 4 :], data[at : at + 4]).decode()
        except UnicodeDecodeError:
            return None

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"]["socialsite.raw"] = {"write": self.write_raw, "cut": self.cut}

    def write_raw(self, frame: bytes, buffer_limit: int, close_code: int) -> None:
        if self.close_sent or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > buffer_limit:
            # The close frame would wait behind what the client does not read: tell the application, end the transport.
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": close_code})
            self.cut()
            return
        self.transport.write(frame)

    def keepalive_timeout(self) -> None:
        """The line is dead: uvicorn's goodbye would wait behind what nobody reads any more."""
        super().keepalive_timeout()
        self.cut()

    def cut(self) -> None:
        """Ends the line now: with a reset, else the kernel would keep what waits and try on for minutes."""
        descriptor = self.transport.get_extra_info("socket")
        if descriptor is not None and descriptor.fileno() >= 0:
            with socket.socket(fileno=os.dup(descriptor.fileno())) as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class Server(uvicorn.Server):
    """Tells once it is listening."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self.tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.tell_started()


class CannotListen(Exception):
    """The address cannot be had; str() is one sentence for the operator."""


def listen() -> socket.socket:
    """Binds HOST:PORT now, so that a busy port is one sentence and not a stack trace."""
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.HOST, settings.PORT))
        listener.listen(4096)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotListen(
            f"{settings.HOST}:{settings.PORT} cannot be used ({reason}). Stop what runs there or choose another PORT."
        ) from None
    listener.set_inheritable(True)
    return listener


def serve(listener: socket.socket, *, started: Callable[[], None]) -> None:
    """Serves until SIGINT or SIGTERM, then lets requests finish for a few seconds."""
    config = uvicorn.Config(
        "socialsite.asgi:application",
        ws=RawFrames,
        ws_max_size=WIRE_LIMIT,
        ws_per_message_deflate=False,
        ws_ping_interval=settings.PING_SECONDS,
        ws_ping_timeout=settings.PING_SECONDS * 4 / 5,
        http="httptools" if _has("httptools") else "h11",
        loop="uvloop" if _has("uvloop") else "asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=64 * 1024,
    )
    # uvicorn raises what it caught again once everything is closed; our callers still have to stop what is theirs.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        Server(config, started).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        listener.close()


def serve_with_daphne() -> None:
    """Serves until SIGINT or SIGTERM, as the web role's line of the Procfile does."""
    from daphne.cli import CommandLineInterface

    address = ["-b", settings.HOST, "-p", str(settings.PORT)]
    # A ping is given up before the next one goes out: else Daphne ends lines whose answer to the first comes late.
    pings = ["--ping-interval", str(settings.PING_SECONDS), "--ping-timeout", str(settings.PING_SECONDS * 4 // 5 or 1)]
    CommandLineInterface().run(["--no-server-name", "-v", "0", *pings, *address, "socialsite.asgi:application"])


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None

"""The one socket at /ws/: it checks the origin, knows the member, and hands each frame to the room that registered it.

A client frame is {"kind": "chat.send", "id": 7, "data": {...}}; what answers it is {"kind": "reply", "id": 7, "data"}
or {"kind": "error", "id": 7, "error": {...}} in the shape of the API's problems. `id` is the client's and optional.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings
from django.db import DatabaseError

from core import errors, realtime, scopes, threads

log = logging.getLogger(__name__)

FRAME_LIMIT = 64 * 1024  # bytes of one client frame
FRAMES_BURST = 60
FRAMES_A_SECOND = 20.0
BUFFER_LIMIT = 1024 * 1024  # bytes waiting for a slow client
GROUPS_LIMIT = 400
SOCKETS_LIMIT = 50  # of one member in one process

CLOSE_SIGN_IN = 4401  # the login behind the socket has ended: log in again
CLOSE_FLOOD = 4429  # far too many frames: come back later
CLOSE_SLOW = 4408  # the client did not read: reconnect and resume


@dataclass(frozen=True)
class Principal:
    """Who stands behind a socket, and which login carries it; `scopes` is what a token may, None is everything."""

    user_id: int
    login: str
    scopes: frozenset[str] | None = None


@dataclass(frozen=True)
class Frame:
    """One thing a client asks; `data` is whatever it sent as an object."""

    kind: str
    id: str | int | None
    data: Mapping[str, Any]


# Rooms fill these in from apps.py. A handler answers with a dict, or with None when it answers later or not at all.
FrameHandler = Callable[["Socket", Frame], Awaitable[dict[str, Any] | None]]
frames: dict[str, FrameHandler] = {}
needs: dict[str, tuple[str, ...] | None] = {}  # the scopes that a token needs for a frame; None: no token may
leaving: list[Callable[["Socket"], None]] = []


def frame(kind: str, *, scope: str | None = None) -> Callable[[FrameHandler], FrameHandler]:
    """Registers the handler of one kind of client frame. A token needs `scope` for it; None is closed to tokens."""

    def register(handler: FrameHandler) -> FrameHandler:
        if kind in frames:
            raise TypeError(f"frame {kind} is registered twice")
        frames[kind] = handler
        needs[kind] = None if scope is None else tuple(scope.split())
        return handler

    return register


@frame("ping", scope="")
async def answer_ping(socket: "Socket", asked: Frame) -> dict[str, Any]:
    """Clients whose line has been quiet ask whether it is still there."""
    return {}


class Authenticator:
    """How a socket (and core.bodies) finds its member; the accounts room puts its own functions here."""

    by_session: Callable[[str], Principal | None]
    by_bearer: Callable[[str], Principal | None]
    by_ticket: Callable[[str], Principal | None]
    still_valid: Callable[[Principal], bool]


authenticator = Authenticator()


def problem_of(error: errors.SocialError) -> dict[str, Any]:
    """The API's error shape (RFC 9457) for a socket."""
    body = errors.problem(error.status, error.code, str(error.message))
    if error.field:
        body["field"] = error.field
    if isinstance(error, errors.TooMany):
        body["retry_after"] = error.retry_after
    return body | error.more


class Socket(AsyncConsumer):
    """One connection of one member. Channels routes and calls it; the hub writes to it."""

    channel_layer_alias = "none"  # no layer: its receive loop per socket is what the hub replaces

    def __init__(self) -> None:
        self.user_id = 0
        self.groups: set[str] = set()
        self.principal: Principal | None = None
        self.state: dict[str, Any] = {}  # rooms keep what belongs to this connection under their own name
        self.closing = False
        self.allowance = float(FRAMES_BURST)
        self.counted_at = time.monotonic()

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels' own dispatch hops to a thread for every event to close database connections; only
        # core.threads uses the database here, and it closes its own.
        handler = getattr(self, message["type"].replace(".", "_"), None)
        if handler is not None:
            await handler(message)

    # -- Coming and going --

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        headers = dict(self.scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        if origin and origin not in settings.SITE_ORIGINS:
            await self.send({"type": "websocket.close"})  # before the handshake: the answer is a plain 403
            raise StopConsumer
        try:
            self.principal = await self.authenticate(origin, headers.get(b"cookie", b"").decode("latin-1"))
        except DatabaseError:
            log.warning("socket refused: the database is not there")
            await self.send({"type": "websocket.close"})
            raise StopConsumer from None
        await self.send({"type": "websocket.accept"})
        if self.principal is None:
            await self.send({"type": "websocket.close", "code": CLOSE_SIGN_IN})
            raise StopConsumer
        if len(realtime.hub.members(f"user:{self.principal.user_id}")) >= SOCKETS_LIMIT:
            await self.send({"type": "websocket.close", "code": CLOSE_FLOOD})
            raise StopConsumer
        extension = self.scope.get("extensions", {}).get("socialsite.raw")
        self.raw = extension["write"] if extension else None
        if self.raw is None:
            self.fallback = Fallback(self)
        self.user_id = self.principal.user_id
        realtime.hub.start()
        realtime.hub.join(self, f"user:{self.user_id}")
        self.tell("hello", {"user": self.user_id})

    async def authenticate(self, origin: str, cookies: str) -> Principal | None:
        ticket = parse_qs(self.scope["query_string"].decode("latin-1")).get("ticket", [""])[0]
        if ticket:
            return await threads.run(authenticator.by_ticket, ticket)
        if not origin:  # a cookie without an origin is not a browser of ours
            return None
        key = session_key(cookies)
        return await threads.run(authenticator.by_session, key) if key else None

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self.closing = True
        realtime.hub.drop(self)
        for left in leaving:
            left(self)
        if self.principal is not None and self.raw is None:
            self.fallback.stop()
        raise StopConsumer

    async def close(self, code: int) -> None:
        """Ends the connection; the code tells the client whether to log in, wait or resume."""
        if not self.closing:
            self.closing = True
            realtime.hub.drop(self)
            await self.send({"type": "websocket.close", "code": code})

    async def recheck(self) -> None:
        """This member's access changed: the login must still stand, and every watch is asked for anew."""
        if self.principal is None:
            return
        try:
            valid = await threads.run(authenticator.still_valid, self.principal)
        except DatabaseError:
            valid = False
        if not valid:
            await self.close(CLOSE_SIGN_IN)
            return
        for group in [group for group in self.groups if not group.startswith("user:")]:
            realtime.hub.leave(self, group)
        self.tell("access", {})

    # -- What the client says --

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if not self.within_rate():
            if self.allowance < -FRAMES_BURST:
                await self.close(CLOSE_FLOOD)
            else:
                self.refuse(None, errors.TooMany(retry_after=1))
            return
        try:
            asked = parse(message)
        except errors.SocialError as error:
            self.refuse(None, error)
            return
        handler = frames.get(asked.kind)
        if handler is None:
            self.refuse(asked.id, errors.Invalid("This server does not know that kind of frame.", field="kind"))
            return
        try:
            if self.principal is not None and self.principal.scopes is not None:
                scopes.check(self.principal.scopes, needs[asked.kind])
            answer = await handler(self, asked)
        except errors.SocialError as error:
            self.refuse(asked.id, error)
        except Exception:  # supervisor: one frame must not end the socket
            log.exception("frame %s failed", asked.kind)
            self.refuse(asked.id, errors.Busy())
        else:
            if answer is not None:
                self.reply(asked.id, answer)

    def within_rate(self) -> bool:
        now = time.monotonic()
        self.allowance = min(FRAMES_BURST, self.allowance + (now - self.counted_at) * FRAMES_A_SECOND) - 1
        self.counted_at = now
        return self.allowance >= 0

    # -- What the server says --

    def write(self, frame: bytes, ready: bytes) -> None:
        if self.closing:
            return
        if self.raw is not None:
            self.raw(ready, BUFFER_LIMIT, CLOSE_SLOW)
        else:
            self.fallback.put(frame)

    def write_json(self, message: Mapping[str, Any]) -> None:
        frame = orjson.dumps(message, option=orjson.OPT_UTC_Z)
        self.write(frame, realtime.websocket_frame(frame))

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        self.write_json({"kind": kind, "data": data})

    def reply(self, id: str | int | None, data: Mapping[str, Any]) -> None:
        self.write_json({"kind": "reply", "id": id, "data": data})

    def refuse(self, id: str | int | None, error: errors.SocialError) -> None:
        self.write_json({"kind": "error", "id": id, "error": problem_of(error)})

    def watch(self, group: str) -> None:
        """Joins a group whose right to see the room has just checked."""
        if len(self.groups) >= GROUPS_LIMIT:
            raise errors.TooMany("Too much is being watched on this connection.")
        realtime.hub.join(self, group)


def session_key(cookies: str) -> str:
    for part in cookies.split(";"):
        name, _, value = part.strip().partition("=")
        if name == settings.SESSION_COOKIE_NAME:
            return value
    return ""


def parse(message: dict[str, Any]) -> Frame:
    """A frame as it should be, or Invalid that says what is wrong with it."""
    text = message.get("text")
    if text is None:
        raise errors.Invalid("Frames are text, not bytes.")
    if len(text) > FRAME_LIMIT:
        raise errors.TooLarge("That frame is too large.")
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise errors.Invalid("That frame is no JSON.") from None
    if not isinstance(body, dict) or not isinstance(body.get("kind"), str):
        raise errors.Invalid('A frame is an object with a "kind".', field="kind")
    id, data = body.get("id"), body.get("data", {})
    if not (id is None or (isinstance(id, str) and len(id) <= 64) or type(id) is int):
        raise errors.Invalid("An id is a short text or a number.", field="id")
    if not isinstance(data, dict):
        raise errors.Invalid("The data of a frame is an object.", field="data")
    return Frame(kind=body["kind"], id=id, data=data)


class Fallback:
    """Writes through ASGI where the server takes no ready-made frames (Daphne): a bounded queue and a task a socket."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.size = 0
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.task = asyncio.get_running_loop().create_task(self.run())

    def put(self, frame: bytes) -> None:
        self.size += len(frame)
        self.queue.put_nowait(frame)

    async def run(self) -> None:
        while True:
            frame = await self.queue.get()
            if self.size > BUFFER_LIMIT:
                await self.socket.close(CLOSE_SLOW)
                return
            await self.socket.send({"type": "websocket.send", "text": frame.decode()})
            self.size -= len(frame)

    def stop(self) -> None:
        self.task.cancel()

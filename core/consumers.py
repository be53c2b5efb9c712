"""The one socket at /ws/: it checks the origin, knows the member, and hands each frame to the room that registered it.
What frames look like stands in core.frames."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs

import msgspec
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings
from django.db import Error

from core import errors, frames, realtime, scopes, threads

log = logging.getLogger(__name__)

FRAME_LIMIT = 64 * 1024  # characters of one client frame; a larger one is answered with an error
WIRE_LIMIT = 1024 * 1024  # bytes that a server takes in at all; a larger one ends the connection (Daphne's own limit)
FRAMES_BURST = 60
FRAMES_A_SECOND = 20.0
FRAME_CHUNK = 16 * 1024  # every so many characters count as one more frame
BUFFER_LIMIT = 1024 * 1024  # bytes waiting for a slow client
GROUPS_LIMIT = 400
SOCKETS_LIMIT = 50  # of one member in one process
CLOSE_SECONDS = 1.0  # in which a client that is told to go must have room for it

CLOSE_SIGN_IN = 4401  # the login behind the socket has ended: log in again
CLOSE_FLOOD = 4429  # far too many frames: come back later
CLOSE_SLOW = 4408  # the client did not read: reconnect and resume
CLOSE_MOVED = 4503  # this process ends: reconnect at once, elsewhere, and resume


@dataclass(frozen=True)
class Principal:
    """Who stands behind a socket, and which login carries it; `scopes` is what a token may, None is everything."""

    user_id: int
    login: str
    scopes: frozenset[str] | None = None


A = TypeVar("A", bound=frames.Ask)


@dataclass(frozen=True)
class Frame(Generic[A]):
    """One thing a client asks, as its schema wants it."""

    id: str | int | None
    data: A


# Rooms fill these in from apps.py. A handler returns what the ack carries, or None when it answers later.
FrameHandler = Callable[["Socket", Frame[Any]], Awaitable[msgspec.Struct | None]]
handlers: dict[str, FrameHandler] = {}
needs: dict[str, tuple[str, ...] | None] = {}  # the scopes that a token needs for a frame; None: no token may
coming: list[Callable[["Socket"], None]] = []
leaving: list[Callable[["Socket"], None]] = []
H = TypeVar("H", bound=FrameHandler)


def frame(asks: type[frames.Ask], *, scope: str | None = None) -> Callable[[H], H]:
    """Registers the handler of one type of client frame. A token needs `scope` for it; None is closed to tokens."""

    def register(handler: H) -> H:
        if asks.type in handlers:
            raise TypeError(f"frame {asks.type} has a handler already")
        handlers[asks.type] = handler
        needs[asks.type] = None if scope is None else tuple(scope.split())
        return handler

    return register


@frame(frames.Ping, scope="")
async def answer_ping(socket: "Socket", asked: Frame[frames.Ping]) -> frames.Nothing:
    return frames.Nothing()


class Authenticator:
    """How a socket (and core.bodies) finds its member; the accounts room puts its own functions here."""

    by_session: Callable[[str], Principal | None]
    by_bearer: Callable[[str], Principal | None]
    by_ticket: Callable[[str], Principal | None]
    still_valid: Callable[[Principal], bool]


authenticator = Authenticator()


def problem_of(error: errors.SocialError) -> dict[str, Any]:
    """What an error frame says: the API's problems (RFC 9457), flat."""
    body: dict[str, Any] = {"status": error.status, "code": error.code, "detail": str(error.message)}
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
        self.raw: Callable[[bytes, int, int], None] | None = None
        self.cut: Callable[[], None] | None = None
        self.fallback: Fallback | None = None
        self.here = False  # the hub and the rooms know it
        self.closing = False
        self.allowance = float(FRAMES_BURST)
        self.counted_at = time.monotonic()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """As Channels', without a task for every event: here nobody speaks but the client."""
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
                await asyncio.sleep(0)  # who says much at once does not hold up the others
        except StopConsumer:
            pass
        finally:  # also where a handler, the server or a cancellation ends it: there comes no word of that
            self.gone()

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
        except Error:
            log.warning("socket refused: the database is not there")
            await self.send({"type": "websocket.close"})
            raise StopConsumer from None
        await self.send({"type": "websocket.accept"})
        if self.principal is None:
            await self.send({"type": "websocket.close", "code": CLOSE_SIGN_IN})
            raise StopConsumer
        if realtime.hub.ends:
            await self.send({"type": "websocket.close", "code": CLOSE_MOVED})
            raise StopConsumer
        if len(realtime.hub.members(f"user:{self.principal.user_id}")) >= SOCKETS_LIMIT:
            await self.send({"type": "websocket.close", "code": CLOSE_FLOOD})
            raise StopConsumer
        extension = self.scope.get("extensions", {}).get("socialsite.raw")
        if extension:
            self.raw, self.cut = extension["write"], extension["cut"]
        else:
            self.fallback = Fallback(self)
        self.user_id, self.here = self.principal.user_id, True
        realtime.hub.start()
        realtime.hub.join(self, f"user:{self.user_id}")
        for came in coming:
            came(self)
        self.tell(frames.Hello(user=self.user_id))

    async def authenticate(self, origin: str, cookies: str) -> Principal | None:
        ticket = parse_qs(self.scope["query_string"].decode("latin-1")).get("ticket", [""])[0]
        if ticket:
            return await threads.run(authenticator.by_ticket, ticket)
        if not origin:  # a cookie without an origin is not a browser of ours
            return None
        key = session_key(cookies)
        return await threads.run(authenticator.by_session, key) if key else None

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    def gone(self) -> None:
        """Nothing is written to it any more, and the hub and the rooms let go of it; a second call does nothing new."""
        self.closing = True
        realtime.hub.drop(self)
        if self.fallback is not None:
            self.fallback.stop()
        if self.here:
            self.here = False
            for left in leaving:
                try:
                    left(self)
                except Exception:  # supervisor: one room must not keep the others from letting go
                    log.exception("a room did not let go of a socket")

    async def close(self, code: int) -> None:
        """Ends the connection; the code tells the client whether to log in, wait or resume. Servers wait until a client
        has read enough to be told; we do not wait long."""
        if self.closing:
            return
        self.gone()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.send({"type": "websocket.close", "code": code})
        except TimeoutError:
            if self.cut is not None:
                self.cut()
        except (OSError, RuntimeError):  # there is no line any more
            pass

    async def recheck(self) -> None:
        """This member's access changed: the login must still stand, and every watch is asked for anew."""
        if self.principal is None:
            return
        try:
            valid = await threads.run_first(authenticator.still_valid, self.principal)
        except Error:
            valid = False
        if not valid:
            await self.close(CLOSE_SIGN_IN)
            return
        for group in [group for group in self.groups if not group.startswith("user:")]:
            realtime.hub.leave(self, group)
        self.tell(frames.Access())

    # -- What the client says --

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.closing:
            return
        if not self.within_rate(len(message.get("text") or message.get("bytes") or "")):
            if self.allowance < -FRAMES_BURST:
                await self.close(CLOSE_FLOOD)
            else:
                self.refuse(None, errors.TooMany(retry_after=1))
            return
        id = None
        try:
            around = envelope(message)
            id = around.id
            data = frames.data(around.type, around.data)
            if self.principal is not None and self.principal.scopes is not None:
                scopes.check(self.principal.scopes, needs[around.type])
            answer = await handlers[around.type](self, Frame(id, data))
        except errors.SocialError as error:
            self.refuse(id, error)
        except Exception:  # supervisor: one frame must not end the socket
            log.exception("frame %s failed", around.type)
            self.refuse(id, errors.Busy())
        else:
            if answer is not None:
                self.reply(id, answer)

    def within_rate(self, size: int) -> bool:
        now, cost = time.monotonic(), 1 + min(size // FRAME_CHUNK, FRAMES_BURST // 2)
        self.allowance = min(FRAMES_BURST, self.allowance + (now - self.counted_at) * FRAMES_A_SECOND) - cost
        self.counted_at = now
        return self.allowance >= 0

    # -- What the server says --

    def write(self, frame: bytes, ready: bytes) -> None:
        if self.closing:
            return
        if self.raw is not None:
            self.raw(ready, BUFFER_LIMIT, CLOSE_SLOW)
        elif self.fallback is not None:
            self.fallback.put(frame)

    def send_frame(self, frame: bytes) -> None:
        self.write(frame, realtime.websocket_frame(frame))

    def tell(self, event: frames.Event) -> None:
        self.send_frame(frames.event(event))

    def reply(self, id: str | int | None, answer: msgspec.Struct) -> None:
        """To who gave the frame an id; who did not wants no answer."""
        if id is not None:
            self.send_frame(frames.ack(id, answer))

    def refuse(self, id: str | int | None, error: errors.SocialError) -> None:
        self.send_frame(frames.error(id, problem_of(error)))

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


def envelope(message: dict[str, Any]) -> frames.Envelope:
    text = message.get("text")
    if text is None:
        raise errors.Invalid("Frames are text, not bytes.")
    if len(text) > FRAME_LIMIT:
        raise errors.TooLarge("That frame is too large.")
    return frames.envelope(text)


class Fallback:
    """Writes through ASGI where the server takes no ready-made frames: a bounded queue and a task a socket."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.size = 0  # bytes that wait, those that the server has not taken yet among them
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.task = asyncio.get_running_loop().create_task(self.run())
        self.goodbye: asyncio.Task[None] | None = None

    def put(self, frame: bytes) -> None:
        """Looks at the size here: the task waits for as long as the server does."""
        if self.size <= BUFFER_LIMIT:
            self.size += len(frame)
            self.queue.put_nowait(frame)
        elif self.goodbye is None:
            self.stop()
            self.goodbye = asyncio.get_running_loop().create_task(self.socket.close(CLOSE_SLOW))

    async def run(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # the line is lost; the socket hears so from the server
            while True:
                frame = await self.queue.get()
                await self.socket.send({"type": "websocket.send", "text": frame.decode()})
                self.size -= len(frame)

    def stop(self) -> None:
        """What waits is lost; the client asks for it when it is back."""
        self.task.cancel()
        self.queue = asyncio.Queue()

"""One socket alone, under a server that does what it likes: takes nothing, loses the line, ends it in between."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError

from core import access_log, consumers, drain, realtime, threads

MEMBER = 7


class Line:
    """A server's side of one socket: what the client says, and what the application sends."""

    def __init__(self, *, raw: bool) -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self.is_lost = False
        self.is_cut = False
        self.scope: dict[str, Any] = {"type": "websocket", "headers": [], "query_string": b"ticket=good"}
        if raw:
            self.scope["extensions"] = {"socialsite.raw": {"write": self.write, "cut": self.cut}}
        self.socket = consumers.Socket()
        self.task = asyncio.create_task(self.socket(self.scope, self.said.get, self.send))
        self.say("connect")

    def say(self, what: str, **more: Any) -> None:
        self.said.put_nowait({"type": f"websocket.{what}", **more})

    async def send(self, message: dict[str, Any]) -> None:
        """As uvicorn: waits for a client that does not read, and raises where the line is lost."""
        await self.takes.wait()
        if self.is_lost:
            raise OSError
        self.sent.append(message)

    def write(self, frame: bytes, buffer_limit: int, close_code: int) -> None:
        assert not self.is_lost

    def cut(self) -> None:
        self.is_cut = True

    @property
    def code(self) -> int | None:
        """With which it was closed."""
        return next((one.get("code") for one in self.sent if one["type"] == "websocket.close"), None)

    async def until_here(self) -> "Line":
        async with asyncio.timeout(5):
            while not (self.socket.here and (self.socket.raw or len(self.sent) > 1)):  # it has heard hello
                await asyncio.sleep(0.01)
        return self


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has a good ticket is the member; no room has anything to do with sockets but the tests' own, and there is
    no database."""
    monkeypatch.setattr(threads, "close_old_connections", lambda: None)
    who = {"good": consumers.Principal(MEMBER, "login")}
    monkeypatch.setattr(consumers.authenticator, "by_ticket", who.get)
    monkeypatch.setattr(consumers, "coming", [])
    monkeypatch.setattr(consumers, "leaving", [])
    monkeypatch.setattr(realtime, "background", {})
    monkeypatch.setattr(realtime, "starters", [])
    monkeypatch.setattr(realtime, "farewells", [])


@contextlib.asynccontextmanager
async def lines(count: int = 1, *, raw: bool = True) -> AsyncIterator[list[Line]]:
    made: list[Line] = []
    try:
        for _turn in range(count):
            made.append(await Line(raw=raw).until_here())
        yield made
    finally:
        for line in made:
            line.task.cancel()
        await asyncio.gather(*(line.task for line in made), return_exceptions=True)
        await realtime.hub.stop()
        realtime.hub.ends = False


# -- Servers that take no ready-made frames ---------------------------------------------------------------------------


async def test_what_waits_for_who_does_not_read_is_bounded() -> None:
    async with lines(raw=False) as [line]:
        line.takes.clear()
        await asyncio.sleep(0.01)
        for _turn in range(200):
            line.socket.write(b"x" * 20_000, b"")
            await asyncio.sleep(0)
        assert line.socket.fallback.queue.empty()
        assert line.socket.closing
        line.takes.set()
        await asyncio.sleep(0.01)
        assert line.code == consumers.CLOSE_SLOW
        assert [one["type"] for one in line.sent] == ["websocket.accept", "websocket.send", "websocket.close"]


async def test_who_reads_hears_everything_in_order() -> None:
    async with lines(raw=False) as [line]:
        for number in range(300):
            line.socket.write(f"{number}".encode() + b" " * 20_000, b"")
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        heard = [one["text"].strip() for one in line.sent if one["type"] == "websocket.send"]
        assert heard[1:] == [str(number) for number in range(300)]
        assert line.socket.fallback.size == 0


# -- Ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [True, False], ids=["ready-made", "other servers"])
@pytest.mark.parametrize("how", ["goodbye", "handler breaks", "cancelled", "line lost in a flood", "closed by us"])
async def test_however_a_socket_ends_everybody_lets_go_of_it_once(how: str, raw: bool) -> None:
    left: list[consumers.Socket] = []
    consumers.leaving.extend([lambda _socket: 1 // 0, left.append])
    async with lines(raw=raw) as [line]:
        if how == "goodbye":
            line.say("disconnect", code=1000)
        elif how == "handler breaks":
            line.say("receive", text=7)
        elif how == "cancelled":
            line.task.cancel()
        elif how == "line lost in a flood":
            line.is_lost = True
            for _turn in range(200):
                line.say("receive", text="{}")
            line.say("disconnect", code=1005)
        else:
            await line.socket.close(consumers.CLOSE_MOVED)
            line.say("disconnect", code=1000)
        await asyncio.wait([line.task], timeout=5)
        assert line.task.done()
        assert not realtime.hub.groups
        assert left == [line.socket]
        assert line.socket.closing
        assert raw or line.socket.fallback.task.done()


@pytest.mark.parametrize("ticket", ["forged", "good"])
async def test_a_socket_that_was_never_here_does_not_leave(ticket: str) -> None:
    left: list[consumers.Socket] = []
    consumers.leaving.append(left.append)
    async with lines() as [_other]:
        realtime.hub.ends = True
        line = Line(raw=True)
        line.scope["query_string"] = f"ticket={ticket}".encode()
        await asyncio.wait([line.task], timeout=5)
        assert line.code == (consumers.CLOSE_MOVED if ticket == "good" else consumers.CLOSE_SIGN_IN)
        assert left == []


@pytest.mark.parametrize("raw", [True, False], ids=["ready-made", "other servers"])
async def test_a_process_that_ends_waits_for_no_slow_reader_and_no_lost_line(
    raw: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "CLOSE_SECONDS", 0.3)
    monkeypatch.setattr(drain, "GOODBYE_SECONDS", 0.1)
    monkeypatch.setattr(drain.random, "shuffle", lambda sockets: sockets.sort(key=order.get))
    async with lines(8, raw=raw) as made:
        order = {line.socket: place for place, line in enumerate(made)}
        deaf, lost, *others = made
        deaf.takes.clear()
        lost.is_lost = True
        ending = asyncio.create_task(drain.drain(0.1))
        await asyncio.wait_for(ending, 5)
        assert {line.code for line in others} == {consumers.CLOSE_MOVED}
        assert realtime.hub.loop is None
        assert [line for line in made if line.is_cut] == ([deaf] if raw else [])
        assert deaf.code is lost.code is None


# -- Rights that end --------------------------------------------------------------------------------------------------


async def test_who_may_be_here_no_more_goes_whatever_else_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is read, and the member checked again, while every thread of the sockets has long work before it."""
    monkeypatch.setattr(consumers.authenticator, "still_valid", lambda _principal: False, raising=False)
    monkeypatch.setattr(access_log, "last_number", lambda: 0)
    monkeypatch.setattr(access_log, "news", lambda _position: [(1, 1, MEMBER)])
    go = threading.Event()
    async with lines() as [line]:
        working = [asyncio.create_task(threads.run(go.wait, 10)) for _turn in range(20)]
        await asyncio.sleep(0.01)
        watching = asyncio.create_task(access_log.watch())
        try:
            await asyncio.wait([line.task], timeout=0.5)
            assert line.code == consumers.CLOSE_SIGN_IN
        finally:
            go.set()
            watching.cancel()
            await asyncio.gather(watching, *working, return_exceptions=True)


@pytest.mark.parametrize("error", [DatabaseError, InterfaceError])
async def test_a_database_that_does_not_answer_opens_no_door(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_given: Any) -> Any:
        raise error

    monkeypatch.setattr(consumers.authenticator, "still_valid", away, raising=False)
    async with lines() as [line]:
        await line.socket.recheck()
        assert line.code == consumers.CLOSE_SIGN_IN
        monkeypatch.setattr(consumers.authenticator, "by_ticket", away)
        other = Line(raw=True)
        await asyncio.wait([other.task], timeout=5)
        assert other.sent == [{"type": "websocket.close"}]


@pytest.mark.parametrize("error", [DatabaseError, InterfaceError])
async def test_the_access_log_is_read_again_after_it_could_not_be(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def news(position: int) -> list[tuple[int, int | None, int]]:
        asked.append(position)
        if len(asked) == 1:
            raise error
        return [(1, 3, MEMBER)]

    rechecked: list[int] = []
    monkeypatch.setattr(access_log, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(access_log, "last_number", lambda: 2)
    monkeypatch.setattr(access_log, "news", news)
    monkeypatch.setattr(realtime.hub, "recheck", rechecked.append)
    watching = asyncio.create_task(access_log.watch())
    async with asyncio.timeout(5):
        while len(asked) < 4:
            await asyncio.sleep(0.01)
    watching.cancel()
    assert asked[:3] == [2, 2, 3]
    assert rechecked == [MEMBER]

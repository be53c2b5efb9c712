"""What a real server does with real sockets, under uvicorn and Daphne alike: clients that do not read, do not answer,
flood, or send too much; and how a process ends."""

import asyncio
import contextlib
import json
import select
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chat.tests.servers import SERVERS, Served, ask, client_frame, hear, server_frame

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
PING_SECONDS = 2


@pytest.fixture(scope="module", params=SERVERS)
def served(
    request: pytest.FixtureRequest, once: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A process for the whole file, one after the other under each server."""
    made = fresh(request.param, once, tmp_path_factory.mktemp(request.param), PING_SECONDS=str(PING_SECONDS))
    made.start()
    try:
        yield made
    finally:
        made.stop()


def fresh(kind: str, once: Callable[..., Path], folder: Path, **env: str) -> Served:
    def migrate(place: Path) -> None:
        Served(kind, place).manage("migrate", "-v", "0")

    shutil.copytree(once("served", migrate), folder, dirs_exist_ok=True)
    return Served(kind, folder, **env)


def message(talk: int, text: str, client_id: str = "") -> dict[str, Any]:
    return {"conversation": talk, "client_id": client_id or str(uuid.uuid4()), "text": text}


async def delay(line: ClientConnection) -> float:
    began = time.monotonic()
    assert (await ask(line, "ping"))["type"] == "ack"
    return time.monotonic() - began


def test_who_does_not_read_is_cut_off_and_the_others_do_not_wait(served: Served) -> None:
    """What a kernel holds for a socket that is not read, and then 1 MiB more."""
    [room] = served.people(room=14)
    deaf_key, other_key, *keys = room["keys"]
    heavy = "\N{ELEPHANT}" * 5000  # 20 kB

    async def talk(key: str, is_over: asyncio.Event) -> None:
        async with served.line(key) as line:
            await hear(line, "hello")
            while not is_over.is_set():
                answer = await ask(line, "chat.send", **message(room["talk"], heavy))
                assert answer["type"] == "ack"
                await asyncio.sleep(0.1)

    async def scene() -> None:
        deaf = await asyncio.to_thread(served.plain_socket, deaf_key)
        is_over, delays = asyncio.Event(), []
        try:
            async with served.line(other_key) as other, asyncio.timeout(60), asyncio.TaskGroup() as group:
                await hear(other, "hello")
                for key in keys:
                    group.create_task(talk(key, is_over))
                while not ended(deaf):
                    delays.append(await delay(other))
                    await asyncio.sleep(0.1)
                is_over.set()
        finally:
            deaf.close()
        assert sorted(delays)[int(len(delays) * 0.9)] < 1

    asyncio.run(scene())


def ended(deaf: Any) -> bool:
    """Whether the other side has ended a socket from which nothing is read."""
    poll = select.poll()
    poll.register(deaf, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
    return bool(poll.poll(0))


def test_who_answers_no_ping_is_gone(served: Served) -> None:
    """A half-open line: a phone that lost its network says nothing, and no good-bye either."""
    [room] = served.people()

    async def scene() -> None:
        async with served.line(room["keys"][0]) as watching:
            await hear(watching, "hello")
            silent = await asyncio.to_thread(served.plain_socket, room["keys"][1])
            try:
                began = time.monotonic()
                await ask(watching, "presence.watch", people=[room["ids"][1]])
                while (await seen(watching, room["ids"][1])) != "online":
                    assert time.monotonic() - began < 10
                while (await seen(watching, room["ids"][1])) != "offline":
                    assert time.monotonic() - began < 40
            finally:
                silent.close()
            assert (await ask(watching, "ping"))["type"] == "ack", "who answers stays"

    asyncio.run(scene())


async def seen(line: ClientConnection, user: int) -> str:
    people = (await ask(line, "presence.watch", people=[user]))["data"]["people"]
    await asyncio.sleep(0.3)
    return people[0]["state"] if people else "offline"


@pytest.mark.parametrize(("size", "code"), [(100_000, 413), (1_000_000, 413), (1_100_000, 1009)])
def test_too_large_a_frame_is_answered_or_ends_the_line(served: Served, size: int, code: int) -> None:
    [room] = served.people()

    async def scene() -> None:
        async with served.line(room["keys"][0]) as line:
            await hear(line, "hello")
            frame = json.dumps({"type": "chat.send", "id": 1, "data": message(room["talk"], "x" * size)})
            if code == 413:
                await line.send(frame)
                assert (await hear(line, "error"))["status"] == code
                assert (await ask(line, "ping"))["type"] == "ack"
                return
            assert await ending(line, frame) in {code, None}

    asyncio.run(scene())


def test_frames_are_understood_however_they_arrive(served: Served) -> None:
    """Whole and alone, in pieces, several at once, in parts with a ping between them: each is answered, in order."""
    [room] = served.people()
    line = served.plain_socket(room["keys"][0])
    asked: list[str] = []

    def ask_for(name: str) -> bytes:
        asked.append(name)
        return json.dumps({"type": "ping", "id": name, "data": {}}).encode()

    def say(*pieces: bytes) -> None:
        for piece in pieces:
            line.sendall(piece)
            time.sleep(0.02)

    try:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for size in (0, 125, 126, 127, 65535, 65536):
            say(client_frame(ask_for(f"whole {size}").ljust(size)))
        frame = client_frame(ask_for("byte by byte"))
        say(*(frame[place : place + 1] for place in range(len(frame))))
        for at in (1, 2, 5, 20):
            frame = client_frame(ask_for(f"cut at {at}"))
            say(frame[:at], frame[at:])
        say(client_frame(ask_for("first of two")) + client_frame(ask_for("second of two")))
        frame = client_frame(ask_for("half of it with the one before"))
        say(
            client_frame(ask_for("with half of the next")) + frame[:9],
            frame[9:] + client_frame(ask_for("and one more")),
        )
        asked[-3:] = ["with half of the next", "half of it with the one before", "and one more"]
        text = ask_for("in parts")
        say(
            client_frame(text[:10], fin=False),
            client_frame(b"?", opcode=9),
            client_frame(text[10:], opcode=0),
            client_frame(ask_for("the last one")),
        )
        heard = []
        while "the last one" not in heard:
            opcode, payload = server_frame(line)
            if opcode == 1 and "re" in (answer := json.loads(payload)):
                heard.append(answer["re"])
        assert heard == asked
        say(client_frame(b'{"type": "ping", "id": "\xff\xfe"}'))
        with contextlib.suppress(ConnectionResetError):  # Daphne just hangs up
            while (said := server_frame(line))[0] != 8:
                assert said[0] in (1, 9, 10)
            assert int.from_bytes(said[1][:2], "big") == 1007
    finally:
        line.close()


async def ending(line: ClientConnection, *frames: str) -> int | None:
    """Sends these and reads until the server ends the line; with which code, None when it just hung up."""
    try:
        for frame in frames:
            await line.send(frame)
        while True:
            await line.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def test_a_flood_ends_its_own_line_and_nobody_else_waits(served: Served) -> None:
    [room] = served.people()

    async def flood() -> int | None:
        async with served.line(room["keys"][0], close_timeout=1) as line:
            await hear(line, "hello")
            return await ending(line, *['{"type":"ping","data":{}}'] * 10_000)

    async def scene() -> None:
        async with served.line(room["keys"][1]) as other:
            await hear(other, "hello")
            flooding = asyncio.create_task(flood())
            delays = [await delay(other)]
            while not flooding.done():
                await asyncio.sleep(0.06)
                delays.append(await delay(other))
            assert await flooding in {4429, None}
            assert sorted(delays)[int(len(delays) * 0.9)] < 0.5

    asyncio.run(scene())


def test_what_a_flood_sends_is_not_kept(served: Served) -> None:
    """400,000 frames at once: whoever says more than is taken is read no further."""
    [room] = served.people()
    line = served.plain_socket(room["keys"][0])
    before = memory(served)
    with contextlib.suppress(OSError), line:
        for _turn in range(400):
            line.sendall(client_frame(b"{}") * 1000)
        while line.recv(65536):  # until it is cut off
            pass
    end = time.monotonic() + 20
    while served.status("/healthz") != 200:
        assert time.monotonic() < end
    assert memory(served) - before < 25_000


def memory(served: Served) -> int:
    """The most that the process has ever held, in KiB."""
    assert served.process is not None
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def test_foreign_origins_and_forged_tickets_get_no_socket(served: Served) -> None:
    [room] = served.people()
    address = f"ws://127.0.0.1:{served.port}/ws/"

    async def scene() -> None:
        from websockets.asyncio.client import connect

        cookie = {"Cookie": f"session={room['keys'][0]}"}
        with pytest.raises(InvalidStatus) as refused:
            await connect(address, origin="https://evil.example", additional_headers=cookie, proxy=None)  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
        for tail in ("", "?ticket=forged"):
            async with connect(f"{address}{tail}", proxy=None) as line:
                with pytest.raises(ConnectionClosed) as closed:
                    await line.recv()
                assert closed.value.rcvd
                assert closed.value.rcvd.code == 4401

    asyncio.run(scene())


# -- The end of a process ----------------------------------------------------------------------------------------------


class Writer:
    """A member who writes numbered messages, and sends again elsewhere what was not acknowledged."""

    def __init__(self, talk: int, key: str) -> None:
        self.talk, self.key = talk, key
        self.wanted: list[str] = []
        self.acked: dict[str, int] = {}
        self.codes: list[int | None] = []

    async def run(self, served: Served) -> None:
        """Writes until the line ends."""
        async with served.line(self.key, close_timeout=2) as line:
            try:
                await hear(line, "hello")
                while True:
                    name = self.next()
                    self.acked[name] = (await self.say(line, name))["seq"]
                    await asyncio.sleep(0.5)
            except ConnectionClosed as closed:
                self.codes.append(closed.rcvd.code if closed.rcvd else None)

    async def again(self, served: Served) -> None:
        async with served.line(self.key) as line:
            await hear(line, "hello")
            for name in self.wanted:
                if name not in self.acked:
                    self.acked[name] = (await self.say(line, name))["seq"]

    def next(self) -> str:
        self.wanted.append(str(uuid.uuid4()))
        return self.wanted[-1]

    async def say(self, line: ClientConnection, name: str) -> dict[str, Any]:
        while True:
            answer = await ask(line, "chat.send", **message(self.talk, name, name))
            if answer["type"] == "ack":
                return dict(answer["data"])
            assert answer["status"] == 503
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("kind", SERVERS)
def test_a_process_that_ends_loses_and_doubles_nothing(kind: str, once: Callable[..., Path], tmp_path: Path) -> None:
    """200 sockets write while the process is asked to end: all are told to go elsewhere, one after the other; what was
    acknowledged stands once, and what was not can be sent again."""
    served = fresh(kind, once, tmp_path, DRAIN_SECONDS="2")
    rooms = served.people(rooms=20, room=10)
    writers = [Writer(room["talk"], key) for room in rooms for key in room["keys"]]
    served.start()
    ends: list[float] = []

    async def first() -> None:
        tasks = [asyncio.create_task(writer.run(served)) for writer in writers]
        for task in tasks:
            task.add_done_callback(lambda _task: ends.append(time.monotonic()))
        while sum(len(writer.acked) for writer in writers) < 600:
            await asyncio.sleep(0.05)
        assert served.process is not None
        served.process.terminate()
        await asyncio.sleep(0.2)
        assert await asyncio.to_thread(served.status, "/readyz") == 503
        await asyncio.gather(*tasks)

    asyncio.run(first())
    began = time.monotonic()
    assert served.process is not None
    assert served.process.wait(20) in {0, -15}
    assert time.monotonic() - began < 10
    codes = [code for writer in writers for code in writer.codes]
    assert set(codes) <= {4503, None}  # whose goodbye was lost on the way comes back as from any broken line
    assert codes.count(4503) > 0.8 * len(writers)
    assert max(ends) - min(ends) > 0.5, "they go one after the other"

    served.start()
    try:

        async def second() -> None:
            await asyncio.gather(*(writer.again(served) for writer in writers))
            for room in rooms:
                async with served.line(room["keys"][0]) as line:
                    missed = (await ask(line, "chat.catch_up", conversation=room["talk"], after=0))["data"]
                stands = {row["client_id"]: row["seq"] for row in missed["messages"]}
                ours = [writer for writer in writers if writer.talk == room["talk"]]
                assert sorted(stands) == sorted(name for writer in ours for name in writer.wanted)
                assert sorted(stands.values()) == list(range(1, len(stands) + 1)), "once, and without holes"
                for writer in ours:
                    assert writer.acked == {name: stands[name] for name in writer.wanted}

        asyncio.run(second())
    finally:
        served.stop()

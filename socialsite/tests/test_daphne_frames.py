"""Daphne reads a client no further than the application takes what it sends (chat/tests/test_servers.py: for real)."""

import asyncio
from typing import Any

import pytest

from socialsite import daphne_frames


class Transport:
    """Twisted's, as far as reading goes."""

    def __init__(self) -> None:
        self.reads = True

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's name
        self.reads = False

    def resumeProducing(self) -> None:  # noqa: N802  Twisted's name
        self.reads = True


class Protocol:
    """Daphne's connection, as far as the application's queue goes."""

    def __init__(self) -> None:
        self.transport = Transport()
        self.application_queue: Any = asyncio.Queue()
        self.application_queue.put_nowait({"type": "websocket.connect"})

    def dropConnection(self, abort: bool) -> None:  # noqa: N802  Autobahn's name
        raise AssertionError


@pytest.mark.parametrize(("text", "until_paused"), [("{}", daphne_frames.QUEUED + 1), ("x" * 100_000, 3)])
async def test_a_client_is_read_no_further_than_the_application_takes(
    text: str, until_paused: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol = Protocol()
    monkeypatch.setattr(daphne_frames, "protocol_of", lambda _send: protocol)
    taken: list[str] = []
    accepts, goes_on, ends = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def application(_scope: Any, receive: Any, _send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await accepts.wait()
        taken.append((await receive())["text"])
        await goes_on.wait()
        while not ends.is_set():
            taken.append((await receive()).get("text", ""))

    async def turn() -> None:
        for _turn in range(50):
            await asyncio.sleep(0)

    queue = protocol.application_queue
    running = asyncio.create_task(daphne_frames.RawFrames(application)({}, queue.get, None))
    await turn()
    assert not protocol.transport.reads, "nothing before the handshake"
    accepts.set()
    await turn()
    protocol.application_queue.put_nowait({"type": "websocket.receive", "text": text})
    await turn()
    count = 0
    while protocol.transport.reads:
        protocol.application_queue.put_nowait({"type": "websocket.receive", "text": text})
        count += 1
    assert count == until_paused
    protocol.application_queue.put_nowait({"type": "websocket.receive", "bytes": b"still of what was read"})
    await turn()
    assert not protocol.transport.reads
    goes_on.set()
    await turn()
    assert protocol.transport.reads
    assert taken == [text] * (count + 1) + [""]
    ends.set()
    for _turn in range(2):
        protocol.application_queue.put_nowait({"type": "websocket.disconnect"})
    await running
    assert protocol.transport.reads

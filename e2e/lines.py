"""The line between a browser and the site, in the hand of a test: cut, slow, or breaking at random within a frame.

A proxy in a thread of its own; everything of a browser context goes through it: pages, API, socket, service worker.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

CHUNK = 4096


class Line:
    """enter("nora", proxy=line.proxy); line.cut(), line.mend(), line.be_slow(...), line.break_at_random(...)."""

    def __init__(self) -> None:
        self.is_cut = False
        self.delay = 0.0  # seconds, each way
        self.rate = 0.0  # bytes a second, each way; 0: as fast as it goes
        self.breaks: tuple[random.Random, float] | None = None
        self.broken = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.tunnels: set[asyncio.StreamWriter] = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.do(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]

    @property
    def proxy(self) -> dict[str, str]:
        return {"server": f"http://127.0.0.1:{self.port}"}

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def stop(self) -> None:
        self.cut()
        self.do(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def _end(self) -> None:
        self.server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- In the test's hand --

    def cut(self) -> None:
        """Nothing goes through any more; what is open breaks."""
        self.is_cut = True
        self.do(self._break(self.open))

    def mend(self) -> None:
        self.is_cut = False

    def be_slow(self, *, round_trip: float, bits: float) -> None:
        self.delay, self.rate = round_trip / 2, bits / 8  # 0 bits: as fast as it goes

    def break_at_random(self, seed: int, *, after: float) -> None:
        """Sockets break in the middle of what they carry, after so many seconds on average."""
        self.breaks = (random.Random(seed), after)

    def hold(self) -> None:
        self.breaks = None

    async def _break(self, writers: set[asyncio.StreamWriter]) -> None:
        for writer in list(writers):
            reset(writer)

    # -- The proxy --

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                if not self.is_cut:
                    await self.connect(reader, writer)
        finally:
            self.open.discard(writer)
            writer.close()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.split("\r\n")
        method, target, version = first.split(" ")
        url = urlsplit(f"//{target}" if method == "CONNECT" else target)
        far_reader, far = await asyncio.open_connection("127.0.0.1", url.port or 80)
        self.open.add(far)
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                path = f"{url.path}?{url.query}" if url.query else url.path
                kept = [one for one in rest if not one.lower().startswith(("connection:", "proxy-connection:"))]
                far.write("\r\n".join([f"{method} {path} {version}", "Connection: close", *kept]).encode("latin-1"))
            ways = [self.pump(reader, far), self.pump(far_reader, writer)]
            if method == "CONNECT":
                ways.append(self.breaking(writer, far))
            tasks = [asyncio.ensure_future(way) for way in ways]
            await asyncio.wait(tasks[1:], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self.open.discard(far)
            far.close()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Delayed without being held up: what is read later leaves later."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def read() -> None:
            while data := await reader.read(CHUNK):
                queue.put_nowait((self.loop.time() + self.delay, data))
            queue.put_nowait((self.loop.time() + self.delay, b""))

        reading = asyncio.ensure_future(read())
        try:
            while True:
                at, data = await queue.get()
                await asyncio.sleep(max(0.0, at - self.loop.time()))
                if not data:
                    return
                if self.rate:
                    await asyncio.sleep(len(data) / self.rate)
                writer.write(data)
                await writer.drain()
        finally:
            reading.cancel()

    async def breaking(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        """Ends when the tunnel breaks. A frame that is cut in two: its beginning is out, its end is not."""
        while self.breaks is None:
            await asyncio.sleep(0.1)
        chance, after = self.breaks
        await asyncio.sleep(chance.expovariate(1 / after))
        if self.breaks is None:
            await self.breaking(near, far)
            return
        self.broken += 1
        near.write(b"\x81\x7e")  # a text frame begins, and its length never comes
        with contextlib.suppress(OSError):
            await near.drain()
        if chance.random() < 0.5:
            near.close()
            far.close()
        else:
            reset(near)
            reset(far)


def reset(writer: asyncio.StreamWriter) -> None:
    """Closed as when a cable is pulled: without a goodbye."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()

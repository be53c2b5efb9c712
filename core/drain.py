"""How a process that serves sockets ends. At SIGTERM it takes no more of them and is not ready any more, sends those it
has elsewhere one after the other, lets the rooms finish what they have taken on, and then ends as its server does. It
works under any server: what the server does at SIGTERM is kept, and done at the end. A second SIGTERM waits no longer.
"""

import asyncio
import logging
import random
import signal
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings

from core import consumers, realtime

log = logging.getLogger(__name__)
CLOSED_A_SECOND = 200  # sockets, at least; the more there are, up to DRAIN_SECONDS in all
GOODBYE_SECONDS = 1.0  # for clients to answer the goodbye

_servers_own: Callable[[int, Any], Any] | None = None
_task: asyncio.Task[None] | None = None


def arm() -> None:
    """Stands before the server's own handler, where there is one: servers set theirs before they serve."""
    global _servers_own
    if threading.current_thread() is not threading.main_thread():
        return
    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler) and handler is not _asked:
        _servers_own = handler
        signal.signal(signal.SIGTERM, _asked)


def _asked(number: int, frame: Any) -> None:
    loop = realtime.hub.loop
    if loop is None or loop.is_closed() or realtime.hub.ends:
        _end()
    else:
        realtime.hub.ends = True
        loop.call_soon_threadsafe(_begin)


def _begin() -> None:
    global _task
    _task = asyncio.get_running_loop().create_task(_drain())


async def _drain() -> None:
    try:
        await drain(settings.DRAIN_SECONDS)
    finally:
        _end()


def _end() -> None:
    if _servers_own is not None:
        signal.signal(signal.SIGTERM, _servers_own)
        _servers_own(signal.SIGTERM, None)


async def drain(seconds: float) -> None:
    """Closes the sockets of this process, in no order, spread over some of these seconds; then stops the hub. Nobody
    waits for a client that does not read, and a line that is lost ends nothing but itself."""
    realtime.hub.ends = True
    for farewell in realtime.farewells:
        try:
            await farewell()
        except Exception as error:  # supervisor: one room must not keep the process from ending
            log.warning("a farewell failed (%s)", type(error).__name__)
    lines = [one for one in realtime.hub.connections() if isinstance(one, consumers.Socket)]
    random.shuffle(lines)
    pause = min(seconds / max(len(lines), 1), 1 / CLOSED_A_SECOND)
    closing: list[asyncio.Task[None]] = []
    try:
        for line in lines:
            closing.append(asyncio.create_task(line.close(consumers.CLOSE_MOVED)))
            await asyncio.sleep(pause)
        if lines:
            await asyncio.gather(asyncio.sleep(GOODBYE_SECONDS), *closing, return_exceptions=True)
    finally:
        await realtime.hub.stop()

"""Starts and stops what lives beside the sockets of a process (ASGI lifespan)."""

from collections.abc import Awaitable, Callable
from typing import Any

from core import realtime

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class Lifespan:
    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self.application(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                realtime.hub.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await realtime.hub.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

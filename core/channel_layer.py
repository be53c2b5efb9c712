"""Channels' in-memory layer, woken at once from worker threads (the stock one is up to a second late)."""

import asyncio
from typing import Any

from channels.layers import InMemoryChannelLayer

from core import realtime


class InProcessChannelLayer(InMemoryChannelLayer):
    """Sends from other threads hop to the loop that serves the sockets."""

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self._on_serving_loop(super().send(channel, message))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._on_serving_loop(super().group_send(group, message))

    async def _on_serving_loop(self, call: Any) -> None:
        loop = realtime.hub.loop
        if loop is None or loop is asyncio.get_running_loop() or loop.is_closed():
            await call
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, loop))

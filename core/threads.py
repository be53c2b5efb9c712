"""Database work from the event loop: a few threads of our own, so that sockets never wait for pages or each other. What
takes a right away has its own: it waits for nothing that members ask for."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")

_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="socket-db")
_first = ThreadPoolExecutor(max_workers=2, thread_name_prefix="socket-first")


def _clean(call: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a function that uses the ORM off the loop."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _clean, partial(function, *args, **kwargs))


async def run_first(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same beside the queue of all others, for what is short and must not wait: who may still be here."""
    return await asyncio.get_running_loop().run_in_executor(_first, _clean, partial(function, *args, **kwargs))

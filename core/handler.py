"""How a process serves HTTP: Django with one step into a thread and back for each request, warm before it answers."""

import asyncio
import contextlib
import gc
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_resolver, reverse

KEPT = 16  # threads that wait for the next request

# What everybody asks for at the same moment (all sockets are gone, and come back): URL name -> how many at once. The
# others wait their turn on the loop, so that whoever asks for a page meanwhile shares the interpreter with a few.
narrow: dict[str, int] = {}


class Handler(ASGIHandler):
    """All of our middleware and views are plain functions. Django's own would lead each request some ten times from
    the loop to a thread and back, and every step waits its turn among those of all the others; and it would begin and
    end a thread for each, which costs as much as what a small request does in it."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        thread = free.pop() if free else ThreadPoolExecutor(1, thread_name_prefix="page")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)
        finally:
            thread.submit(give_back, thread)  # behind what it still does for a client that has gone

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)
        plain = self._middleware_chain  # type: ignore[has-type]  # django-stubs infers it where it is set
        in_thread = sync_to_async(plain, thread_sensitive=True)
        turns: dict[str, asyncio.Semaphore] = {}  # by path

        async def chain(request: HttpRequest) -> HttpResponseBase:
            if len(turns) < len(narrow):
                turns.update({reverse(name): asyncio.Semaphore(at_once) for name, at_once in narrow.items()})
            async with turns.get(request.path_info) or contextlib.nullcontext():
                return await in_thread(request)

        self._middleware_chain = chain


free: list[ThreadPoolExecutor] = []  # of one thread each
os.register_at_fork(after_in_child=free.clear)


def give_back(thread: ThreadPoolExecutor) -> None:
    """In that thread. A request that was cut off before its end has not closed its connection."""
    close_old_connections()
    if len(free) < KEPT:
        free.append(thread)
    else:
        thread.shutdown(wait=False)


def warm() -> None:
    """Imports what every page needs before the first one asks for it. All that stays as long as the process: without
    this, Python would look through it for garbage every few seconds, while nobody is answered."""
    get_resolver().reverse_dict  # noqa: B018  imports all views
    gc.collect()
    gc.freeze()

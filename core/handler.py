"""How a process serves HTTP: Django with one step into a thread and back for each request, warm before it answers."""

import gc

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.urls import get_resolver


class Handler(ASGIHandler):
    """All of our middleware and views are plain functions. Django's own would lead each request some ten times from
    the loop to a thread and back, and every step waits its turn among those of all the others."""

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)
        plain = self._middleware_chain  # type: ignore[has-type]  # django-stubs infers it where it is set
        self._middleware_chain = sync_to_async(plain, thread_sensitive=True)


def warm() -> None:
    """Imports what every page needs before the first one asks for it. All that stays as long as the process: without
    this, Python would look through it for garbage every few seconds, while nobody is answered."""
    get_resolver().reverse_dict  # noqa: B018  imports all views
    gc.collect()
    gc.freeze()

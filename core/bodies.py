"""Refuses bodies that are too large while they come in, before Django keeps them on disk."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.urls import reverse

from core import health

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

PLAIN_LIMIT = 2 * 1024 * 1024  # forms and JSON

# Rooms name the few addresses that take files: URL name -> bytes of a whole body.
files: dict[str, int] = {}
_by_path: dict[str, int] = {}


def takes_files(url_name: str, limit: int) -> None:
    """Lets the address of this name take bodies of up to `limit` bytes; everywhere else forms and JSON are small."""
    files[url_name] = limit


def limit_of(path: str) -> int:
    if len(_by_path) < len(files):
        _by_path.update({reverse(name): limit for name, limit in files.items()})
    return _by_path.get(path, PLAIN_LIMIT)


class TooLarge(Exception):
    """The client sent more than it may; it has its answer, or is gone."""


class BodyLimit:
    """ASGI wrapper: 413 by the announced length at once, or as soon as an unannounced body passes the limit."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = limit_of(scope["path"])
        announced = headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > limit:
            await refuse(scope, send)
            return
        came = 0
        answered = False

        async def counted() -> dict[str, Any]:
            nonlocal came
            message: dict[str, Any] = await receive()
            came += len(message.get("body", b""))
            if came > limit:
                raise TooLarge
            return message

        async def watched(message: dict[str, Any]) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.application(scope, counted, watched)
        except TooLarge:
            if not answered:
                await refuse(scope, send)


async def refuse(scope: dict[str, Any], send: Any) -> None:
    if scope["path"].startswith("/api/"):
        body = b'{"type":"/problems/too_large","title":"too large","status":413,"detail":"That is too large."}'
        kind = b"application/problem+json"
    else:
        body, kind = health.plain_page("413.html").encode(), b"text/html; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})

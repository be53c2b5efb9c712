"""Refuses bodies that are too large while they come in, before Django keeps them on disk."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.db import Error
from django.shortcuts import resolve_url
from django.urls import reverse

from core import consumers, errors, health, threads

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

PLAIN_LIMIT = 2 * 1024 * 1024  # forms and JSON
AT_ONCE = 64  # large bodies that one process takes at one address

# Rooms name the few addresses that take files: URL name -> bytes of a whole body, and how many such at once.
files: dict[str, tuple[int, int]] = {}
_by_path: dict[str, tuple[int, int]] = {}
_coming: dict[str, list[int]] = {}  # address -> whose large bodies are coming in


def takes_files(url_name: str, limit: int, *, at_once: int = AT_ONCE) -> None:
    """Lets members send bodies of up to `limit` bytes to the address of this name, so many at once, of one member half
    of them; everywhere else, and from those who are not logged in, forms and JSON are small."""
    files[url_name] = (limit, at_once)


def limits_of(path: str) -> tuple[int, int]:
    if len(_by_path) < len(files):
        _by_path.update({reverse(name): limits for name, limits in files.items()})
    return _by_path.get(path, (PLAIN_LIMIT, 0))


class BodyLimit:
    """ASGI wrapper: refuses by the announced length at once, or as soon as an unannounced body passes the limit."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        body = Body(scope)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        answered = False

        async def counted() -> dict[str, Any]:
            message: dict[str, Any] = await receive()
            body.came += len(message.get("body", b""))
            await body.admit(body.came)
            return message

        async def watched(message: dict[str, Any]) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            if announced.isdigit():
                await body.admit(int(announced))
            await self.application(scope, counted, watched)
        except Refused as refused:
            if not answered:
                await refuse(scope, send, refused.error)
        finally:
            body.over()


class Refused(Exception):
    """The body goes no further; the client has its answer, or is gone."""

    def __init__(self, error: errors.SocialError) -> None:
        self.error = error


class Body:
    """One body on its way in."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.scope = scope
        self.limit, self.at_once = limits_of(scope["path"])
        self.came = 0
        self.owner = 0

    async def admit(self, size: int) -> None:
        """Refused for one that is larger than it may be; a large one needs a member and a place."""
        if size > self.limit:
            raise Refused(errors.TooLarge())
        if size > PLAIN_LIMIT and not self.owner:
            self.take_place(await whose(self.scope))

    def take_place(self, owner: int) -> None:
        places = _coming.setdefault(self.scope["path"], [])
        if len(places) >= self.at_once or places.count(owner) >= self.at_once // 2:
            raise Refused(errors.TooMany(retry_after=60))
        places.append(owner)
        self.owner = owner

    def over(self) -> None:
        if self.owner:
            _coming[self.scope["path"]].remove(self.owner)


async def whose(scope: dict[str, Any]) -> int:
    """The member whose standing login this request brings. Refused without one."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    words, key = headers.get(b"authorization", "").split(), consumers.session_key(headers.get(b"cookie", ""))
    found = None
    try:
        if len(words) == 2 and words[0].lower() == "bearer":
            found = await threads.run(consumers.authenticator.by_bearer, words[1])
        elif key:
            found = await threads.run(consumers.authenticator.by_session, key)
    except Error:
        raise Refused(errors.Busy()) from None
    if found is None:
        raise Refused(errors.SignInNeeded())
    return found.user_id


async def refuse(scope: dict[str, Any], send: Any, error: errors.SocialError) -> None:
    status = error.status
    headers = [(b"connection", b"close")]
    if scope["path"].startswith("/api/"):
        problem = errors.problem(status, error.code, str(error.message))
        body = json.dumps(problem, separators=(",", ":")).encode()
        kind = b"application/problem+json"
    elif isinstance(error, errors.SignInNeeded):
        status, body, kind = 303, b"", b"text/html; charset=utf-8"
        headers.append((b"location", resolve_url(settings.LOGIN_URL).encode()))
    else:
        body, kind = health.plain_page(f"{status}.html").encode(), b"text/html; charset=utf-8"
    if isinstance(error, errors.TooMany):
        headers.append((b"retry-after", str(error.retry_after).encode()))
    headers += [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""How a process serves: few steps between loop and threads, files from the loop, and warm before the first request."""

import asyncio
import functools
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, async_to_sync, sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as django_settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponse

from core import handler
from core.handler import Handler

Answer = tuple[int, dict[bytes, bytes], bytes]


def scope_of(path: str) -> dict[str, Any]:
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    return scope | {"headers": [(b"host", b"testserver")], "client": ("127.0.0.1", 1), "server": ("testserver", 80)}


async def ask_for(site: Handler, path: str) -> Answer:
    """As a server of ASGI asks."""
    door = ApplicationCommunicator(site, scope_of(path))
    await door.send_input({"type": "http.request", "body": b""})
    begin = await door.receive_output(20)
    body = b""
    while True:
        part = await door.receive_output(20)
        body += part.get("body", b"")
        if not part.get("more_body"):
            await door.wait(20)
            return begin["status"], dict(begin["headers"]), body


def get(path: str) -> Answer:
    """Through a handler of its own."""
    return async_to_sync(ask_for)(Handler(), path)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/api/v1/posts", "/healthz", "/nowhere/"])
def test_a_request_goes_into_its_thread_once(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Any] = []
    usual = SyncToAsync.__call__

    async def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        steps.append(self.func)
        return await usual(self, *args, **kwargs)

    get(path)
    monkeypatch.setattr(SyncToAsync, "__call__", counted)
    status, _headers, _body = get(path)
    names = [getattr(step, "__qualname__", type(step).__qualname__) for step in steps]
    assert status in (200, 401, 404)
    # Signals before it, all of middleware and view at once, the log of what was refused, and closing it.
    assert len(steps) <= 4, names


def test_requests_one_after_another_share_a_thread_and_those_at_once_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "free", [])
    names: list[str] = []
    both = threading.Barrier(2, timeout=10)

    def answer(_request: Any, *, beside: bool) -> HttpResponse:
        names.append(f"{threading.get_ident()}")
        if beside:
            both.wait()
        return HttpResponse(b"")

    async def ask(door: Any, *, beside: bool) -> None:
        door._middleware_chain = sync_to_async(functools.partial(answer, beside=beside), thread_sensitive=True)
        await ask_for(door, "/healthz")

    async def all_of_it() -> None:
        door = Handler()
        await ask(door, beside=False)
        while not handler.free:
            await asyncio.sleep(0.01)
        await ask(door, beside=False)
        await asyncio.gather(ask(door, beside=True), ask(door, beside=True))

    asyncio.run(all_of_it())
    assert names[0] == names[1]
    assert len(set(names[2:])) == 2


def test_a_thread_that_still_works_for_who_has_gone_takes_no_other_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "free", [])
    begun, may_end = threading.Event(), threading.Event()

    def slow(_request: Any) -> HttpResponse:
        begun.set()
        may_end.wait(20)
        return HttpResponse(b"")

    async def both() -> int:
        door = Handler()
        door._middleware_chain = sync_to_async(slow, thread_sensitive=True)
        first = ApplicationCommunicator(door, scope_of("/healthz"))
        await first.send_input({"type": "http.request", "body": b""})
        await asyncio.to_thread(begun.wait, 10)
        await first.send_input({"type": "http.disconnect"})
        await asyncio.sleep(0.1)
        door._middleware_chain = sync_to_async(lambda _request: HttpResponse(b""), thread_sensitive=True)
        status, _headers, _body = await ask_for(door, "/healthz")
        may_end.set()
        await first.wait(20)
        return status

    assert asyncio.run(both()) == 200


def test_what_all_ask_for_at_once_takes_turns_and_holds_nobody_else_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "narrow", {"core:healthz": 2})
    at_it, most = 0, 0
    lock, may_end = threading.Lock(), threading.Event()

    def answer(request: Any) -> HttpResponse:
        nonlocal at_it, most
        if request.path_info == "/healthz":
            with lock:
                at_it += 1
                most = max(most, at_it)
            may_end.wait(20)
            with lock:
                at_it -= 1
        return HttpResponse(b"")

    monkeypatch.setattr(ASGIHandler, "load_middleware", lambda door, **_how: setattr(door, "_middleware_chain", answer))

    async def storm() -> list[Answer]:
        door = Handler()
        asked = [asyncio.ensure_future(ask_for(door, "/healthz")) for _one in range(12)]
        await asyncio.sleep(0.2)
        assert (await ask_for(door, "/nowhere/"))[0] == 200
        assert not any(one.done() for one in asked)
        asked[5].cancel()  # who goes while it waits takes nobody's turn
        may_end.set()
        return await asyncio.gather(*asked[:5], *asked[6:])

    assert [status for status, _headers, _body in asyncio.run(storm())] == [200] * 11
    assert most == 2


def test_files_come_from_the_loop_with_the_headers_of_every_answer(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "plain.css").write_text("a{}")
    settings.STATIC_ROOT, settings.SERVESTATIC_USE_STATIC_ROOT = tmp_path, True
    status, headers, body = get(f"{django_settings.STATIC_URL}plain.css")
    assert (status, body, headers[b"X-Content-Type-Options"]) == (200, b"a{}", b"nosniff")
    assert get(f"{django_settings.STATIC_URL}absent.css")[0] == 404
    assert get(f"{django_settings.STATIC_URL}../plain.css")[0] in (400, 404)


def test_a_process_is_warm_before_it_answers(tmp_path: Path) -> None:
    said = "import gc, sys, socialsite.asgi; print(gc.get_freeze_count(), 'feed.views.home' in sys.modules)"
    environ = {name: value for name, value in os.environ.items() if name not in ("SOCIALSITE_TESTING", "DATABASE_URL")}
    environ |= {"DATA_DIR": str(tmp_path), "SECRET_KEY": "k" * 50}
    done = subprocess.run([sys.executable, "-c", said], env=environ, capture_output=True, text=True, check=True)
    number, loaded = done.stdout.split()
    assert int(number) > 100_000
    assert loaded == "True"

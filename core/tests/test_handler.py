"""How a process serves: few steps between loop and threads, files from the loop, and warm before the first request."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as django_settings

from core.handler import Handler


def get(path: str) -> tuple[int, dict[bytes, bytes], bytes]:
    """Through a handler of its own, as a server of ASGI asks."""
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    scope |= {"headers": [(b"host", b"testserver")], "client": ("127.0.0.1", 1), "server": ("testserver", 80)}

    async def ask() -> tuple[int, dict[bytes, bytes], bytes]:
        door = ApplicationCommunicator(Handler(), scope)
        await door.send_input({"type": "http.request", "body": b""})
        begin = await door.receive_output(20)
        body = b""
        while True:
            part = await door.receive_output(20)
            body += part.get("body", b"")
            if not part.get("more_body"):
                await door.wait(20)
                return begin["status"], dict(begin["headers"]), body

    return async_to_sync(ask)()


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

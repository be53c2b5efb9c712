"""Bodies are refused while they come in."""

import asyncio
from typing import Any

import pytest

from core import bodies


def ask(headers: dict[bytes, bytes], pieces: list[bytes], path: str = "/") -> tuple[int, bytes, int]:
    """(status, body, bytes that the application was given)"""
    given = 0
    said: list[dict[str, Any]] = []
    coming = iter(pieces)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        nonlocal given
        for _ in pieces:
            given += len((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fine"})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": next(coming), "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"type": "http", "path": path, "headers": list(headers.items())}
    asyncio.run(bodies.BodyLimit(application)(scope, receive, send))
    return said[0]["status"], said[1]["body"], given


def test_what_fits_passes() -> None:
    assert ask({b"content-length": b"3"}, [b"abc"]) == (200, b"fine", 3)


def test_an_announced_giant_is_not_read() -> None:
    status, body, given = ask({b"content-length": b"10485760"}, [b"x"])
    assert (status, given) == (413, 0)
    assert b"<html" in body.lower()


def test_the_api_answers_as_the_api() -> None:
    status, body, _ = ask({b"content-length": b"10485760"}, [b"x"], path="/api/v1/posts")
    assert status == 413
    assert body.startswith(b'{"type":"/problems/too_large"')


def test_an_unannounced_giant_is_cut_when_it_passes_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PLAIN_LIMIT", 10)
    status, _body, given = ask({}, [b"12345", b"67890", b"1", b"2"])
    assert (status, given) == (413, 10)


@pytest.mark.parametrize("path", ["/compose/", "/settings/avatar/", "/api/v1/uploads"])
def test_files_may_be_larger_where_files_are_taken(path: str) -> None:
    headers = {b"content-type": b"multipart/form-data; boundary=x", b"content-length": b"10485760"}
    assert ask(headers, [b"x"], path=path)[0] == 200
    assert ask(headers | {b"content-length": b"999999999"}, [b"x"], path=path)[0] == 413


def test_a_form_is_no_file_because_it_says_so() -> None:
    headers = {b"content-type": b"multipart/form-data; boundary=x", b"content-length": b"10485760"}
    assert ask(headers, [b"x"], path="/login/")[0] == 413

"""Bodies are refused while they come in."""

import asyncio
from typing import Any

import pytest
from django.db import OperationalError

from core import bodies, consumers

pytestmark = pytest.mark.django_db  # the threads that ask for the login look after their connections
MEMBER = {b"cookie": b"a=b; session=alices"}


@pytest.fixture(autouse=True)
def alice(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """The only login there is: a browser's, and an app's."""
    settings.SESSION_COOKIE_NAME = "session"
    principal = consumers.Principal(user_id=1, login="1")
    find = {"alices": principal, "apps": principal}.get
    monkeypatch.setattr(consumers.authenticator, "by_session", find)
    monkeypatch.setattr(consumers.authenticator, "by_bearer", find)


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
    headers = MEMBER | {b"content-type": b"multipart/form-data; boundary=x", b"content-length": b"10485760"}
    assert ask(headers, [b"x"], path=path)[0] == 200
    assert ask(headers | {b"content-length": b"999999999"}, [b"x"], path=path)[0] == 413


IMPORTS = ["/settings/data/import/", "/api/v1/me/import"]


@pytest.mark.parametrize("path", IMPORTS)
@pytest.mark.parametrize("who", [{}, {b"cookie": b"session=made-up"}, {b"authorization": b"Bearer made-up"}])
@pytest.mark.parametrize("announced", [True, False])
def test_a_large_body_needs_a_login(
    monkeypatch: pytest.MonkeyPatch, path: str, who: dict[bytes, bytes], announced: bool
) -> None:
    monkeypatch.setattr(bodies, "PLAIN_LIMIT", 10)
    headers = who | ({b"content-length": b"12"} if announced else {})
    status, body, given = ask(headers, [b"12345", b"67890", b"1", b"2"], path=path)
    assert (status, given) == (401 if path.startswith("/api/") else 303, 0 if announced else 10)
    assert not body or b'"/problems/sign_in_needed"' in body
    assert ask(who, [b"12345", b"67890"], path=path)[0] == 200, "a small one is the page's to refuse"


@pytest.mark.parametrize("who", [MEMBER, {b"authorization": b"bearer apps"}])
def test_a_member_sends_large_bodies(monkeypatch: pytest.MonkeyPatch, who: dict[bytes, bytes]) -> None:
    monkeypatch.setattr(bodies, "PLAIN_LIMIT", 10)
    for _turn in range(5):  # each gives its place back
        assert ask(who, [b"12345", b"67890", b"1", b"2"], path=IMPORTS[1]) == (200, b"fine", 12)
        assert ask(who | {b"content-length": b"999999999"}, [b"x"], path=IMPORTS[1])[0] == 413


@pytest.mark.parametrize("places", [[1], [2, 3]])
def test_few_archives_come_at_once_and_one_of_each(monkeypatch: pytest.MonkeyPatch, places: list[int]) -> None:
    monkeypatch.setitem(bodies._coming, IMPORTS[1], places)
    headers = MEMBER | {b"content-length": b"10485760"}
    status, body, given = ask(headers, [b"x"], path=IMPORTS[1])
    assert (status, given) == (429, 0)
    assert b'"/problems/too_many"' in body
    places.pop()
    assert ask(headers, [b"x"], path=IMPORTS[1])[0] == 200


def test_a_database_that_is_away_takes_no_large_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_key: str) -> None:
        raise OperationalError

    monkeypatch.setattr(consumers.authenticator, "by_session", away)
    assert ask(MEMBER | {b"content-length": b"10485760"}, [b"x"], path=IMPORTS[0])[0] == 503


def test_a_form_is_no_file_because_it_says_so() -> None:
    headers = {b"content-type": b"multipart/form-data; boundary=x", b"content-length": b"10485760"}
    assert ask(headers, [b"x"], path="/login/")[0] == 413

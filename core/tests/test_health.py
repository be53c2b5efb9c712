"""Is it alive, is it ready: and what people see while a part is away."""

import logging
import os
import shutil
import sys
import time
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.cache import caches
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from accounts.tests.factories import Cast, log_in
from core import health, logs, realtime
from core.cache import Client as CacheClient
from core.cache import RedisCache
from core.middleware import RequestContext

NOWHERE = "redis://127.0.0.1:1/0"
DEAD = {"OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1}}


class Gone:
    """A database that is not there."""

    vendor = "postgresql"

    def cursor(self) -> Any:
        raise OperationalError("connection refused, with a password in it")


def test_alive_needs_no_database(client: Client) -> None:
    """This test may not use the database at all."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_ready_says_little_to_strangers_and_members(client: Client, cast: Cast) -> None:
    member = Client()
    log_in(member, cast.alice)
    for who in (client, member):
        answer = who.get("/readyz")
        assert (answer.status_code, answer.content) == (200, b"ready")
        assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_names_the_parts_to_staff(client: Client, cast: Cast) -> None:
    log_in(client, cast.mod)
    told = client.get("/readyz").json()
    assert told["ready"] is True
    assert set(told["parts"]) == {"database", "bus", "storage", "disk", "sockets"}
    assert told["parts"]["storage"] == {"ok": True, "says": "FileSystemStorage"}


def test_a_process_that_ends_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(realtime.hub, "ends", True)
    assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (503, 200)


@pytest.mark.django_db
def test_not_ready_without_the_bus(client: Client, cast: Cast, settings: Any) -> None:
    settings.REDIS_URL = NOWHERE
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"not ready")
    log_in(client, cast.mod)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["bus"] == {"ok": False, "says": "ConnectionError"}


def test_not_ready_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked who they are then, so that this test may not use the database either."""
    monkeypatch.setattr(health, "connection", Gone())
    client.cookies["session"] = "somebody"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"not ready")


def test_not_ready_without_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> bool:
        raise PermissionError

    monkeypatch.setattr(health.default_storage, "exists", broken)
    assert health.storage() == health.Part("storage", ok=False, says="PermissionError")


def test_not_ready_without_a_storage_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(name: str) -> bool:
        raise EndpointConnectionError(endpoint_url="https://s3.example.org")

    monkeypatch.setattr(health.default_storage, "exists", away)
    assert health.storage() == health.Part("storage", ok=False, says="Away")


class Disk(NamedTuple):
    """What the system says of one."""

    f_flag: int = 0
    f_files: int = 10_000
    f_favail: int = 9_000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("free", "system", "says"),
    [
        (1 << 20, Disk(), "0.0 of 100 GiB free in DATA_DIR"),
        (50 << 30, Disk(f_flag=os.ST_RDONLY), "DATA_DIR can only be read"),
        (50 << 30, Disk(f_favail=3), "room for 3 more files in DATA_DIR"),
    ],
)
def test_not_ready_on_a_full_disk(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch, free: int, system: Disk, says: str
) -> None:
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100 << 30, 0, free))
    monkeypatch.setattr(health.os, "statvfs", lambda path: system)
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (503, b"not ready")
    log_in(client, cast.mod)
    assert client.get("/readyz").json()["parts"]["disk"] == {"ok": False, "says": says}


def test_a_disk_that_does_not_count_its_files_is_not_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100 << 30, 0, 50 << 30))
    monkeypatch.setattr(health.os, "statvfs", lambda path: Disk(f_files=0, f_favail=0))
    assert health.disk().ok is True


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client whose every page asks a database that is away."""

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("connection refused, with a password in it")

    monkeypatch.setattr("accounts.queries.people.person", broken)
    return Client(raise_request_exception=False)


@pytest.mark.django_db
def test_a_page_says_come_back_while_the_database_is_away(away: Client) -> None:
    answer = away.get("/@alice/")
    assert answer.status_code == 503
    assert b"password" not in answer.content
    assert b"<h1" in answer.content


@pytest.mark.django_db
def test_the_api_says_busy_while_the_database_is_away(away: Client, cast: Cast) -> None:
    log_in(away, cast.bob)
    answer = away.get("/api/v1/users/alice")
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/busy"


def test_a_database_that_is_away_is_one_line_in_the_log() -> None:
    def logged(error: Exception) -> str:
        try:
            raise error
        except Exception:
            record = logging.LogRecord("x", logging.ERROR, __file__, 1, "words", (), sys.exc_info())
        return logs.PlainFormatter().format(record)

    assert len(logged(OperationalError("no connection\nand more")).splitlines()) == 2
    assert "Traceback" in logged(ValueError("a mistake of ours"))


# -- The cache --------------------------------------------------------------------------------------------------------


@pytest.fixture
def _not_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CacheClient, "away_until", 0.0)


@pytest.mark.usefixtures("_not_paused")
def test_a_cache_that_is_away_is_empty(caplog: pytest.LogCaptureFixture) -> None:
    cache = RedisCache(NOWHERE, DEAD)
    cache.set("a", 1)
    assert cache.get("a", "nothing") == "nothing"
    assert cache.add("a", 1) is True
    assert cache.delete("a") is False
    assert cache.get_many(["a"]) == {}
    assert "a" not in cache
    assert cache.incr("a") == 1
    assert caplog.text.count("does not answer") == 1, "after a failure nobody asks for a second"


@pytest.mark.redis
@pytest.mark.usefixtures("_not_paused")
def test_a_cache_that_comes_back_is_used_again(redis_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = RedisCache(redis_server.redis_url, DEAD)
    cache.set("a", 1)
    assert cache.get("a") == 1
    redis_server.stop_redis()
    assert cache.get("a") is None
    redis_server.start_redis()
    cache = RedisCache(redis_server.redis_url, DEAD)  # it may have got another port
    monkeypatch.setattr(CacheClient, "away_until", 0.0)
    cache.set("a", 2)
    assert cache.get("a") == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("_not_paused")
def test_people_log_in_while_redis_is_away(client: Client, cast: Cast, settings: Any) -> None:
    """Limits do not count then, but nobody is locked out and no page is an error."""
    settings.CACHES = {"default": {"BACKEND": "core.cache.RedisCache", "LOCATION": NOWHERE, **DEAD}}
    assert isinstance(caches["default"], RedisCache)
    began = time.monotonic()
    given = {"login": cast.alice.handle, "password": "wrong password"}
    assert client.post("/login/", given).status_code == 422
    assert client.post("/api/v1/auth/login", given, content_type="application/json").status_code == 401
    assert client.get("/").status_code == 200
    assert time.monotonic() - began < 10


# -- Behind a proxy ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "forwarded", "address", "secure"),
    [
        ("203.0.113.9", "198.51.100.7", "203.0.113.9", False),  # a stranger says what it likes
        ("10.0.0.1", "198.51.100.7", "198.51.100.7", True),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.9.9.9", "198.51.100.7", True),  # ours, from the right
        ("10.0.0.1", "", "10.0.0.1", True),
    ],
)
def test_only_our_proxies_say_who_comes_and_how(
    peer: str, forwarded: str, address: str, secure: bool, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    seen: list[tuple[str, bool]] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append((request.META["REMOTE_ADDR"], request.is_secure()))
        return HttpResponse()

    given = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_PROTO": "https"}
    RequestContext(view)(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded, **given))
    assert seen == [(address, secure)]

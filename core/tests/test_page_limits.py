"""Limits on pages, of several keys at once, and on who is refused before anybody knows them."""

import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions import api_tokens
from accounts.tests.factories import Cast, log_in
from core import limits
from core.middleware import Limits

ONE, TWO = limits.Limit("one", 2, 60), limits.Limit("two", 4, 60)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two a minute for visitors, three for members."""
    monkeypatch.setattr(limits, "ANONYMOUS", limits.Limit("anonymous", 2, 60))
    monkeypatch.setattr(limits, "MEMBER", limits.Limit("member", 3, 60))


# -- Several at once --------------------------------------------------------------------------------------------------


def both(who: str) -> tuple[bool, str, int]:
    turn = limits.take_all((ONE, who), (TWO, who))
    return turn.allowed, turn.limit.name, turn.left


def in_turn(who: str) -> None:
    assert [both(who) for _turn in range(2)] == [(True, "one", 1), (True, "one", 0)]
    assert both(who) == (False, "one", 0)
    assert [limits.take(TWO, who).left for _turn in range(2)] == [1, 0], "what one refuses, the other does not count"
    assert both(who)[0] is False
    assert both(f"{who}-other") == (True, "one", 1)


def test_the_tightest_of_several_answers_and_nothing_is_counted_for_what_is_refused(time_machine: Any) -> None:
    time_machine.move_to(1_000_020.0, tick=False)
    in_turn("a")


@pytest.mark.redis
def test_redis_counts_several_in_one_call(redis_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = redis_url
    monkeypatch.setattr(limits, "ONE", ONE, raising=False)
    calls: list[Any] = []
    script = limits._script(redis_url)
    monkeypatch.setattr(limits, "_script", lambda url: lambda **given: calls.append(given) or script(**given))
    in_turn(f"test-{time.time_ns()}")
    assert len(calls) == 7
    assert not limits.memory.kept
    refused = limits.take_all((ONE, "x"), (limits.Limit("none", 0, 60), "x"))
    assert (refused.allowed, refused.limit.name) == (False, "none")


# -- Pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_visitors_pages_count_by_their_network(few: None) -> None:
    answers = [Client(REMOTE_ADDR=f"2001:db8:1:2::{number}").get("/login/") for number in range(1, 4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0]["RateLimit-Limit"] == "2"
    assert 0 < int(answers[2]["Retry-After"]) <= 120
    assert answers[2]["Retry-After"] == answers[2]["RateLimit-Reset"]
    assert "A little slower, please" in answers[2].content.decode()
    assert Client(REMOTE_ADDR="2001:db8:1:3::1").get("/login/").status_code == 200


@pytest.mark.django_db
def test_pages_and_api_of_a_visitor_are_one_count(few: None) -> None:
    client = Client(REMOTE_ADDR="192.0.2.1")
    assert client.get("/login/").status_code == 200
    assert client.get("/api/v1/users/nobody").status_code == 404
    assert client.get("/api/v1/users/nobody").status_code == 429
    assert client.get("/login/").status_code == 429
    assert client.post("/login/", {}).status_code == 429
    refused = client.get("/login/", headers={"HX-Request": "true"})
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")


@pytest.mark.django_db
def test_what_a_page_brings_along_and_health_checks_do_not_count(few: None) -> None:
    client = Client(REMOTE_ADDR="192.0.2.1")
    for path in ("/healthz", "/readyz", "/theme.css", "/manifest.webmanifest", "/sw.js", "/offline/"):
        answers = [client.get(path) for _turn in range(4)]
        assert {answer.status_code for answer in answers} == {200}, path
        assert "RateLimit-Limit" not in answers[0]
    for path in ("/static/css/core.css", "/media/00000000-0000-4000-8000-000000000000/320.webp"):
        assert 429 not in {client.get(path).status_code for _turn in range(4)}
    assert client.get("/login/").status_code == 200
    assert all(path.startswith("/") for path in Limits.FREE)


@pytest.mark.django_db
def test_monitors_look_at_pages_as_often_as_they_like(few: None, settings: Any) -> None:
    settings.RATE_LIMIT_EXEMPT = ["203.0.113.0/24"]
    client = Client(REMOTE_ADDR="203.0.113.7")
    answers = [client.get("/login/") for _turn in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit-Limit" not in answers[0]


def test_members_count_by_their_account_wherever_they_are(few: None, cast: Cast) -> None:
    clients = [Client(REMOTE_ADDR=f"192.0.2.{number}") for number in range(4)]
    for client in clients:
        log_in(client, cast.alice)
    assert [client.get("/settings/language/").status_code for client in clients] == [200, 200, 200, 429]
    assert clients[0].get("/api/v1/me").status_code == 429
    other = Client(REMOTE_ADDR="192.0.2.1")
    log_in(other, cast.bob)
    assert other.get("/settings/language/").status_code == 200


def test_a_token_counts_for_itself_and_for_its_account(few: None, cast: Cast) -> None:
    raws = [api_tokens.make_token(actor=cast.alice, name="t", may=["read"]).raw for _turn in range(2)]

    def ask(raw: str) -> Any:
        return Client(headers={"Authorization": f"Bearer {raw}"}).get("/api/v1/me")

    answers = [ask(raws[0]), ask(raws[0]), ask(raws[1]), ask(raws[1])]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    by_login = [key for key in limits.memory.kept if "member-login" in key]
    assert len(by_login) == 2
    assert all("sst_" not in key for key in limits.memory.kept)


def test_counting_asks_the_database_nothing(cast: Cast, settings: Any) -> None:
    def queries(path: str, client: Client) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    client = Client()
    log_in(client, cast.alice)
    client.get("/")
    paths = ("/", "/settings/language/", "/@alice/")
    counted = [queries(path, who) for path in paths for who in (client, Client()) if who is client or path != paths[1]]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "core.middleware.Limits"]
    client.handler.load_middleware()
    free = [queries(path, who) for path in paths for who in (client, Client()) if who is client or path != paths[1]]
    assert counted == free


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["rubbish", "sst_rubbish", ""])
def test_who_is_refused_at_the_door_counts_too(few: None, word: str) -> None:
    headers = {"Authorization": f"Bearer {word}"} if word else {}
    client = Client(REMOTE_ADDR="192.0.2.1", headers=headers)
    assert [client.get("/api/v1/me").status_code for _turn in range(3)] == [401, 401, 429]
    assert Client(REMOTE_ADDR="192.0.2.2", headers=headers).get("/api/v1/me").status_code == 401

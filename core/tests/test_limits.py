"""Limits: a sliding window, whoever counts it (memory, Redis, the database), and what the doors say."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests.factories import PASSWORD, Cast, log_in
from core import errors, limits
from core.models import Count

FEW = limits.Limit("few", 3, 60)


# -- Counting ---------------------------------------------------------------------------------------------------------


@given(
    amount=st.integers(1, 20),
    pauses=st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=60),
)
def test_who_waits_as_told_is_let_and_the_windows_hold(amount: int, pauses: list[float]) -> None:
    limit = limits.Limit("x", amount, 60)
    now, kept, let = 1_000_000.0, (-9, 0, 0), []
    for pause in pauses:
        now += pause
        *row, turn = limits.step(limit, now, *kept)
        if turn.allowed:
            kept = (row[0], row[1], row[2])
            let.append(now)
            assert 0 <= turn.left < amount
        else:
            assert turn.left == 0
            assert 0 < turn.wait <= 120
            *_row, later = limits.step(limit, now + turn.wait + 1e-6, *kept)
            assert later.allowed
        window = [one for one in let if one // 60 == now // 60]
        assert len(window) <= amount


def test_full_at_the_end_of_a_minute_is_full_at_the_start_of_the_next(time_machine: Any) -> None:
    time_machine.move_to(1_000_019.0, tick=False)  # 59 seconds into a window
    assert [limits.take(FEW, "a").allowed for _turn in range(4)] == [True, True, True, False]
    time_machine.move_to(1_000_021.0, tick=False)
    assert not limits.take(FEW, "a").allowed
    assert limits.take(FEW, "b").allowed, "somebody else"
    time_machine.move_to(1_000_080.0, tick=False)
    assert limits.take(FEW, "a").allowed


def test_it_holds_for_those_who_ask_at_once() -> None:
    limit = limits.Limit("at-once", 100, 3600)
    with ThreadPoolExecutor(8) as many:
        let = list(many.map(lambda _turn: limits.take(limit, "a").allowed, range(260)))
    assert let.count(True) == 100


def test_memory_forgets_what_is_over_and_never_grows_without_end(
    monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    monkeypatch.setattr(limits, "MEMORY_KEYS", 10)
    time_machine.move_to(1_000_000.0, tick=False)
    for who in range(25):
        limits.take(FEW, who)
    assert len(limits.memory.kept) <= 10
    assert limits.take(FEW, 24).left == 1, "the newest are kept"


@pytest.mark.slow
@pytest.mark.redis
def test_redis_counts_for_all_processes(redis_url: str, settings: Any) -> None:
    """Three processes ask at once; together they are let as often as the limit says."""
    settings.REDIS_URL = redis_url
    who = f"test-{time.time_ns()}"
    code = (
        "import django; django.setup()\n"
        "from core import limits\n"
        f"limit = limits.Limit('processes', 50, 3600)\n"
        f"print(sum(limits.take(limit, '{who}').allowed for _ in range(40)))"
    )
    environment = {
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "socialsite.settings",
        "REDIS_URL": redis_url,
        "SECRET_KEY": "only-for-tests-" * 4,
        "DATA_DIR": str(settings.DATA_DIR),
    }
    many = [
        subprocess.Popen([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE)
        for _turn in range(3)
    ]
    assert sum(int(one.communicate(timeout=60)[0]) for one in many) == 50
    turn = limits.take(limits.Limit("processes", 50, 3600), who)
    assert (turn.allowed, turn.left) == (False, 0)
    assert 0 < turn.wait <= 7200


@pytest.mark.redis
def test_redis_and_memory_count_alike(redis_url: str, settings: Any) -> None:
    settings.REDIS_URL = redis_url
    limit, who = limits.Limit("alike", 4, 1), f"test-{time.time_ns()}"
    here: list[tuple[bool, int]] = []
    there: list[tuple[bool, int]] = []
    for _turn in range(30):
        one, other = limits.take(limit, who), limits.memory.take((limit, who))
        there.append((one.allowed, one.left))
        here.append((other.allowed, other.left))
        time.sleep(0.05)
    # Two clocks read microseconds apart: the turn at the edge of a window may fall either way.
    assert sum(a != b for a, b in zip(here, there, strict=True)) <= 3
    assert 4 <= sum(allowed for allowed, _left in there) <= 12


def test_while_redis_is_away_this_process_counts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(limits, "_away_until", 0.0)
    assert [limits.take(FEW, "away").allowed for _turn in range(4)] == [True, True, True, False]


@pytest.mark.both
@pytest.mark.django_db
def test_the_database_counts_across_restarts() -> None:
    assert [limits.take_sure(FEW, "a").allowed for _turn in range(2)] == [True, True]
    limits.memory.clear()
    limits.give_back_sure(FEW, "a")
    assert [limits.take_sure(FEW, "a").allowed for _turn in range(3)] == [True, True, False]
    assert len(Count.objects.get().key) == 64
    limits.forget_sure(FEW, "a")
    assert limits.take_sure(FEW, "a").left == 2


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_the_database_counts_for_those_who_ask_at_once() -> None:
    def ask(_turn: int) -> bool:
        try:
            return limits.take_sure(FEW, "many").allowed
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as many:
        let = list(many.map(ask, range(16)))
    assert let.count(True) == 3
    assert Count.objects.count() == 1


@pytest.mark.django_db
def test_what_limits_nobody_any_more_is_forgotten(time_machine: Any) -> None:
    time_machine.move_to(1_000_000.0, tick=False)
    limits.take_sure(FEW, "a")
    assert limits.prune() == 0
    time_machine.move_to(1_000_200.0, tick=False)
    assert limits.prune() == 1


def test_one_too_many_says_when_to_come_again() -> None:
    for _turn in range(3):
        limits.check(FEW, "told")
    with pytest.raises(errors.TooMany) as refused:
        limits.check(FEW, "told")
    assert 0 < refused.value.retry_after <= 120


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unix", "unix"),
    ],
)
def test_in_ipv6_everybody_has_a_network(address: str, whose: str) -> None:
    assert limits.network(address) == whose


# -- At the doors -----------------------------------------------------------------------------------------------------


def ask(address: str = "192.0.2.1") -> Any:
    return Client(REMOTE_ADDR=address).get("/api/v1/users/nobody")


@pytest.mark.django_db
def test_visitors_count_by_their_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANONYMOUS", limits.Limit("anonymous", 2, 60))
    answers = [ask(f"2001:db8:1:2::{number}") for number in range(1, 4)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0]["RateLimit-Limit"] == "2"
    assert answers[2].json()["type"] == "/problems/too_many"
    assert 0 < int(answers[2]["Retry-After"]) <= 120
    assert answers[2]["RateLimit-Reset"] == answers[2]["Retry-After"]
    assert ask("2001:db8:1:3::1").status_code == 404


@pytest.mark.django_db
def test_a_forwarded_address_is_no_way_around(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(limits, "ANONYMOUS", limits.Limit("anonymous", 1, 60))

    def forwarded(number: int) -> int:
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        return Client(REMOTE_ADDR="192.0.2.1", headers=headers).get("/api/v1/users/nobody").status_code

    assert [forwarded(number) for number in range(3)] == [404, 429, 429]
    settings.TRUSTED_PROXIES = ["192.0.2.1"]
    assert [forwarded(number) for number in range(3)] == [404, 404, 404], "from our proxy it is theirs"


@pytest.mark.django_db
def test_monitors_ask_as_often_as_they_like(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(limits, "ANONYMOUS", limits.Limit("anonymous", 1, 60))
    settings.RATE_LIMIT_EXEMPT = ["203.0.113.0/24"]
    assert [ask("203.0.113.7").status_code for _turn in range(3)] == [404, 404, 404]
    assert [ask("203.0.114.7").status_code for _turn in range(2)] == [404, 429]


def test_writing_is_limited_through_every_door(cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WRITING", limits.Limit("writing", 3, 60))
    log_in(client, cast.alice)
    assert client.post("/compose/", {"text": "one", "audience": "public"}).status_code == 302
    made = client.post("/api/v1/posts", {"text": "two"}, content_type="application/json")
    assert made.status_code == 201
    under = {"post": made.json()["id"]}
    assert client.post("/comments/write/", {**under, "text": "three"}).status_code == 302
    page = client.post("/compose/", {"text": "four words I want to keep", "audience": "public"})
    assert page.status_code == 422
    assert "four words I want to keep" in page.content.decode()
    page = client.post("/comments/write/", {**under, "text": "five words I want to keep"})
    assert page.status_code == 429
    assert "five words I want to keep" in page.content.decode()
    for path in ("/api/v1/posts", f"/api/v1/posts/{made.json()['id']}/comments"):
        refused = client.post(path, {"text": "six"}, content_type="application/json")
        assert refused.status_code == 429
        assert refused["Retry-After"]
    other = Client()
    log_in(other, cast.bob)
    assert other.post("/compose/", {"text": "mine", "audience": "public"}).status_code == 302


@pytest.mark.slow
@pytest.mark.django_db
def test_wrong_passwords_count_for_a_name_however_it_is_written_and_across_restarts(
    cast: Cast, time_machine: Any
) -> None:
    """The two names of an account count each for itself: accounts/tests/test_telling.py says why."""
    time_machine.move_to("2030-01-01 10:00:00", tick=False)

    def log_in_as(login: str, password: str, number: int) -> int:
        given = {"login": login, "password": password}
        answer = Client(REMOTE_ADDR=f"192.0.2.{number}").post(
            "/api/v1/auth/login", given, content_type="application/json"
        )
        return answer.status_code

    names = ("alice", "@Alice", " alice", "ALICE", "@alice ")
    assert [log_in_as(name, "wrong", number) for number, name in enumerate(names)] == [401] * 5
    limits.memory.clear()  # a restart
    assert log_in_as("alice", PASSWORD, 9) == 429
    assert log_in_as("bob", PASSWORD, 9) == 200
    time_machine.move_to("2030-01-01 10:11:00", tick=False)
    assert [log_in_as("alice", PASSWORD, 9) for _turn in range(7)] == [200] * 7, "right ones do not count"


@pytest.mark.django_db
def test_who_guesses_at_many_accounts_is_stopped_by_their_network(time_machine: Any) -> None:
    time_machine.move_to("2030-01-01 10:00:00", tick=False)
    given = [{"login": f"person{number}", "password": "wrong"} for number in range(12)]
    client = Client(REMOTE_ADDR="192.0.2.1")
    answers = [client.post("/api/v1/auth/login", one, content_type="application/json").status_code for one in given]
    assert answers == [401] * 10 + [429] * 2

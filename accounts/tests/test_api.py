"""Logins of apps, tickets, and people over /api/v1."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts import tokens
from accounts.actions import logins
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.tests.factories import PASSWORD, Cast, log_in, make_follow, make_user
from core import limits
from core.models import Event

pytestmark = pytest.mark.django_db
JSON = "application/json"


class App:
    """An app without cookies."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.access = self.refresh = ""

    def ask(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        if self.access:
            headers = {"Authorization": f"Bearer {self.access}", **headers}
        self.client.cookies.clear()
        return self.client.generic(
            method, f"/api/v1/{path}", json.dumps(data) if data is not None else "", content_type=JSON, headers=headers
        )

    def log_in(self, login: str = "alice", password: str = PASSWORD) -> Any:
        answer = self.ask("POST", "auth/login", {"login": login, "password": password})
        if answer.status_code == 200:
            self.access, self.refresh = answer.json()["access"], answer.json()["refresh"]
        return answer

    def renew(self, refresh: str = "") -> Any:
        return App().ask("POST", "auth/refresh", {"refresh": refresh or self.refresh})


@pytest.fixture
def app(cast: Cast) -> App:
    made = App()
    assert made.log_in().status_code == 200
    return made


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"/problems/{code}"
    return body


# -- Logging in --


@pytest.mark.parametrize("login", ["alice", "@Alice", "alice@example.org"])
def test_login_gives_tokens_and_oneself(cast: Cast, login: str) -> None:
    app = App()
    answer = app.log_in(login)
    assert answer.json()["user"]["handle"] == "alice"
    assert answer.json()["user"]["email"] == "alice@example.org"
    me = app.ask("GET", "me")
    assert me.status_code == 200
    assert me.json() == answer.json()["user"]
    assert "password" not in me.content.decode()
    assert not me.cookies


def test_wrong_password_and_unknown_name_answer_alike(cast: Cast) -> None:
    first = App().log_in("alice", "wrong password")
    second = App().log_in("nobody", "wrong password")
    problem(first, 401, "sign_in_needed")
    assert first.content == second.content
    assert first["WWW-Authenticate"].startswith("Bearer")


def test_login_needs_both_fields(cast: Cast) -> None:
    body = problem(App().ask("POST", "auth/login", {"login": "alice"}), 422, "invalid")
    assert list(body["errors"]) == ["password"]
    problem(App().ask("POST", "auth/login", ["no", "object"]), 422, "invalid")


def test_failed_logins_are_limited(cast: Cast) -> None:
    for _turn in range(5):
        App().log_in("alice", "wrong password")
    answer = App().log_in()
    problem(answer, 429, "too_many")
    assert int(answer["Retry-After"]) > 0


def test_second_factor_is_not_passed_by(cast: Cast) -> None:
    Authenticator.objects.create(user=cast.alice, type=Authenticator.Type.TOTP, data={"secret": "x"})
    problem(App().log_in(), 401, "second_factor_needed")
    problem(App().log_in(password="wrong password"), 401, "sign_in_needed")
    assert not Device.objects.exists()


def test_unproven_address_is_refused(cast: Cast) -> None:
    EmailAddress.objects.filter(user=cast.alice).update(verified=False)
    problem(App().log_in(), 403, "not_allowed")


@pytest.mark.parametrize("change", [{"is_active": False}, {"suspended_until": timezone.now() + timedelta(days=400)}])
def test_who_is_gone_gets_in_no_more(cast: Cast, app: App, change: dict) -> None:
    User.objects.filter(pk=cast.alice.pk).update(**change)
    problem(app.ask("GET", "me"), 401, "token_ended")
    problem(app.renew(), 401, "token_ended")
    assert App().log_in().status_code == 401


# -- Tokens --


def test_each_request_costs_one_query_for_the_login(cast: Cast, app: App, django_assert_num_queries) -> None:
    with django_assert_num_queries(3):  # device with member; the answer; its fields
        app.ask("GET", "me")


@pytest.mark.parametrize("word", ["", "rubbish", "a.b.c", "Bearer"])
def test_bad_tokens_are_refused(cast: Cast, word: str) -> None:
    app = App()
    app.access = word or "x y"
    problem(app.ask("GET", "me"), 401, "token_ended")
    problem(App().ask("GET", "me"), 401, "sign_in_needed")


def test_tokens_are_good_for_their_own_use_only(cast: Cast, app: App) -> None:
    problem(app.renew(app.access), 401, "token_ended")
    app.access = app.refresh
    problem(app.ask("GET", "me"), 401, "token_ended")


def test_token_for_another_members_login_is_refused(cast: Cast, app: App) -> None:
    forged = AccessToken()
    forged["sub"], forged["device"] = str(cast.bob.pk), Device.objects.get().pk
    app.access = str(forged)
    problem(app.ask("GET", "me"), 401, "token_ended")
    foreign = RefreshToken()
    foreign["sub"], foreign["device"] = str(cast.bob.pk), Device.objects.get().pk
    problem(app.renew(str(foreign)), 401, "token_ended")
    assert Device.objects.get().ended_at is None


def test_tokens_run_out(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app = App()
        app.log_in()
        clock.shift(timedelta(minutes=14))
        assert app.ask("GET", "me").status_code == 200
        clock.shift(timedelta(minutes=2))
        problem(app.ask("GET", "me"), 401, "token_ended")
        clock.shift(timedelta(days=7))
        problem(app.renew(), 401, "token_ended")


def test_rotation_and_reuse(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app = App()
        app.log_in()
        first = app.refresh
        second = app.renew().json()["refresh"]
        assert second != first
        clock.shift(timedelta(seconds=29))
        assert app.renew(first).json()["refresh"] == second, "a lost answer can be asked for again"
        third = app.renew(second).json()["refresh"]
        assert third not in {first, second}
        problem(app.renew(first), 401, "token_ended")  # two steps old: it was stolen, or the thief was here
        problem(app.renew(third), 401, "token_ended")
        problem(app.ask("GET", "me"), 401, "token_ended")
    assert Device.objects.get().ended_at is not None
    assert Event.objects.filter(name="core.AccessChanged", data={"user_id": cast.alice.pk}).exists()


def test_the_old_token_ends_the_login_after_half_a_minute(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app = App()
        app.log_in()
        new = app.renew().json()
        clock.shift(timedelta(seconds=31))
        problem(app.renew(), 401, "token_ended")
        problem(app.renew(new["refresh"]), 401, "token_ended")


def test_log_out_ends_this_login_only(cast: Cast, app: App) -> None:
    other = App()
    other.log_in()
    assert app.ask("POST", "auth/logout").status_code == 204
    problem(app.ask("GET", "me"), 401, "token_ended")
    problem(app.renew(), 401, "token_ended")
    assert other.ask("GET", "me").status_code == 200


# -- Tickets and sockets --


def test_ticket_opens_once_and_carries_the_login(cast: Cast, app: App) -> None:
    ticket = app.ask("POST", "auth/ticket").json()["ticket"]
    principal = tokens.by_ticket(ticket)
    assert principal is not None
    assert principal.user_id == cast.alice.pk
    assert tokens.by_ticket(ticket) is None
    assert tokens.still_valid(principal)
    app.ask("POST", "auth/logout")
    assert not tokens.still_valid(principal)


def test_ticket_runs_out_and_ends_with_its_login(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app = App()
        app.log_in()
        late = app.ask("POST", "auth/ticket").json()["ticket"]
        clock.shift(timedelta(seconds=31))
        assert tokens.by_ticket(late) is None
        ended = app.ask("POST", "auth/ticket").json()["ticket"]
        logins.end_devices(actor=cast.alice)
        assert tokens.by_ticket(ended) is None
    assert tokens.by_ticket("rubbish") is None


def test_a_socket_ends_with_an_app_that_comes_no_more(cast: Cast, app: App) -> None:
    principal = tokens.by_ticket(app.ask("POST", "auth/ticket").json()["ticket"])
    late = app.ask("POST", "auth/ticket").json()["ticket"]
    assert tokens.still_valid(principal)
    Device.objects.update(refreshed_at=timezone.now() - timedelta(days=7, minutes=1))
    assert not tokens.still_valid(principal)
    assert tokens.by_ticket(late) is None


def test_a_browsers_session_is_a_login_too(cast: Cast, client: Client) -> None:
    device = log_in(client, cast.alice)
    principal = tokens.by_session(device.session_key)
    assert principal is not None
    ticket = client.post("/api/v1/auth/ticket").json()["ticket"]
    assert tokens.by_ticket(ticket) == principal
    client.session.flush()
    assert tokens.by_session(device.session_key) is None
    assert not tokens.still_valid(principal)
    assert tokens.by_session("") is None
    assert tokens.by_session("rubbish") is None


# -- People --


def test_me_can_be_changed(cast: Cast, app: App) -> None:
    answer = app.ask("PATCH", "me", {"name": "Alice B.", "bio": "Soup", "handle": "Alice_B", "language": "th"})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["handle"], answer.json()["bio"]) == ("Alice B.", "alice_b", "Soup")
    body = problem(app.ask("PATCH", "me", {"handle": "bob"}), 422, "invalid")
    assert list(body["errors"]) == ["handle"]
    problem(app.ask("PATCH", "me", {"bio": "x" * 501}), 422, "invalid")
    problem(app.ask("PATCH", "me", {"language": "tlh"}), 422, "invalid")
    problem(App().ask("PATCH", "me", {"bio": "x"}), 401, "sign_in_needed")


@pytest.mark.parametrize("by", ["id", "handle", "@handle"])
def test_a_person_by_id_or_handle(cast: Cast, app: App, by: str) -> None:
    reference = {"id": str(cast.dan.pk), "handle": "dan", "@handle": "@DAN"}[by]
    answer = app.ask("GET", f"users/{reference}").json()
    assert answer["id"] == cast.dan.pk
    assert (answer["followed"], answer["follows_you"], answer["followers"]) == (True, True, 1)
    assert "email" not in answer
    assert App().ask("GET", f"users/{reference}").json()["followed"] is False


@pytest.mark.parametrize("id", ["nobody", "0", "999999", "9" * 30, "²", "%00", "mallory"])
def test_absent_hidden_and_impossible_people_answer_alike(cast: Cast, app: App, id: str) -> None:
    for method, path in (("GET", ""), ("POST", "/follow"), ("DELETE", "/follow"), ("POST", "/block")):
        if (id, method, path) == ("mallory", "POST", "/block"):
            continue  # alice may block again whom she blocks
        answer = app.ask(method, f"users/{id}{path}")
        problem(answer, 404, "not_found")
        assert answer.content == app.ask(method, f"users/absent{path}").content


def test_follow_and_block_over_the_api(cast: Cast, app: App) -> None:
    for _turn in range(2):
        answer = app.ask("POST", f"users/{cast.carol.pk}/follow")
        assert (answer.status_code, answer.json()["followed"], answer.json()["followers"]) == (200, True, 1)
    for _turn in range(2):
        answer = app.ask("DELETE", "users/carol/follow")
        assert (answer.status_code, answer.json()["followed"], answer.json()["followers"]) == (200, False, 0)
    problem(app.ask("POST", "users/alice/follow"), 422, "invalid")
    for _turn in range(2):
        assert app.ask("POST", "users/carol/block").status_code == 204
    problem(app.ask("GET", "users/carol"), 404, "not_found")
    for _turn in range(2):
        assert app.ask("DELETE", "users/carol/block").status_code == 204
    assert app.ask("GET", "users/carol").status_code == 200
    problem(App().ask("POST", "users/carol/follow"), 401, "sign_in_needed")
    problem(app.ask("PUT", "users/carol/follow"), 405, "method_not_allowed")


def test_lists_of_people_come_by_cursor(cast: Cast, app: App, django_assert_num_queries) -> None:
    fans = [make_user(f"fan_{number}") for number in range(25)]
    for fan in fans:
        make_follow(fan, cast.carol)
    with django_assert_num_queries(4):  # login, person, candidates, whom of them one may see
        first = app.ask("GET", "users/carol/followers").json()
    second = app.ask("GET", f"users/carol/followers?cursor={first['next']}").json()
    assert [one["handle"] for one in first["results"] + second["results"]] == [fan.handle for fan in reversed(fans)]
    assert second["next"] is None
    assert app.ask("GET", "users/fan_1/following").json()["results"][0]["handle"] == "carol"
    problem(app.ask("GET", "users/carol/followers?cursor=rubbish"), 422, "invalid")


def test_a_browser_needs_its_csrf_token(cast: Cast) -> None:
    browser = Client(enforce_csrf_checks=True)
    log_in(browser, cast.alice)
    assert browser.get("/api/v1/me").status_code == 200
    assert browser.post("/api/v1/users/carol/follow").status_code == 403


def test_members_are_limited_by_the_minute(cast: Cast, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MEMBER", limits.Limit("member", 2, 60))
    answers = [app.ask("GET", "me") for _turn in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0


def test_the_document_describes_these_doors(client: Client) -> None:
    document = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    paths = document["paths"]
    login = paths["/api/v1/auth/login"]["post"]
    assert "LoginRequest" in str(login["requestBody"])
    assert "LoggedIn" in str(login["responses"]["200"])
    assert {"get", "patch"} <= paths["/api/v1/me"].keys()
    assert {"post", "delete"} <= paths["/api/v1/users/{id}/follow"].keys()

"""Second factors through the API, as an app manages them: set up, changed, taken away, each with its refusals."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.access import factors as factor_access
from accounts.actions import api_tokens, bots, factors, life
from accounts.models.people import User
from accounts.queries import factors as factor_queries
from accounts.tests.factories import PASSWORD, Cast, log_in, make_user
from accounts.tests.soft_key import SoftKey
from accounts.tests.test_api import App, problem
from accounts.tests.test_at_once import at_once
from accounts.tests.test_factors import code_of, is_in, set_up_app
from core import options, scopes
from core.models import AuditEntry, Mail

pytestmark = pytest.mark.django_db

BEGIN, CONFIRM, OPTIONS = "me/factors/app/secret", "me/factors/app/confirm", "me/factors/passkeys/options"
PASSKEYS, CODES = "me/factors/passkeys", "me/factors/codes"
SET_UP = [("POST", BEGIN), ("POST", CONFIRM), ("POST", OPTIONS), ("POST", PASSKEYS)]
REST = [("DELETE", "me/factors/app"), ("PATCH", f"{PASSKEYS}/1"), ("DELETE", f"{PASSKEYS}/1"), ("POST", CODES)]


@pytest.fixture
def app(cast: Cast) -> App:
    """Alice's, logged in a moment ago."""
    made = App()
    made.log_in()
    return made


def good(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    return answer.json()


def set_up(app: App, key: SoftKey, name: str = "My phone") -> Any:
    begun = good(app.ask("POST", OPTIONS))
    given = {"flow": begun["flow"], "name": name, "credential": key.create(begun["options"])}
    return app.ask("POST", PASSKEYS, given)


def told(user: User) -> list[tuple[str, dict[str, Any]]]:
    mails = Mail.objects.filter(to=user.email, subject__contains="protection").count()
    entries = AuditEntry.objects.filter(subject=f"user:{user.pk}", actor_id=user.pk).order_by("pk")
    assert entries.count() == mails, "each change is told by mail"
    return [(entry.action.removeprefix("accounts."), entry.data) for entry in entries]


# -- The app --


def test_an_authenticator_app_is_set_up_and_taken_away(app: App, cast: Cast) -> None:
    other, browser = App(), Client()
    other.log_in()
    log_in(browser, cast.alice)
    begun = good(app.ask("POST", BEGIN))
    assert begun["expires_in"] == 900
    assert parse_qs(urlsplit(begun["uri"]).query)["secret"] == [begun["secret"]]
    assert begun["uri"].startswith("otpauth://totp/")
    waiting = Session.objects.exclude(pk=browser.session.session_key).get()
    assert begun["secret"] not in str(waiting.get_decoded()), "the row does not give it away"
    assert begun["flow"] not in waiting.session_key
    assert not factor_access.has_factor(cast.alice)
    given = {"flow": begun["flow"], "code": "000000"}
    assert list(problem(app.ask("POST", CONFIRM, given), 422, "invalid")["errors"]) == ["code"]
    given["code"] = code_of(begun["secret"])
    added = good(app.ask("POST", CONFIRM, given), 201)
    assert len(set(added["codes"])) == added["codes_left"] == 10
    assert added["app_since"]
    problem(app.ask("POST", CONFIRM, given), 410, "flow_ended")
    problem(other.ask("GET", "me"), 401, "token_ended")
    assert not is_in(browser), "the first factor ends what was made without it"
    assert "codes" not in good(app.ask("GET", "me/factors")), "shown once"
    again = good(app.ask("POST", BEGIN))
    given = {"flow": again["flow"], "code": code_of(again["secret"])}
    problem(app.ask("POST", CONFIRM, given), 409, "conflict")
    assert app.ask("DELETE", "me/factors/app").status_code == 204
    assert app.ask("DELETE", "me/factors/app").status_code == 204
    assert not Authenticator.objects.exists()
    assert told(cast.alice) == [("add_factor", {"kind": "app"}), ("remove_factor", {"kind": "app"})]


def test_a_secret_is_for_whom_it_was_made_and_for_a_quarter_of_an_hour(cast: Cast) -> None:
    with time_machine.travel("2030-01-01 10:00", tick=False) as clock:
        app, bob = App(), App()
        app.log_in()
        bob.log_in("bob")
        begun = good(app.ask("POST", BEGIN))
        given = {"flow": begun["flow"], "code": code_of(begun["secret"])}
        problem(bob.ask("POST", CONFIRM, given), 410, "flow_ended")
        for flow in ("", "nothing", good(app.ask("POST", OPTIONS))["flow"]):
            answer = app.ask("POST", CONFIRM, {**given, "flow": flow})
            assert answer.status_code == (410 if flow else 422)
        clock.shift(timedelta(minutes=15, seconds=1))
        new = app.renew().json()
        app.access = new["access"]
        assert app.ask("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 204
        problem(app.ask("POST", CONFIRM, {**given, "code": code_of(begun["secret"])}), 410, "flow_ended")
    assert not Authenticator.objects.exists()


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_one_flow_many_times_at_once_sets_up_one_factor() -> None:
    make_user("alice")
    app, key = App(), SoftKey()
    app.log_in()
    begun, asked = good(app.ask("POST", BEGIN)), good(app.ask("POST", OPTIONS))
    calls = {
        CONFIRM: {"flow": begun["flow"], "code": code_of(begun["secret"])},
        PASSKEYS: {"flow": asked["flow"], "credential": key.create(asked["options"])},
    }

    def ask(path: str) -> int:
        own = App()
        own.access = app.access
        return own.ask("POST", path, calls[path]).status_code

    for path in calls:
        assert sorted(at_once(*[lambda path=path: ask(path)] * 4)) == [201, 410, 410, 410]
    assert sorted(Authenticator.objects.values_list("type", flat=True)) == ["recovery_codes", "totp", "webauthn"]


# -- Passkeys --


def test_a_passkey_is_set_up_renamed_and_removed(app: App, cast: Cast) -> None:
    key, other = SoftKey(), App()
    other.log_in()
    added = good(set_up(app, key), 201)
    assert len(added["codes"]) == 10
    problem(other.ask("GET", "me"), 401, "token_ended")
    [row] = added["passkeys"]
    assert row["name"] == "My phone"
    begun = good(App().ask("POST", "auth/passkey/options"))
    entered = App().ask("POST", "auth/passkey", {"flow": begun["flow"], "credential": key.get(begun["options"])})
    assert entered.status_code == 200, "it is a whole login"
    assert good(set_up(app, SoftKey(), name=" "), 201)["codes"] == [], "the second one brings none"
    renamed = good(app.ask("PATCH", f"{PASSKEYS}/{row['id']}", {"name": "Grey\u200b  key"}))
    assert (renamed["id"], renamed["name"]) == (row["id"], "Grey key")
    for name in ("", "\u200b", "x" * 61):
        body = problem(app.ask("PATCH", f"{PASSKEYS}/{row['id']}", {"name": name}), 422, "invalid")
        assert list(body["errors"]) == ["name"]
    assert app.ask("DELETE", f"{PASSKEYS}/{row['id']}").status_code == 204
    problem(app.ask("DELETE", f"{PASSKEYS}/{row['id']}"), 404, "not_found")
    assert [one.name for one in factor_queries.protection(viewer=cast.alice).passkeys] == ["My passkey"]
    assert told(cast.alice) == [(f"{verb}_factor", {"kind": "passkey"}) for verb in ("add", "add", "remove")]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"origin": "https://evil.example"}, "a page that only looks like ours"),
        ({"rp_id": "evil.example"}, "made for another site"),
        ({"verified": False}, "no finger, face or PIN"),
    ],
)
def test_a_passkey_that_is_not_quite_right_is_not_kept(app: App, change: dict[str, Any], why: str) -> None:
    answer = set_up(app, SoftKey(**change))
    assert list(problem(answer, 422, "invalid")["errors"]) == ["credential"], why
    assert not Authenticator.objects.exists()


def test_rubbish_instead_of_a_passkey_is_refused_and_ends_the_flow(app: App) -> None:
    begun, key = good(app.ask("POST", OPTIONS)), SoftKey()
    right = key.create(begun["options"])
    rubbish: list[dict[str, Any]] = [{}, {"id": 1}, {**right, "response": {}}, {**right, "response": None}]
    for credential in rubbish:
        answer = app.ask("POST", PASSKEYS, {"flow": begun["flow"], "credential": credential})
        problem(answer, 422, "invalid")
    given = {"flow": begun["flow"], "credential": {**right, "rawId": "!"}}
    problem(app.ask("POST", PASSKEYS, given), 410, "flow_ended")
    problem(app.ask("POST", PASSKEYS, {**given, "credential": right}), 410, "flow_ended")
    foreign = good(app.ask("POST", OPTIONS))
    given = {"flow": foreign["flow"], "credential": right}  # another challenge
    problem(app.ask("POST", PASSKEYS, given), 422, "invalid")
    assert not Authenticator.objects.exists()


def test_passkeys_of_others_are_not_there(app: App, cast: Cast) -> None:
    SoftKey.known(cast.bob)
    theirs = factor_access.own_passkeys(cast.bob).get()
    for id in (theirs.pk, 2**70):
        problem(app.ask("PATCH", f"{PASSKEYS}/{id}", {"name": "Mine"}), 404, "not_found")
        problem(app.ask("DELETE", f"{PASSKEYS}/{id}"), 404, "not_found")
    bob, key = App(), SoftKey()
    bob.log_in("carol")
    begun = good(bob.ask("POST", OPTIONS))
    given = {"flow": begun["flow"], "credential": key.create(begun["options"])}
    problem(app.ask("POST", PASSKEYS, given), 410, "flow_ended")
    assert Authenticator.objects.get() == theirs


def test_there_is_a_most_of_passkeys(app: App, cast: Cast) -> None:
    for _turn in range(factors.PASSKEYS_LIMIT):
        SoftKey.known(cast.alice)
    problem(set_up(app, SoftKey()), 409, "conflict")


# -- Recovery codes --


def test_new_recovery_codes_end_the_old_ones(app: App, cast: Cast) -> None:
    problem(app.ask("POST", CODES), 409, "conflict")
    old = good(set_up(app, SoftKey()), 201)["codes"]
    fresh = good(app.ask("POST", CODES), 201)["codes"]
    assert all(re.fullmatch(r"\d{8}", code) for code in fresh)
    assert len(set(fresh) - set(old)) == 10
    assert factors.check_code(actor=cast.alice, code=old[0]) is None
    assert factors.check_code(actor=cast.alice, code=fresh[0])
    assert good(app.ask("GET", "me/factors"))["codes_left"] == 9
    assert told(cast.alice)[-1] == ("renew_factor", {"kind": "codes"})


# -- Who may --


def test_everything_asks_for_a_fresh_proof(cast: Cast) -> None:
    with time_machine.travel("2030-01-01 10:00", tick=False) as clock:
        app, browser = App(), Client()
        app.log_in()
        log_in(browser, cast.alice)
        clock.shift(timedelta(minutes=15, seconds=1))
        app.access = app.renew().json()["access"]
        for method, path in SET_UP + REST:
            problem(app.ask(method, path, {}), 401, "reauthentication_needed")
            answer = browser.generic(method, f"/api/v1/{path}", "{}", content_type="application/json")
            problem(answer, 401, "reauthentication_needed")
        assert app.ask("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 204
        assert good(set_up(app, SoftKey()), 201)["passkeys"]


def test_visitors_tokens_and_bots_may_not(cast: Cast) -> None:
    owner = make_user("owner", is_staff=True, is_superuser=True)
    bot = bots.make_bot(actor=owner, handle="weather", display_name="Weather")
    token, robot = App(), App()
    token.access = api_tokens.make_token(actor=cast.alice, name="t", may=list(scopes.NAMES)).raw
    robot.access = api_tokens.make_token(actor=owner, name="t", may=list(scopes.NAMES), bot=bot.pk).raw
    for method, path in SET_UP + REST:
        problem(App().ask(method, path, {}), 401, "sign_in_needed")
        for script in (token, robot):
            assert problem(script.ask(method, path, {}), 403, "scope_missing")["scope"] is None
    assert not Authenticator.objects.exists()


def test_a_browsers_own_calls_keep_its_login(cast: Cast) -> None:
    browser, other = Client(), App()
    log_in(browser, cast.alice)
    other.log_in()
    begun = good(browser.post("/api/v1/me/factors/app/secret"))
    given = {"flow": begun["flow"], "code": code_of(begun["secret"])}
    assert browser.post("/api/v1/me/factors/app/confirm", given, "application/json").status_code == 201
    assert is_in(browser)
    problem(other.ask("GET", "me"), 401, "token_ended")
    checked = Client(enforce_csrf_checks=True)
    log_in(checked, cast.alice)
    assert checked.post("/api/v1/me/factors/codes").status_code == 403


# -- Where a factor is required --


@pytest.fixture
def required(cast: Cast) -> None:
    chief = make_user("chief", is_staff=True, is_superuser=True)
    set_up_app(chief)
    factors.require(actor=chief, who="everybody")
    options.forget()


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("kind", ["app", "passkey"])
def test_who_must_have_a_factor_sets_it_up_by_app(cast: Cast, kind: str) -> None:
    app = App()
    assert app.log_in().status_code == 200
    for method, path in (*REST, ("GET", "me/factors"), ("GET", "me"), ("POST", "auth/ticket"), ("POST", "me/tokens")):
        problem(app.ask(method, path), 403, "second_factor_required")
    assert app.ask("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 204
    if kind == "app":
        begun = good(app.ask("POST", BEGIN))
        good(app.ask("POST", CONFIRM, {"flow": begun["flow"], "code": code_of(begun["secret"])}), 201)
    else:
        good(set_up(app, SoftKey()), 201)
    known = good(app.ask("GET", "me/factors"))
    assert known["factor_required"]
    last = "me/factors/app" if kind == "app" else f"{PASSKEYS}/{known['passkeys'][0]['id']}"
    problem(app.ask("DELETE", last), 409, "conflict")
    assert factor_access.has_factor(cast.alice), "the last one stays"


@pytest.mark.usefixtures("required")
def test_the_browsers_own_calls_set_it_up_too(cast: Cast) -> None:
    browser = Client()
    log_in(browser, cast.alice)
    for method, path in REST:
        problem(browser.generic(method, f"/api/v1/{path}"), 403, "second_factor_required")
    begun = good(browser.post("/api/v1/me/factors/app/secret"))
    given = {"flow": begun["flow"], "code": code_of(begun["secret"])}
    assert browser.post("/api/v1/me/factors/app/confirm", given, "application/json").status_code == 201
    assert is_in(browser)


@pytest.mark.usefixtures("required")
def test_who_must_have_a_factor_can_also_log_out(cast: Cast) -> None:
    app = App()
    app.log_in()
    assert app.ask("POST", "auth/logout").status_code == 204
    problem(app.ask("POST", BEGIN), 401, "token_ended")


@pytest.mark.usefixtures("required")
def test_who_leaves_without_a_factor_gets_back_by_app(cast: Cast) -> None:
    life.request_deletion(actor=cast.alice, password=PASSWORD, login=None, take_messages=False)
    app = App()
    assert app.log_in().status_code == 200
    problem(app.ask("DELETE", "me/deletion"), 403, "second_factor_required")
    good(set_up(app, SoftKey()), 201)
    problem(app.ask("POST", CODES), 403, "hidden")
    assert app.ask("DELETE", "me/deletion").status_code == 204
    assert app.ask("GET", "me").status_code == 200

"""Through the API: a forgotten password, a new one, and proving that it is still oneself."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from accounts.models.logins import Device
from accounts.tests.factories import PASSWORD, Cast, log_in
from accounts.tests.soft_key import SoftKey
from accounts.tests.test_api import App, problem
from accounts.tests.test_flows import BETTER, asked, begin, mailed, now_code, two_steps, wrong
from core import limits

pytestmark = pytest.mark.django_db


def test_a_reset_goes_step_by_step(cast: Cast) -> None:
    app = App()
    flow = begin(app, "reset", {"email": cast.alice.email})
    code = mailed()
    problem(app.ask("POST", "auth/reset/password", {"flow": flow, "password": BETTER}), 410, "flow_ended")
    for _turn in range(4):
        problem(app.ask("POST", "auth/reset/code", {"flow": flow, "code": wrong(code)}), 422, "invalid")
    assert app.ask("POST", "auth/reset/code", {"flow": flow, "code": code}).status_code == 204
    problem(app.ask("POST", "auth/reset/code", {"flow": flow, "code": code}), 410, "flow_ended")
    body = problem(app.ask("POST", "auth/reset/password", {"flow": flow, "password": "alice"}), 422, "invalid")
    assert list(body["errors"]) == ["password"]
    assert app.ask("POST", "auth/reset/password", {"flow": flow, "password": BETTER}).status_code == 204
    problem(app.ask("POST", "auth/reset/password", {"flow": flow, "password": "yet another one"}), 410, "flow_ended")
    assert app.log_in("alice", BETTER).status_code == 200


def test_five_wrong_codes_end_a_reset_and_a_new_one_waits(cast: Cast) -> None:
    flow = begin(App(), "reset", {"email": cast.alice.email})
    code = mailed()
    statuses = [
        App().ask("POST", "auth/reset/code", {"flow": flow, "code": given}).status_code
        for given in [wrong(code)] * 5 + [code]
    ]
    assert statuses == [422] * 4 + [410] * 2
    problem(App().ask("POST", "auth/reset", {"email": cast.alice.email}), 429, "too_many")


def test_a_new_password_needs_the_old_one_and_ends_the_other_logins(cast: Cast) -> None:
    app, other, browser = App(), App(), Client()
    app.log_in()
    other.log_in()
    log_in(browser, cast.alice)
    for given in ({"password": BETTER}, {"old": "wrong", "password": BETTER}):
        assert list(problem(app.ask("POST", "auth/password", given), 422, "invalid")["errors"]) == ["old"]
    body = problem(app.ask("POST", "auth/password", {"old": PASSWORD, "password": "alice"}), 422, "invalid")
    assert list(body["errors"]) == ["password"]
    assert app.ask("POST", "auth/password", {"old": PASSWORD, "password": BETTER}).status_code == 204
    assert app.ask("GET", "me").status_code == 200
    problem(other.ask("GET", "me"), 401, "token_ended")
    assert browser.get("/api/v1/me").status_code == 401
    assert App().log_in("alice", BETTER).status_code == 200


def test_a_browser_changes_its_password_and_stays(cast: Cast) -> None:
    browser = Client()
    log_in(browser, cast.alice)
    given = {"old": PASSWORD, "password": BETTER}
    assert browser.post("/api/v1/auth/password", given, content_type="application/json").status_code == 204
    assert browser.get("/api/v1/me").status_code == 200
    assert Device.objects.get(ended_at=None).session_key == browser.session.session_key


def test_old_passwords_cannot_be_guessed(cast: Cast) -> None:
    app = App()
    app.log_in()
    for _turn in range(5):
        app.ask("POST", "auth/password", {"old": "wrong", "password": BETTER})
    cache.clear()
    limits.memory.clear()
    problem(app.ask("POST", "auth/password", {"old": PASSWORD, "password": BETTER}), 429, "too_many")
    problem(app.ask("POST", "auth/reauthenticate", {"password": PASSWORD}), 429, "too_many")


def test_who_it_is_can_be_proven_three_ways(cast: Cast) -> None:
    with time_machine.travel("2030-01-01 10:00:00", tick=False) as clock:
        app, token = App(), {"name": "Weather", "scopes": ["read"]}
        app.log_in()
        secret, passkey = two_steps(cast.alice), SoftKey.known(cast.alice)

        def by_passkey() -> dict[str, Any]:
            begun = asked(app, "reauthenticate/options")
            return {"flow": begun["flow"], "credential": passkey.get(begun["options"])}

        assert app.ask("POST", "me/tokens", token).status_code == 201, "fresh from its login"
        for proof in (lambda: {"password": PASSWORD}, lambda: {"code": now_code(secret)}, by_passkey):
            clock.shift(timedelta(minutes=15, seconds=1))
            new = app.renew().json()
            app.access, app.refresh = new["access"], new["refresh"]
            problem(app.ask("POST", "me/tokens", token), 401, "reauthentication_needed")
            assert app.ask("POST", "auth/reauthenticate", proof()).status_code == 204
            assert app.ask("POST", "me/tokens", token).status_code == 201


def test_a_wrong_proof_proves_nothing(cast: Cast) -> None:
    app, bob = App(), App()
    app.log_in()
    bob.log_in("bob")
    SoftKey.known(cast.alice)
    begun = asked(bob, "reauthenticate/options")
    foreign = {"flow": begun["flow"], "credential": SoftKey.known(cast.bob).get(begun["options"])}
    for given in ({"password": "wrong"}, {"code": "000000"}, foreign):
        problem(app.ask("POST", "auth/reauthenticate", given), 422, "invalid")
    for given in ({}, {"flow": "x"}, {"credential": {}}, {"password": PASSWORD, "code": "1"}):
        problem(app.ask("POST", "auth/reauthenticate", given), 422, "invalid")
    assert not Device.objects.filter(proven_at__isnull=False).exists()
    problem(App().ask("POST", "auth/reauthenticate", {"password": PASSWORD}), 401, "sign_in_needed")

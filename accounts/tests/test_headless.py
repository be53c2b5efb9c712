"""The ways in of apps hand what they are given to allauth's headless package; its own paths lead nowhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.headless.internal.restkit.inputs import Input
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils.module_loading import import_string

from accounts.actions import logins
from accounts.api import inputs
from accounts.models.people import User
from accounts.tests.factories import PASSWORD, Cast, log_in
from accounts.tests.soft_key import SoftKey
from accounts.tests.test_api import App, problem
from accounts.tests.test_factors import set_up_app
from accounts.tests.test_flows import BETTER, NEW, asked, begin, held, mailed, now_code, two_steps, wrong
from core import limits

pytestmark = pytest.mark.django_db


# -- Its own paths --


def paths_of(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for one in patterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from paths_of(one.url_patterns, here)
        else:
            yield here


def test_none_of_allauths_own_paths_is_there(cast: Cast) -> None:
    assert "allauth.headless" in settings.INSTALLED_APPS
    paths = sorted(set(paths_of(import_string("allauth.headless.urls.urlpatterns"))))
    assert {"app/v1/auth/login", "browser/v1/auth/2fa/authenticate", "app/v1/config"} <= set(paths)
    member = Client()
    log_in(member, cast.alice)
    for path in paths:
        limits.memory.clear()
        for before in ("/_allauth/", "/", "/api/v1/"):
            for client in (Client(), member):
                answers = [client.get(before + path), client.post(before + path, {}, "application/json")]
                assert [answer.status_code for answer in answers] == [404, 404], before + path


# -- Ours --


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The inputs of allauth's that were asked, one after the other."""
    seen: list[str] = []

    def full_clean(form: Input) -> None:
        seen.append(type(form).__name__)
        super(Input, form).full_clean()

    monkeypatch.setattr(Input, "full_clean", full_clean, raising=False)
    return seen


def test_every_input_of_ours_is_one_of_allauths() -> None:
    for name in inputs.__all__:
        above = [one.__module__ for one in getattr(inputs, name).__mro__]
        assert any(module.startswith("allauth.headless.") and module.endswith(".inputs") for module in above), name


def test_whoever_joins_logs_in_or_forgets_is_read_by_allauth(handed: list[str]) -> None:
    app = App()
    flow = begin(app, "signup", NEW)
    code = mailed()
    problem(app.ask("POST", "auth/signup/code", {"flow": flow, "code": wrong(code)}), 422, "invalid")
    assert app.ask("POST", "auth/signup/code", {"flow": flow, "code": code}).status_code == 201
    assert handed == ["SignupInput", "VerifyEmailInput", "VerifyEmailInput"]
    handed.clear()
    assert App().log_in("new_person", NEW["password"]).status_code == 200
    assert handed == ["LoginInput"]
    handed.clear()
    flow = begin(app, "reset", {"email": NEW["email"]})
    assert app.ask("POST", "auth/reset/code", {"flow": flow, "code": mailed()}).status_code == 204
    assert app.ask("POST", "auth/reset/password", {"flow": flow, "password": BETTER}).status_code == 204
    assert handed == ["RequestPasswordResetInput", "ResetPasswordKeyInput", "ResetPasswordInput"]


def test_factors_and_proofs_are_read_by_allauth(cast: Cast, handed: list[str]) -> None:
    app = App()
    app.log_in()
    secret, passkey = two_steps(cast.alice), SoftKey.known(cast.alice)
    handed.clear()
    flow = held(App())["flow"]
    assert App().ask("POST", "auth/second-factor", {"flow": flow, "code": now_code(secret)}).status_code == 200
    flow = held(App())["flow"]
    options = asked(App(), "second-factor/options", {"flow": flow})["options"]
    given = {"flow": flow, "credential": passkey.get(options)}
    assert App().ask("POST", "auth/second-factor", given).status_code == 200
    begun = asked(App())
    given = {"flow": begun["flow"], "credential": passkey.get(begun["options"])}
    assert App().ask("POST", "auth/passkey", given).status_code == 200
    assert handed == [
        "LoginInput", "AuthenticateInput", "LoginInput", "AuthenticateWebAuthnInput", "LoginWebAuthnInput",
    ]  # fmt: skip
    handed.clear()
    begun = asked(app, "reauthenticate/options")
    proofs: list[dict[str, Any]] = [
        {"password": PASSWORD},
        {"code": "000000"},
        {"flow": begun["flow"], "credential": passkey.get(begun["options"])},
    ]
    assert [app.ask("POST", "auth/reauthenticate", proof).status_code for proof in proofs] == [204, 422, 204]
    begun = asked_mine(app)
    made = {"flow": begun["flow"], "credential": SoftKey().create(begun["options"]), "name": "Second"}
    assert app.ask("POST", "me/factors/passkeys", made).status_code == 201
    assert app.ask("POST", "auth/password", {"old": PASSWORD, "password": BETTER}).status_code == 204
    assert handed == [
        "ReauthenticateInput", "ReauthenticateFactorInput", "ReauthenticateWebAuthnInput", "AddWebAuthnInput",
        "ChangePasswordInput",
    ]  # fmt: skip


def asked_mine(app: App) -> dict[str, Any]:
    answer = app.ask("POST", "me/factors/passkeys/options")
    assert answer.status_code == 200
    begun: dict[str, Any] = answer.json()
    return begun


# -- Where allauth's own would do less --


def test_a_password_keeps_the_spaces_at_its_ends() -> None:
    """allauth's inputs take them off, and the pages do not: an app could not log in with what was set there."""
    spaced = "  four quiet grey geese "
    app = App()
    flow = begin(app, "signup", {**NEW, "password": spaced})
    assert app.ask("POST", "auth/signup/code", {"flow": flow, "code": mailed()}).status_code == 201
    user = User.objects.get()
    app = App()
    for word, good in ((spaced.strip(), 401), (spaced, 200)):
        assert app.log_in("new_person", word).status_code == good
    assert app.ask("POST", "auth/reauthenticate", {"password": spaced}).status_code == 204
    assert app.ask("POST", "auth/password", {"old": spaced, "password": f" {BETTER}"}).status_code == 204
    user.refresh_from_db()
    assert user.check_password(f" {BETTER}")
    flow = begin(app, "reset", {"email": NEW["email"]})
    assert app.ask("POST", "auth/reset/code", {"flow": flow, "code": mailed()}).status_code == 204
    assert app.ask("POST", "auth/reset/password", {"flow": flow, "password": f"{BETTER} "}).status_code == 204
    user.refresh_from_db()
    assert user.check_password(f"{BETTER} ")


def test_too_many_wrong_codes_say_when_to_come_back(cast: Cast) -> None:
    set_up_app(cast.alice)
    flows = [held(App())["flow"] for _turn in range(2)]
    for turn in range(6):
        answer = App().ask("POST", "auth/second-factor", {"flow": flows[turn // 4], "code": "000000"})
    problem(answer, 429, "too_many")
    assert 0 < int(answer["Retry-After"]) <= 600, "two windows of the limit"


@pytest.mark.parametrize("password", ["alice", "short", "password123"])
def test_a_new_password_is_judged_by_one_set_of_rules(cast: Cast, password: str) -> None:
    app = App()
    app.log_in()
    changed = problem(app.ask("POST", "auth/password", {"old": PASSWORD, "password": password}), 422, "invalid")
    flow = begin(app, "reset", {"email": cast.alice.email})
    assert app.ask("POST", "auth/reset/code", {"flow": flow, "code": mailed()}).status_code == 204
    reset = problem(app.ask("POST", "auth/reset/password", {"flow": flow, "password": password}), 422, "invalid")
    assert changed["errors"] == reset["errors"]
    assert len(changed["errors"]["password"]) == 1


def test_an_app_that_proves_itself_leaves_no_session(cast: Cast) -> None:
    app = App()
    app.log_in()
    secret = two_steps(cast.alice)
    answer = app.ask("POST", "auth/reauthenticate", {"code": now_code(secret)})
    assert answer.status_code == 204
    assert not answer.cookies
    assert not Session.objects.exists()


def test_who_has_to_prove_an_address_first_is_told_so_by_either_name(cast: Cast) -> None:
    """allauth would say of some that they try too often, after a right password."""
    cast.alice.emailaddress_set.update(verified=False)
    for login in ("alice", cast.alice.email, cast.alice.email):
        problem(App().log_in(login), 403, "not_allowed")
    assert not logins.Device.objects.exists()

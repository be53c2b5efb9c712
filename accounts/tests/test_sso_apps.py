"""An app logs in through the system browser: a code for one use, which only that app can swap for tokens."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.actions import logins
from accounts.models.logins import Device
from accounts.models.sso import AppLogin, Identity
from accounts.tests.factories import log_in, make_user
from accounts.tests.idp import Idp, made, put_up
from accounts.tests.test_sso import NEW, back_channel, linked

pytestmark = pytest.mark.django_db
VERIFIER = "v" * 64
REDIRECT = "org.example.app:/signed-in"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ASKED = {"redirect_uri": REDIRECT, "code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": "mine"}


@pytest.fixture
def idp(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Idp:
    settings.APP_REDIRECTS = [REDIRECT]
    idp = made("oak")
    put_up(monkeypatch, settings, idp)
    return idp


def agree(client: Client, **changes: str) -> dict[str, str]:
    """What the app is called with after its person has pressed the button."""
    query = {**ASKED, **changes}
    assert client.get("/accounts/app/", query).status_code == 200
    page = client.post("/accounts/app/", query_params=query)
    assert page.context["url"].startswith(f"{REDIRECT}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(page.context["url"]).query).items()}


def swap(code: str, **changes: str):
    body = {"code": code, "code_verifier": VERIFIER, "redirect_uri": REDIRECT, **changes}
    return Client().post("/api/v1/auth/exchange", body, content_type="application/json")


@pytest.mark.both
def test_an_app_comes_in_by_the_browser(client: Client, idp: Idp) -> None:
    linked("alice", "1", idp)
    found = client.get("/api/v1/auth/providers").json()
    assert found["results"] == [{"key": "oak", "name": "Oak"}]
    assert found["app_login_url"].endswith("/accounts/app/")
    idp.log_in(client, sid="s1", **NEW)
    words = agree(client)
    assert words["state"] == "mine"
    answer = swap(words["code"])
    assert answer.status_code == 200, answer.content
    assert answer.json()["user"]["handle"] == "alice"
    bearer = {"authorization": f"Bearer {answer.json()['access']}"}
    assert Client().get("/api/v1/me", headers=bearer).status_code == 200
    assert Device.objects.latest("pk").identity == Identity.objects.get()

    assert back_channel(idp, idp.logout_token(sub="1", sid="s1")) == 200
    assert Client().get("/api/v1/me", headers=bearer).status_code == 401, "the app's login ends with the provider's"


@pytest.mark.both
def test_a_code_is_good_once_and_for_its_app(client: Client, idp: Idp) -> None:
    log_in(client, make_user("alice"))
    code = agree(client)["code"]
    assert swap(code, code_verifier="w" * 64).status_code == 401
    assert swap(code).status_code == 401, "a wrong guess ends it"
    code = agree(client)["code"]
    assert swap(code, redirect_uri="org.other.app:/").status_code == 401
    code = agree(client)["code"]
    assert [swap(code).status_code for _turn in range(2)] == [200, 401]
    assert not AppLogin.objects.exists()


def test_a_code_ends_after_two_minutes(client: Client, idp: Idp) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        log_in(client, make_user("alice"))
        code = agree(client)["code"]
        clock.shift(121)
        assert swap(code).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": f"{REDIRECT}/more"},
        {"redirect_uri": "javascript:alert(1)"},
        {"code_challenge": ""},
        {"code_challenge": "short"},
        {"code_challenge_method": "plain"},
    ],
    ids=str,
)
def test_only_known_apps_that_ask_as_they_should(client: Client, idp: Idp, changes: dict[str, str]) -> None:
    log_in(client, make_user("alice"))
    for method in (client.get, client.post):
        assert method("/accounts/app/", query_params={**ASKED, **changes}).status_code == 422
    assert not AppLogin.objects.exists()


def test_nobody_hands_on_a_login_they_do_not_have(client: Client, idp: Idp) -> None:
    assert client.get("/accounts/app/", ASKED)["Location"].startswith("/login/?next=/accounts/app/")


def test_another_site_cannot_press_the_button(idp: Idp) -> None:
    strict = Client(enforce_csrf_checks=True)
    log_in(strict, make_user("alice"))
    assert strict.post("/accounts/app/", query_params=ASKED).status_code == 403
    assert not AppLogin.objects.exists()


@pytest.mark.parametrize("way", ["log out", "log out everywhere", "new password"])
def test_a_code_ends_with_the_login_it_came_from(client: Client, idp: Idp, way: str) -> None:
    user = make_user("alice")
    log_in(client, user)
    code = agree(client)["code"]
    if way == "log out":
        client.post("/logout/")
    elif way == "log out everywhere":
        logins.end_devices(actor=user)
    else:
        logins.set_password(actor=user, password="seven slow yellow buses")
    assert swap(code).status_code == 401
    assert not Device.objects.filter(user=user, ended_at=None).exists()


def test_whoever_is_gone_meanwhile_does_not_come_in(client: Client, idp: Idp) -> None:
    user = make_user("alice")
    log_in(client, user)
    code = agree(client)["code"]
    user.is_active = False
    user.save()
    assert swap(code).status_code == 401

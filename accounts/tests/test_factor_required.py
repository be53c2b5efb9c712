"""Who must have a second factor goes nowhere without one; no way of logging in goes around the one that is there."""

import json
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts import tokens
from accounts.access import factors as factor_access
from accounts.actions import factors, joining, life, logins
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import logins as login_queries
from accounts.tests.factories import PASSWORD, Cast, log_in, make_user
from accounts.tests.soft_key import SoftKey
from accounts.tests.test_codes import newest_code
from accounts.tests.test_factors import code_of, enter, passkey_login, set_up_app, set_up_passkey, shown_secret
from core import errors, options
from core.models import AuditEntry, Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> User:
    """The owner, protected."""
    chief = make_user("chief", is_staff=True, is_superuser=True)
    set_up_app(chief)
    return chief


def require(chief: User, who: str) -> None:
    factors.require(actor=chief, who=who)
    options.forget()  # on commit, on the site


def bearer(user: User) -> dict[str, str]:
    device = logins.start_device(actor=user, session_key="")
    return {"Authorization": f"Bearer {tokens.access_token(device)}"}


# -- Who must --


@pytest.mark.both
@pytest.mark.parametrize("who", factor_access.CHOICES)
def test_who_must(cast: Cast, chief: User, who: str) -> None:
    role = Group.objects.create(name="Moderators")
    role.permissions.add(Permission.objects.get(codename="change_user"))
    cast.bob.groups.add(role)
    cast.carol.user_permissions.add(Permission.objects.get(codename="change_user"))
    cast.dan.groups.add(Group.objects.create(name="Friends of the house"))  # a role that permits nothing
    require(chief, who)
    powerful = {"mod", "bob", "carol"}
    expected = {"nobody": set(), "staff": powerful, "everybody": powerful | {"alice", "dan", "mallory"}}[who]
    found = {user.handle for user in User.objects.all() if factor_access.factor_missing(user)}
    assert found == expected
    assert {user.handle for user in factor_access.without_factor()} == expected
    must = {user.handle for user in User.objects.all() if factor_access.must_have(user)}
    assert must == (expected | {"chief"} if expected else set())
    set_up_app(cast.mod)
    assert not factor_access.factor_missing(cast.mod)


# -- What is closed, and what is open: door x member --

CLOSED_PAGES = ["/", "/settings/", "/settings/security/", "/settings/account/email/", "/people/", "/@alice/", "/chat/",
                "/settings/devices/", "/settings/security/codes/", "/site/second-factor/", "/admin/",
                "/admin/accounts/user/", "/nowhere/"]  # fmt: skip
OPEN_PAGES = ["/settings/security/needed/", "/settings/security/confirm/", "/theme.css", "/healthz"]
API = ["/api/v1/me", "/api/v1/me/devices", "/api/v1/users/alice", "/api/v1/me/factors"]


@pytest.mark.parametrize("who", ["nobody", "staff", "everybody"])
@pytest.mark.parametrize("handle", ["mod", "alice"])
@pytest.mark.parametrize("protected", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_door_is_closed_at_once(cast: Cast, chief: User, who: str, handle: str, protected: bool) -> None:
    user = getattr(cast, handle)
    if protected:
        set_up_app(user)
    client, headers = Client(), bearer(user)
    device = log_in(client, user)
    principal = tokens.by_session(client.session.session_key)
    assert client.get("/settings/").status_code == 200
    require(chief, who)
    stopped = not protected and (who == "everybody" or (who == "staff" and handle == "mod"))
    assert factor_access.factor_missing(user) is stopped

    for path in CLOSED_PAGES:
        answer = client.get(path)
        led = answer.status_code == 302 and answer["Location"] == "/settings/security/needed/"
        # What is nowhere is nowhere for everybody: no page is asked.
        assert led is (stopped and path != "/nowhere/"), path
    assert (client.post("/@dan/follow/")["Location"] == "/settings/security/needed/") is stopped
    for path in OPEN_PAGES:
        assert client.get(path).status_code == (302 if path.endswith("needed/") and not stopped else 200), path
    for path in API:
        for answer in (client.get(path), Client().get(path, headers=headers)):
            assert answer.status_code == (403 if stopped else 200), path
            if stopped:
                assert answer.headers["Content-Type"] == "application/problem+json"
                body = answer.json()
                assert (body["type"], body["status"]) == ("/problems/second_factor_required", 403)
                assert body["title"] == "second factor required"
    scripted = client.post("/@dan/follow/", headers={"HX-Request": "true"})
    assert (scripted.status_code == 403) is stopped

    assert (tokens.by_session(client.session.session_key) is None) is stopped
    assert tokens.still_valid(principal) is not stopped
    assert (tokens.by_ticket(tokens.make_ticket(device)) is None) is stopped
    assert (device.pk not in login_queries.standing_logins([device.pk])[0]) is stopped

    asked = Client().post("/api/v1/auth/login", {"login": handle, "password": PASSWORD}, "application/json")
    if protected:
        assert asked.status_code == 401, "the password alone is not enough"
    else:
        assert asked.status_code == 200, "as in the browser: it opens what sets one up, and nothing else"
        answer = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {asked.json()['access']}"})
        assert answer.status_code == (403 if stopped else 200)
    assert client.post("/logout/")["Location"] == "/"


def test_a_socket_ends_with_the_decision_whatever_its_process_has_read(cast: Cast, chief: User, client: Client) -> None:
    log_in(client, cast.mod)
    principal = tokens.by_session(client.session.session_key)
    assert tokens.still_valid(principal)
    events = Event.objects.filter(name="core.AccessChanged", data={"user_id": cast.mod.pk})
    factors.require(actor=chief, who="staff")  # this process still believes what it read before
    assert not factor_access.factor_missing(cast.mod)
    assert events.count() == 1, "the sockets of those with power are told to look"
    assert not tokens.still_valid(principal)
    assert not Event.objects.filter(name="core.AccessChanged", data={"user_id": cast.alice.pk}).exists()


def test_the_way_out_is_setting_one_up(cast: Cast, chief: User, client: Client) -> None:
    enter(client, "mod")
    require(chief, "staff")
    assert client.get("/people/")["Location"] == "/settings/security/needed/"
    page = client.get("/settings/security/app/")
    assert page.status_code == 200
    assert client.post("/settings/security/app/", {"code": code_of(shown_secret(page))}).status_code == 200
    assert client.get("/people/").status_code == 200
    assert client.get("/admin/").status_code == 200
    answer = client.post("/settings/security/app/remove/", follow=True)
    assert "need a second factor" in answer.content.decode()
    assert factor_access.has_factor(cast.mod), "the last one stays"


def test_a_passkey_is_a_way_out_too(cast: Cast, chief: User, client: Client) -> None:
    enter(client, "mod")
    require(chief, "staff")
    assert set_up_passkey(client, SoftKey()).status_code == 200
    assert client.get("/people/").status_code == 200
    with pytest.raises(errors.Conflict):
        factors.remove_passkey(actor=cast.mod, id=factor_access.own_passkeys(cast.mod).get().pk)


def test_who_leaves_without_a_factor_goes_round_in_no_circle(cast: Cast, chief: User, client: Client) -> None:
    life.request_deletion(actor=cast.alice, password=PASSWORD, login=None, take_messages=False)
    require(chief, "everybody")
    enter(client)
    for path in ("/leaving/", "/settings/security/needed/", "/settings/security/app/"):
        assert client.get(path).status_code == 200, path
    assert client.get("/settings/security/passkeys/add/").status_code == 200
    secret = shown_secret(client.get("/settings/security/app/"))
    assert client.post("/settings/security/app/", {"code": code_of(secret)}).status_code == 200
    assert client.get("/settings/")["Location"] == "/leaving/"
    assert client.post("/leaving/")["Location"] == "/"
    assert client.get("/settings/").status_code == 200


def test_only_the_owner_decides_and_it_is_written_down(cast: Cast, chief: User, client: Client) -> None:
    for user in (cast.alice, cast.mod):
        with pytest.raises(errors.NotAllowed):
            factors.require(actor=user, who="nobody")
    with pytest.raises(errors.Invalid):
        factors.require(actor=chief, who="the cat")
    enter(client, "mod")
    assert client.get("/site/second-factor/").status_code == 403
    assert client.post("/site/second-factor/", {"who": "staff"}).status_code == 403
    owner = Client()
    enter(owner, "chief")
    answer = owner.post("/login/factor/", {"code": next(iter(factors.renew_codes(actor=chief)))})
    assert answer.status_code == 302
    assert owner.get("/site/second-factor/").status_code == 200
    assert owner.post("/site/second-factor/", {"who": "the cat"}).status_code == 422
    assert owner.post("/site/second-factor/", {"who": "staff"}).status_code == 302
    entry = AuditEntry.objects.get(action="core.decide")
    assert (entry.actor_id, entry.subject) == (chief.pk, "option:accounts.factor_required")


def test_nobody_pays_for_what_is_not_asked(cast: Cast, client: Client, django_assert_num_queries: Any) -> None:
    log_in(client, cast.alice)
    with django_assert_num_queries(0):
        assert not factor_access.factor_missing(cast.alice)


# -- Every way of logging in, for somebody who has a second factor --


def logged_in(user: User) -> bool:
    return Device.objects.filter(user=user, ended_at=None).exists()


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.mark.parametrize("kind", ["app", "passkey"])
def test_no_way_of_logging_in_goes_around_the_factor(alice: User, kind: str) -> None:
    if kind == "app":
        set_up_app(alice)
    else:
        first = Client()
        enter(first)
        set_up_passkey(first, SoftKey())
        logins.end_devices(actor=alice)
    ways = {
        "the page": lambda: enter(Client()),
        "the page, by address": lambda: enter(Client(), "alice@example.org"),
        "the API": lambda: Client().post(
            "/api/v1/auth/login", {"login": "alice", "password": PASSWORD}, "application/json"
        ),
        "a new password": _reset,
        "the code of an unproven address": _prove,
        "signing up with a known address": _join,
        "the admin": _admin,
        "Django's own login of the admin": lambda: Client().post(
            "/admin/login/", {"username": "alice@example.org", "password": PASSWORD}
        ),
        "a passkey that nobody made": lambda: passkey_login(Client(), SoftKey(user_handle="MQ")),
        "a refresh token of before": lambda: Client().post(
            "/api/v1/auth/refresh", {"refresh": "x" * 40}, "application/json"
        ),
        "going on without the code": _go_on,
        "confirming": lambda: Client().post("/settings/security/confirm/", {"password": PASSWORD}),
        "taking an address change back": lambda: Client().post("/not-me/x/"),
    }
    for name, way in ways.items():
        answer = way()
        assert answer.status_code < 500, name
        assert not logged_in(alice), name


def _reset() -> Any:
    client = Client()
    client.post("/reset/", {"email": "alice@example.org"})
    client.post("/reset/code/", {"code": newest_code("alice@example.org")})
    answer = client.post("/reset/password/", {"password1": PASSWORD + " new"})
    assert answer["Location"] == "/login/"
    User.objects.get(handle="alice")
    answer = client.post("/login/", {"login": "alice", "password": PASSWORD + " new"})
    assert answer["Location"] == "/login/factor/"
    alice = User.objects.get(handle="alice")
    logins.set_password(actor=alice, password=PASSWORD)
    return answer


def _prove() -> Any:
    EmailAddress.objects.filter(user__handle="alice").update(verified=False)
    client = Client()
    assert enter(client)["Location"] == "/signup/code/"
    answer = client.post("/signup/code/", {"code": newest_code("alice@example.org")})
    assert answer["Location"] == "/login/factor/"
    assert EmailAddress.objects.get(user__handle="alice").verified
    return answer


def _join() -> Any:
    client = Client()
    form = {"email": "alice@example.org", "handle": "alice2", "display_name": "A", "password": "four quiet grey geese"}
    client.post("/signup/", form)
    return client.post("/signup/code/", {"code": "000000"})


def _admin() -> Any:
    answer = Client().get("/admin/")
    assert re.match(r"/admin/login/", answer["Location"])
    return Client().get(answer["Location"], follow=True)


def _go_on() -> Any:
    client = Client()
    enter(client)
    for path in ("/", "/settings/", "/api/v1/me", "/login/", "/settings/security/app/"):
        client.get(path)
    return client.post("/login/factor/", {"code": ""})


def test_the_owners_link_makes_a_new_account_and_opens_no_other() -> None:
    token = joining.make_owner_link().rstrip("/").rpartition("/")[2]
    alice = make_user("alice")
    set_up_app(alice)
    form = {"email": "alice@example.org", "handle": "boss", "display_name": "B", "password": "four quiet grey geese"}
    answer = Client().post(f"/owner/{token}/", form)
    assert answer.status_code in {200, 422}
    assert not logged_in(alice)


def test_allauths_own_form_of_the_api_compares_in_the_same_place(alice: User) -> None:
    """So that no door built on it forgets to count or to use a code up."""
    from allauth.headless.mfa.inputs import AuthenticateInput

    _secret, codes = set_up_app(alice)
    assert AuthenticateInput(data={"code": codes[0]}, user=alice).is_valid()
    assert not AuthenticateInput(data={"code": codes[0]}, user=alice).is_valid()
    for _turn in range(4):
        assert not AuthenticateInput(data={"code": "1"}, user=alice).is_valid()
    assert not AuthenticateInput(data={"code": codes[1]}, user=alice).is_valid(), "five wrong ones are enough"


def test_how_one_is_protected_by_api(alice: User, client: Client) -> None:
    enter(client)
    set_up_passkey(client, SoftKey(), name="Grey key")
    body = json.loads(client.get("/api/v1/me/factors").content)
    assert body["passkeys"][0]["name"] == "Grey key"
    assert (body["app_since"], body["codes_left"], body["has_password"], body["factor_required"]) == (
        None, 10, True, False,
    )  # fmt: skip
    assert Client().get("/api/v1/me/factors").status_code == 401

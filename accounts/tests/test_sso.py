"""Single sign-on: who comes in, who is linked, which roles come and go, who is logged out."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import oidc
from accounts.actions import sso
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.sso import Identity, LogoutHeard
from accounts.tests.factories import PASSWORD, Cast, just_now, log_in, long_ago, make_user
from accounts.tests.idp import Idp, made, put_up
from accounts.tests.test_api import App, problem
from accounts.tests.test_entrance import newest_code
from accounts.tests.test_factors import enter
from core import errors
from core.models import AuditEntry, Mail

pytestmark = pytest.mark.django_db
NEW = {"sub": "1", "email": "new@example.org", "email_verified": True, "name": "New Person"}


@pytest.fixture
def idp(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Idp:
    idp = made(
        "oak", role_claim="groups", roles={"mods": "moderator", "bosses": "admin"}, logout=True, domains=["own.example"]
    )
    put_up(monkeypatch, settings, idp)
    return idp


def who(client: Client) -> str:
    """Whose browser this is; empty for nobody's."""
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).handle if pk else ""


def linked(handle: str, sub: str, idp: Idp, **fields: Any) -> User:
    user = User.objects.filter(handle=handle).first() or make_user(handle)
    Identity.objects.create(user=user, provider=idp.provider.key, issuer=idp.issuer, subject=sub, **fields)
    return user


# -- Coming in ---------------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_somebody_new_joins_without_a_code_when_the_address_is_proven(client: Client, idp: Idp) -> None:
    answer = idp.log_in(client, next_url="/people/", preferred_username="New.Person", **NEW)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/sso/join/")
    page = client.get("/accounts/sso/join/")
    assert page.context["form"].initial["handle"] == "new.person"
    assert "email" not in page.context["form"].fields
    answer = client.post(
        "/accounts/sso/join/", {"display_name": "New", "handle": "newcomer", "email": "x@evil.example"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/people/")
    user = User.objects.get()
    assert (user.email, user.handle, user.is_superuser, user.is_staff) == ("new@example.org", "newcomer", False, False)
    assert not user.has_usable_password()
    identity = Identity.objects.get(user=user)
    assert (identity.provider, identity.issuer, identity.subject) == ("oak", idp.issuer, "1")
    assert Device.objects.get(user=user).identity == identity
    assert not Mail.objects.exists(), "no code, and no word about a login of one's own"


def test_a_bad_handle_is_mended_on_the_page(client: Client, idp: Idp) -> None:
    make_user("taken")
    idp.log_in(client, **NEW)
    answer = client.post("/accounts/sso/join/", {"display_name": "New", "handle": "taken"})
    assert (answer.status_code, User.objects.count()) == (422, 1)
    assert "handle" in answer.context["form"].errors


def test_an_unproven_address_needs_our_code(client: Client, idp: Idp) -> None:
    idp.log_in(client, **{**NEW, "email_verified": False})
    form = {"display_name": "New", "handle": "newcomer", "email": "new@example.org"}
    assert client.post("/accounts/sso/join/", form)["Location"] == "/signup/code/"
    assert not User.objects.exists()
    answer = client.post("/signup/code/", {"code": newest_code()}, follow=True)
    assert answer.redirect_chain == [("/accounts/sso/link/", 302), ("/welcome/", 302), ("/welcome/picture/", 302)]
    assert Identity.objects.get().user.handle == who(client) == "newcomer"
    assert Device.objects.get().identity is not None


def test_the_next_time_it_logs_in(client: Client, idp: Idp) -> None:
    user = linked("alice", "1", idp)
    answer = idp.log_in(client, next_url="/settings/", **NEW)
    assert (answer.status_code, answer["Location"], who(client)) == (302, "/settings/", "alice")
    identity = Identity.objects.get(user=user)
    assert identity.used_at is not None
    assert identity.label == "new@example.org", "as the provider knows them now"


def test_another_address_there_changes_nothing_here(client: Client, idp: Idp) -> None:
    linked("alice", "1", idp)
    make_user("bob", email="bob@example.org")
    idp.log_in(client, **{**NEW, "email": "bob@example.org"})
    assert who(client) == "alice"
    assert User.objects.get(handle="alice").email == "alice@example.org"


def test_claims_may_come_from_userinfo(client: Client, idp: Idp) -> None:
    idp.userinfo = NEW
    idp.log_in(client, sub="1")
    assert client.get("/accounts/sso/join/").context["arrival"].email == "new@example.org"


def test_userinfo_of_somebody_else_is_refused(client: Client, idp: Idp) -> None:
    idp.userinfo = {**NEW, "sub": "2"}
    assert idp.log_in(client, sub="1").status_code == 403


def test_the_second_factor_is_asked_after_all(client: Client, idp: Idp) -> None:
    TOTP.activate(linked("alice", "1", idp), generate_totp_secret())
    assert idp.log_in(client, **NEW)["Location"].startswith("/login/factor/")
    assert who(client) == ""
    assert not Device.objects.exists()


@pytest.mark.parametrize("fields", [{"is_active": False}, {"suspended_until": timezone.now().replace(year=2999)}])
def test_whoever_is_suspended_or_gone_does_not_come_in(client: Client, idp: Idp, fields: dict[str, Any]) -> None:
    user = linked("alice", "1", idp)
    User.objects.filter(pk=user.pk).update(**fields)
    idp.log_in(client, groups=["mods"], **NEW)
    assert who(client) == ""
    assert not user.groups.exists()


# -- Linking -----------------------------------------------------------------------------------------------------------


def test_a_known_address_is_linked_by_its_member_only(client: Client, idp: Idp) -> None:
    make_user("alice")
    answer = idp.log_in(client, **{**NEW, "email": "alice@example.org"})
    assert answer["Location"] == "/accounts/sso/link/"
    page = client.get("/accounts/sso/link/")
    assert (page.status_code, who(client)) == (200, "")
    client.post("/accounts/sso/link/")
    assert not Identity.objects.exists()
    form = {"login": "alice", "password": PASSWORD}
    assert client.post("/login/?next=/accounts/sso/link/", form)["Location"] == "/accounts/sso/link/"
    client.get("/accounts/sso/link/")
    assert not Identity.objects.exists(), "looking links nothing"
    client.post("/accounts/sso/link/")
    assert Identity.objects.get().user.handle == "alice"
    assert "Oak" in Mail.objects.latest("pk").subject


def test_the_owners_own_domain_is_linked_without_asking(client: Client, idp: Idp) -> None:
    make_user("alice", email="alice@own.example")
    idp.log_in(client, **{**NEW, "email": "Alice@own.example"})
    assert who(client) == "alice"


def test_an_unproven_address_of_the_owners_domain_is_not(client: Client, idp: Idp) -> None:
    make_user("alice", email="alice@own.example")
    answer = idp.log_in(client, **{**NEW, "email": "alice@own.example", "email_verified": False})
    assert (answer["Location"], who(client)) == ("/accounts/sso/join/", "")
    assert not Identity.objects.exists()


def test_a_member_connects_and_disconnects(client: Client, idp: Idp) -> None:
    user = make_user("alice")
    enter(client)
    assert idp.log_in(client, connect=True, **NEW)["Location"] == "/settings/connected/"
    identity = Identity.objects.get(user=user)
    assert b"new@example.org" in client.get("/settings/connected/").content
    path = f"/settings/connected/{identity.pk}/disconnect/"
    long_ago(client)
    assert client.post(path)["Location"] == "/settings/security/confirm/?next=%2Fsettings%2Fconnected%2F"
    assert Identity.objects.exists(), "an open browser is no proof"
    client.post("/settings/security/confirm/", {"password": PASSWORD})
    assert client.post(path)["Location"] == "/settings/connected/"
    assert not Identity.objects.exists()


def test_disconnecting_by_api_asks_for_a_fresh_proof(idp: Idp) -> None:
    user, app, api = linked("alice", "1", idp), App(), f"me/identities/{Identity.objects.get().pk}"
    app.log_in()
    device, older = Device.objects.get(user=user), timezone.now() - timedelta(minutes=16)
    Device.objects.filter(pk=device.pk).update(created_at=older)
    sso.came_by(actor=user, device_id=device.pk, identity_id=Identity.objects.get().pk)
    problem(app.ask("DELETE", api), 401, "reauthentication_needed")
    assert Identity.objects.exists()
    assert app.ask("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 204
    assert app.ask("DELETE", api).status_code == 204
    assert not Identity.objects.exists()
    assert app.ask("GET", "me").status_code == 200, "this login stays"


def test_an_identity_has_one_account(client: Client, idp: Idp) -> None:
    linked("alice", "1", idp)
    make_user("bob")
    enter(client, "bob")
    page = client.get(idp.log_in(client, connect=True, **NEW)["Location"])
    assert b"belongs to another account" in page.content
    assert Identity.objects.get().user.handle == "alice"


def test_the_last_way_in_stays(client: Client, idp: Idp) -> None:
    user = linked("alice", "1", idp)
    User.objects.filter(pk=user.pk).update(password="!none")
    log_in(client, User.objects.get(pk=user.pk))
    just_now(client, user)
    pk = Identity.objects.get().pk
    page = client.post(f"/settings/connected/{pk}/disconnect/", follow=True)
    assert b"your only way to log in" in page.content
    assert client.delete(f"/api/v1/me/identities/{pk}").status_code == 409
    linked("alice", "another", idp)
    assert client.delete(f"/api/v1/me/identities/{pk}").status_code == 204
    assert client.get("/api/v1/me/identities").json()["results"][0]["label"] == ""


def test_a_passkey_is_another_way(idp: Idp) -> None:
    user = linked("alice", "1", idp, label="alice")
    User.objects.filter(pk=user.pk).update(password="!none")
    user.refresh_from_db()
    pk = Identity.objects.get().pk
    credential = {"credential": {"clientExtensionResults": {"credProps": {"rk": False}}}}
    key = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=credential)
    with pytest.raises(errors.Conflict):  # this one only answers after a password
        sso.unlink(actor=user, identity_id=pk)
    credential["credential"]["clientExtensionResults"]["credProps"]["rk"] = True
    Authenticator.objects.filter(pk=key.pk).update(data=credential)
    sso.unlink(actor=user, identity_id=pk)
    assert not Identity.objects.exists()


def test_a_provider_that_is_gone_is_no_other_way(idp: Idp, settings: Any) -> None:
    user = linked("alice", "1", idp)
    linked("alice", "2", idp)
    User.objects.filter(pk=user.pk).update(password="!none")
    settings.OIDC_PROVIDERS = []
    with pytest.raises(errors.Conflict):
        sso.unlink(actor=User.objects.get(pk=user.pk), identity_id=Identity.objects.first().pk)


def test_whoever_has_no_password_sets_one_by_code(client: Client, idp: Idp) -> None:
    user = linked("alice", "1", idp)
    User.objects.filter(pk=user.pk).update(password="!none")
    idp.log_in(client, **NEW)
    assert b"You have no password here" in client.get("/settings/connected/").content
    client.post("/reset/", {"email": user.email})
    client.post("/reset/code/", {"code": newest_code()})
    client.post("/reset/password/", {"password1": "four quiet grey geese", "password2": "four quiet grey geese"})
    user.refresh_from_db()
    assert user.check_password("four quiet grey geese")


def test_the_page_asks_as_often_for_many_as_for_one(client: Client, idp: Idp, django_assert_num_queries: Any) -> None:
    client.force_login(linked("alice", "0", idp))
    client.get("/settings/connected/")
    with CaptureQueriesContext(connection) as one:
        client.get("/settings/connected/")
    for number in range(1, 6):
        linked("alice", str(number), idp)
    with django_assert_num_queries(len(one)):
        assert client.get("/settings/connected/").content.count(b"/disconnect/") == 6


def test_a_member_has_a_limited_number_of_identities(idp: Idp) -> None:
    for number in range(sso.MOST_IDENTITIES):
        user = linked("alice", str(number), idp)
    with pytest.raises(errors.Conflict):
        sso.link(actor=user, arrival=oidc.ShownIdentity(provider="oak", issuer=idp.issuer, subject="one more"))
    assert Identity.objects.count() == sso.MOST_IDENTITIES


def test_nobody_sees_or_disconnects_anothers(client: Client, idp: Idp, cast: Cast) -> None:
    linked("alice", "1", idp)
    log_in(client, cast.bob)
    just_now(client, cast.bob)
    assert client.get("/api/v1/me/identities").json()["results"] == []
    assert client.post(f"/settings/connected/{Identity.objects.get().pk}/disconnect/").status_code == 404
    assert client.delete(f"/api/v1/me/identities/{Identity.objects.get().pk}").status_code == 404


# -- Roles -------------------------------------------------------------------------------------------------------------


def groups(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


@pytest.mark.both
def test_roles_come_and_go_with_the_claim(client: Client, idp: Idp) -> None:
    user = linked("alice", "1", idp)
    idp.log_in(client, **NEW, groups=["mods", "bosses", "others"])
    assert groups(user) == ["admin", "moderator"]
    idp.log_in(Client(), **NEW, groups="mods")
    assert groups(user) == ["moderator"]
    idp.log_in(Client(), **NEW)
    assert groups(user) == []
    rows = AuditEntry.objects.filter(action="accounts.roles_by_sso", subject=f"user:{user.pk}").order_by("pk")
    assert [(row.data["gave"], row.data["took"]) for row in rows] == [
        (["admin", "moderator", "staff"], []),
        ([], ["admin"]),
        ([], ["moderator", "staff"]),
    ]
    user.refresh_from_db()
    assert not user.is_superuser


def test_what_was_given_by_hand_stays(client: Client, idp: Idp) -> None:
    user = linked("alice", "1", idp)
    user.groups.add(Group.objects.get_or_create(name="moderator")[0])
    idp.log_in(client, **NEW, groups=["mods", "bosses"])
    idp.log_in(Client(), **NEW)
    assert groups(user) == ["moderator"]


def test_what_two_identities_give_goes_with_the_last(client: Client, idp: Idp) -> None:
    user = linked("alice", "1", idp)
    linked("alice", "2", idp)
    for sub in ("1", "2"):
        idp.log_in(Client(), **{**NEW, "sub": sub}, groups=["mods"])
    idp.log_in(Client(), **NEW)
    assert groups(user) == ["moderator"]
    idp.log_in(Client(), **{**NEW, "sub": "2"})
    assert groups(user) == []


def test_disconnecting_takes_what_it_gave(client: Client, idp: Idp) -> None:
    user = linked("alice", "1", idp)
    idp.log_in(client, **NEW, groups=["mods"])
    sso.unlink(actor=user, identity_id=Identity.objects.get().pk)
    assert groups(user) == []
    assert Device.objects.get().ended_at is not None


# -- Log-out -----------------------------------------------------------------------------------------------------------


def back_channel(idp: Idp, token: str) -> int:
    return Client().post(f"/accounts/sso/{idp.provider.key}/backchannel/", {"logout_token": token}).status_code


def test_logging_out_here_leads_there(client: Client, idp: Idp) -> None:
    linked("alice", "1", idp)
    idp.log_in(client, **NEW)
    page = client.post("/logout/")
    assert page.context["url"].startswith(f"{idp.issuer}/end?id_token_hint=ey")
    assert who(client) == ""
    assert Device.objects.get().ended_at is not None


def test_logging_out_works_while_the_provider_is_away(client: Client, idp: Idp) -> None:
    linked("alice", "1", idp)
    idp.log_in(client, **NEW)
    cache.clear()
    idp.down = True
    assert client.post("/logout/")["Location"] == "/"
    assert who(client) == ""


def test_a_login_by_password_ends_here(client: Client, idp: Idp) -> None:
    linked("alice", "1", idp)
    client.post("/login/", {"login": "alice", "password": PASSWORD})
    assert client.post("/logout/")["Location"] == "/"


@pytest.mark.both
def test_a_log_out_there_ends_that_session_here(idp: Idp) -> None:
    linked("alice", "1", idp)
    here, elsewhere, password = Client(), Client(), Client()
    idp.log_in(here, sid="s1", **NEW)
    idp.log_in(elsewhere, sid="s2", **NEW)
    password.post("/login/", {"login": "alice", "password": PASSWORD})
    assert back_channel(idp, idp.logout_token(sub="1", sid="s1")) == 200
    assert (who(here), who(elsewhere), who(password)) == ("", "alice", "alice")
    assert back_channel(idp, idp.logout_token(sub="1")) == 200
    assert (who(elsewhere), who(password)) == ("", "alice")
    assert Device.objects.filter(ended_at=None).count() == 1


@pytest.mark.both
def test_a_log_out_token_is_good_once(idp: Idp) -> None:
    linked("alice", "1", idp)
    token = idp.logout_token(sub="1")
    browser = Client()
    assert back_channel(idp, token) == 200
    idp.signs = {}
    idp.log_in(browser, **NEW)
    assert back_channel(idp, token) == 400
    assert who(browser) == "alice"
    LogoutHeard.objects.update(until=timezone.now().replace(year=2020))
    assert sso.forget_sso() == 1
    assert sso.forget_sso() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": {}},
        {"events": None},
        {"nonce": "an id token"},
        {"sub": None},
        {"aud": "somebody else"},
        {"iss": "https://evil.example"},
        {"jti": None},
        {"iat": 1_000_000_000},
        {"exp": 1_000_000_000},
    ],
    ids=str,
)
def test_a_bad_log_out_token_ends_nothing(client: Client, idp: Idp, wrong: dict[str, Any]) -> None:
    linked("alice", "1", idp)
    idp.log_in(client, **NEW)
    assert back_channel(idp, idp.logout_token(**{"sub": "1", **wrong})) == 400
    assert back_channel(idp, "nonsense") == 400
    assert who(client) == "alice"

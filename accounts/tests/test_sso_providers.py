"""The providers of single sign-on: from the environment, from the owner's page, under the doctor's eye."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts import checkup
from accounts.actions import sso
from accounts.models.sso import Identity, IdentityProvider
from accounts.queries import sso as sso_queries
from accounts.tests.factories import Cast, make_user
from accounts.tests.idp import Idp, made, put_up
from accounts.tests.test_sso import NEW, who
from core import errors, sealed
from core.management.commands import doctor
from core.models import AuditEntry
from socialsite import env

pytestmark = pytest.mark.django_db
FORM = {
    "key": "oak",
    "name": "Oak",
    "issuer": "https://oak.example/",
    "client_id": "client-at-oak",
    "client_secret": "the very secret",
    "scopes": "openid email groups",
    "trust_email": "on",
    "domains": "Own.example, two.example",
    "role_claim": "groups",
    "roles": "mods = moderator\n\nthe = bosses=admin",
}


@pytest.fixture
def owner() -> Client:
    client = Client()
    client.force_login(make_user("owner", is_superuser=True, is_staff=True))
    return client


@pytest.fixture
def idp(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Idp:
    """A provider that is there, and that the site does not know yet."""
    idp = made("oak")
    put_up(monkeypatch, settings, idp)
    settings.OIDC_PROVIDERS = []
    return idp


def change(**fields: str) -> dict[str, str]:
    return {name: value for name, value in {**FORM, **fields}.items() if name != "key"}


# -- The owner's page --------------------------------------------------------------------------------------------------


def test_the_owner_adds_tests_and_switches_a_provider(owner: Client, idp: Idp) -> None:
    assert b"No provider yet" in owner.get("/site/providers/").content
    answer = owner.post("/site/providers/new/", FORM)
    assert (answer.status_code, answer["Location"]) == (302, "/site/providers/oak/")
    provider = sso_queries.provider("oak")
    assert provider.issuer == "https://oak.example"
    assert provider.client_secret == "the very secret"
    assert (provider.trust_email, provider.logout) == (True, False)
    assert provider.domains == ("own.example", "two.example")
    assert provider.roles == (("mods", "moderator"), ("the = bosses", "admin"))
    page = owner.get("/site/providers/oak/").content
    assert b"/accounts/sso/oak/backchannel/" in page
    assert b"the = bosses = admin" in page
    assert b"It answers" in owner.post("/site/providers/oak/test/", follow=True).content
    idp.down = True
    assert b"does not answer" in owner.post("/site/providers/oak/test/", follow=True).content
    idp.down = False
    assert b"Continue with Oak" in Client().get("/login/").content
    visitor = Client()
    idp.log_in(visitor, **NEW)
    visitor.post("/accounts/sso/join/", {"display_name": "New", "handle": "newcomer"})
    assert who(visitor) == "newcomer"
    owner.post("/site/providers/oak/switch/", {"enabled": "no"})
    assert b"Continue with Oak" not in Client().get("/login/").content
    assert Client().post("/accounts/sso/oak/login/").status_code == 404
    owner.post("/site/providers/oak/switch/", {"enabled": "yes"})
    assert Client().post("/accounts/sso/oak/login/").status_code == 200
    actions = list(AuditEntry.objects.filter(subject__startswith="provider:").values_list("action", flat=True))
    assert actions == ["accounts.add_provider", "accounts.enable_provider", "accounts.enable_provider"]
    assert "secret" not in str(list(AuditEntry.objects.values_list("data", flat=True)))


def test_the_secret_is_sealed_and_never_shown_again(owner: Client, idp: Idp) -> None:
    owner.post("/site/providers/new/", FORM)
    row = IdentityProvider.objects.get()
    assert "very secret" not in str(vars(row))
    for page in (
        "/site/providers/",
        "/site/providers/oak/",
        f"/admin/accounts/identityprovider/{row.pk}/change/",
    ):
        body = owner.get(page).content.decode()
        assert "very secret" not in body
        assert row.secret not in body
    again = owner.post("/site/providers/oak/", change(name=""))
    assert again.status_code == 422
    assert b"very secret" not in again.content


def test_an_empty_secret_keeps_the_one_there_is(owner: Client, idp: Idp) -> None:
    owner.post("/site/providers/new/", FORM)
    owner.post("/site/providers/oak/", change(client_secret="", name="Oak Hall"))
    provider = sso_queries.provider("oak")
    assert (provider.name, provider.client_secret) == ("Oak Hall", "the very secret")


def test_another_issuer_is_another_provider(owner: Client, idp: Idp) -> None:
    """Whoever runs the new one could say that anybody is the member they like."""
    owner.post("/site/providers/new/", FORM)
    other = change(issuer="https://elm.example")
    assert "client_secret" in owner.post("/site/providers/oak/", {**other, "client_secret": ""}).context["form"].errors
    assert owner.post("/site/providers/oak/", other).status_code == 302
    Identity.objects.create(user=make_user("alice"), provider="oak", issuer="https://elm.example", subject="1")
    assert "issuer" in owner.post("/site/providers/oak/", change()).context["form"].errors
    assert sso_queries.provider("oak").issuer == "https://elm.example"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "Not A Key"),
        ("key", "a" * 41),
        ("name", ""),
        ("issuer", "http://oak.example"),
        ("issuer", "oak.example"),
        ("issuer", "https://oak.example/?realm=x"),
        ("client_id", ""),
        ("domains", "not a domain!"),
        ("roles", "mods"),
        ("roles", "mods = superuser"),
    ],
)
def test_what_cannot_be_used_is_marked(owner: Client, idp: Idp, field: str, value: str) -> None:
    answer = owner.post("/site/providers/new/", {**FORM, field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not IdentityProvider.objects.exists()


def test_a_key_is_given_once(owner: Client, idp: Idp, settings: Any) -> None:
    owner.post("/site/providers/new/", FORM)
    assert "key" in owner.post("/site/providers/new/", FORM).context["form"].errors
    settings.OIDC_PROVIDERS = [made("elm").provider]
    assert "key" in owner.post("/site/providers/new/", {**FORM, "key": "elm"}).context["form"].errors
    assert b"Set by OIDC_PROVIDERS" in owner.get("/site/providers/").content


def test_the_page_is_the_owners(client: Client, owner: Client, idp: Idp, cast: Cast) -> None:
    owner.post("/site/providers/new/", FORM)
    ways = [("get", "/"), ("get", "/new/"), ("post", "/new/"), ("get", "/oak/"), ("post", "/oak/")]
    ways += [("post", "/oak/test/"), ("post", "/oak/switch/")]
    for user in (None, cast.alice, cast.mod):
        if user:
            client.force_login(user)
        for method, path in ways:
            answer = getattr(client, method)(f"/site/providers{path}", FORM)
            assert answer.status_code == (404 if user else 302), (user, method, path)
    row = IdentityProvider.objects.get()
    assert row.is_enabled
    assert b"Sign-on providers" not in client.get("/settings/").content


def test_a_secret_of_another_key_is_said_and_not_used(owner: Client, idp: Idp, settings: Any) -> None:
    owner.post("/site/providers/new/", FORM)
    settings.SECRET_KEY, old = "another secret key that is long enough", settings.SECRET_KEY
    assert sso_queries.providers() == []
    [finding] = checkup.sign_on()
    assert (finding.part, finding.level) == ("sign-on oak", "fail")
    assert "SECRET_KEY" in finding.mend
    settings.SECRET_KEY_FALLBACKS = [old]
    assert [one.key for one in sso_queries.providers()] == ["oak"]


def test_what_is_sealed_for_one_thing_does_not_open_as_another() -> None:
    closed = sealed.seal("words", purpose="one")
    assert sealed.unseal(closed, purpose="one") == "words"
    with pytest.raises(sealed.Unreadable):
        sealed.unseal(closed, purpose="another")
    with pytest.raises(sealed.Unreadable):
        sealed.unseal("damaged", purpose="one")


# -- The doctor --------------------------------------------------------------------------------------------------------


def test_the_doctor_asks_every_provider(idp: Idp, settings: Any) -> None:
    assert list(checkup.sign_on()) == []
    settings.OIDC_PROVIDERS = [idp.provider]
    assert [(one.part, one.level) for one in checkup.sign_on()] == [("sign-on oak", "ok")]
    idp.document = {"code_challenge_methods_supported": ["plain"]}
    [finding] = checkup.sign_on()
    assert (finding.level, "PKCE" in finding.says) == ("fail", True)
    idp.document, idp.down = {}, True
    [finding] = checkup.sign_on()
    assert (finding.level, "well-known" in finding.mend) == ("fail", True)


def test_the_doctors_list_holds_it(idp: Idp, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OIDC_PROVIDERS = [idp.provider]
    assert "sign-on oak" in [finding.part for finding in doctor.examine(0)]


# -- The environment ---------------------------------------------------------------------------------------------------

GOOD = {"key": "oak", "name": "Oak", "issuer": "https://oak.example", "client_id": "me"}


def read(monkeypatch: pytest.MonkeyPatch, value: object) -> Any:
    monkeypatch.setenv("OIDC_PROVIDERS", value if isinstance(value, str) else json.dumps(value))
    return env.oidc_providers("OIDC_PROVIDERS")


def test_providers_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, "") == []
    more = {"client_secret": "s", "roles": {"mods": "moderator"}, "domains": ["own.example"], "logout": True}
    [bare, full] = read(monkeypatch, [GOOD, {**GOOD, "key": "elm", **more}])
    assert (bare.scopes, bare.trust_email, bare.client_secret) == ("openid profile email", False, "")
    assert (full.roles, full.domains, full.logout) == ((("mods", "moderator"),), ("own.example",), True)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("{", "JSON"),
        ({}, "list"),
        (["oak"], "list"),
        ([GOOD, GOOD], "same key"),
        ([{**GOOD, "isuer": "x"}], "isuer"),
        ([{**GOOD, "issuer": "http://oak.example"}], "issuer"),
        ([GOOD, {**GOOD, "key": 5}], "provider 2"),
        ([{**GOOD, "trust_email": "yes"}], "trust_email"),
        ([{**GOOD, "domains": "*"}], "domains"),
        ([{**GOOD, "roles": {"mods": "owner"}}], "roles"),
        ([{**GOOD, "roles": ["mods"]}], "roles"),
        ([{**GOOD, "client_secret": 7}], "client_secret"),
        ([{**GOOD, "name": "n" * 61}], "name"),
    ],
    ids=str,
)
def test_a_broken_one_is_one_sentence(monkeypatch: pytest.MonkeyPatch, value: object, word: str) -> None:
    with pytest.raises(env.BrokenSetting, match="OIDC_PROVIDERS") as raised:
        read(monkeypatch, value)
    assert word in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_owner_only_writes(cast: Cast) -> None:
    for person in (cast.alice, cast.mod):
        with pytest.raises(errors.NotFound):
            sso.add_provider(actor=person, given=GOOD)

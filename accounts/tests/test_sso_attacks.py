"""Single sign-on under attack: every test is somebody who tries to come in as somebody else."""

import base64
import hmac
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.test import Client

from accounts import oidc
from accounts.models.sso import Identity
from accounts.tests.factories import PASSWORD, long_ago, make_user
from accounts.tests.idp import Idp, key_named, made, put_up
from accounts.tests.test_factors import enter
from accounts.tests.test_sso import NEW, linked, who

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch, settings: Any) -> tuple[Idp, Idp]:
    oak, elm = made("oak"), made("elm")
    put_up(monkeypatch, settings, oak, elm)
    return oak, elm


@pytest.fixture
def idp(both: tuple[Idp, Idp]) -> Idp:
    linked("alice", "1", both[0])
    return both[0]


# -- State -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["", "made-up", None])
def test_a_forged_state_comes_to_nothing(client: Client, idp: Idp, state: str | None) -> None:
    words = idp.agree(idp.begin(client), **NEW)
    words["state"] = state
    if state is None:
        del words["state"]
    answer = idp.come_back(client, words)
    assert (answer.status_code, who(client)) == (400, "")
    assert not any(url.endswith("/token") for url in idp.asked), "the code is not even sent"


def test_somebody_elses_answer_is_not_mine(client: Client, idp: Idp) -> None:
    """Login CSRF: the attacker logs in there, and has the victim open the way back."""
    attacker = Client()
    words = idp.agree(idp.begin(attacker), **NEW)
    idp.begin(client)
    assert (idp.come_back(client, words).status_code, who(client)) == (400, "")


def test_a_replayed_answer_comes_to_nothing(client: Client, idp: Idp) -> None:
    words = idp.agree(idp.begin(client), **NEW)
    idp.come_back(client, words)
    client.post("/logout/")
    assert (idp.come_back(client, words).status_code, who(client)) == (400, "")


def test_a_code_is_good_once(client: Client, idp: Idp) -> None:
    words = idp.agree(idp.begin(client), **NEW)
    idp.come_back(client, words)
    client.post("/logout/")
    again = idp.begin(client)
    answer = idp.come_back(client, {"code": words["code"], "state": again["state"]})
    assert (answer.status_code, who(client)) == (403, "")


def test_a_stolen_code_is_of_no_use_elsewhere(client: Client, idp: Idp) -> None:
    """PKCE: a code fits only the browser that began."""
    stolen = idp.agree(idp.begin(Client()), **NEW)["code"]
    mine = idp.begin(client)
    answer = idp.come_back(client, {"code": stolen, "state": mine["state"]})
    assert (answer.status_code, who(client)) == (403, "")


def test_a_login_is_begun_by_our_own_page_only(idp: Idp) -> None:
    """CSRF on login and on linking: another site's form has no token."""
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/accounts/sso/oak/login/").status_code == 403
    assert strict.get("/accounts/sso/oak/login/").status_code == 405
    strict.force_login(make_user("bob"))
    for place in ("/accounts/sso/oak/connect/", "/accounts/sso/link/"):
        assert strict.post(place).status_code == 403


def test_linking_ends_with_whom_it_began(client: Client, idp: Idp) -> None:
    """Somebody begins to connect, and another is logged in by the time the answer comes."""
    make_user("bob")
    enter(client, "bob")
    words = idp.agree(idp.begin(client, connect=True), **{**NEW, "sub": "2"})
    client.post("/logout/")
    client.force_login(make_user("carol"))
    assert idp.come_back(client, words).status_code == 400
    assert not Identity.objects.filter(subject="2").exists()


def test_connecting_needs_a_login(client: Client, idp: Idp) -> None:
    assert client.post("/accounts/sso/oak/connect/")["Location"].startswith("/login/")


# -- Tokens ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another application"},
        {"aud": ["client-at-oak", "another application"]},
        {"aud": None},
        {"azp": "another application"},
        {"nonce": "of another login"},
        {"nonce": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 10_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 1},
        {"sub": "x" * 256},
    ],
    ids=str,
)
def test_an_id_token_that_is_not_for_this_login_is_refused(client: Client, idp: Idp, lies: dict[str, Any]) -> None:
    idp.lies = lies
    answer = idp.log_in(client, **NEW)
    assert (answer.status_code, who(client)) == (403, "")
    assert "sso_arrived" not in client.session


FORGED = {
    "none": {"key": None, "algorithm": "none"},
    "signed with our own secret": {"key": "a secret that is long enough for it", "algorithm": "HS256"},
    "another key": {"key": key_named("mallory")},
    "another key without a name": {"key": key_named("mallory"), "headers": {}},
    "an unknown key": {"headers": {"kid": "unheard of"}},
}


@pytest.mark.parametrize("signs", FORGED.values(), ids=FORGED.keys())
def test_a_forged_signature_is_refused(client: Client, idp: Idp, signs: dict[str, Any]) -> None:
    idp.signs = signs
    assert (idp.log_in(client, **NEW).status_code, who(client)) == (403, "")


def test_the_public_key_is_no_shared_secret(client: Client, idp: Idp) -> None:
    """Key confusion: HS256 with the provider's public key as the secret."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key_named(idp.issuer).public_key().public_bytes(serialization.Encoding.PEM, form)
    good = idp.sign({**NEW, "nonce": oidc.nonce_of("v")})
    assert oidc.read_id_token(idp.provider, good, verifier="v")["sub"] == "1"

    def part(raw: bytes) -> bytes:
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    head = part(json.dumps({"alg": "HS256", "kid": idp.kid}).encode()) + b"." + good.split(".")[1].encode()
    forged = head + b"." + part(hmac.digest(public, head, "sha256"))  # PyJWT would not make such a one
    with pytest.raises(oidc.Refused):
        oidc.read_id_token(idp.provider, forged.decode(), verifier="v")


def test_new_keys_are_asked_for_once_a_minute(client: Client, idp: Idp) -> None:
    idp.log_in(Client(), **NEW)
    before = idp.asked.count(f"{idp.issuer}/keys")
    idp.signs = {"headers": {"kid": "unheard of"}}
    for _turn in range(5):
        idp.log_in(client, **NEW)
    assert idp.asked.count(f"{idp.issuer}/keys") == before + 1


def test_nothing_is_asked_twice(client: Client, idp: Idp) -> None:
    idp.log_in(Client(), **NEW)
    idp.asked.clear()
    idp.log_in(client, **NEW)
    assert idp.asked == [f"{idp.issuer}/token"], "the document and the keys are remembered"


# -- Two providers -----------------------------------------------------------------------------------------------------


def test_the_same_name_at_another_provider_is_somebody_else(client: Client, idp: Idp, both: tuple[Idp, Idp]) -> None:
    answer = both[1].log_in(client, **NEW)
    assert (answer["Location"], who(client)) == ("/accounts/sso/join/", "")


def test_a_login_begun_at_one_does_not_end_at_another(client: Client, idp: Idp, both: tuple[Idp, Idp]) -> None:
    """Mix-up: the answer of the one is brought to the other's address."""
    elm = both[1]
    words = idp.agree(idp.begin(client), **NEW)
    assert (elm.come_back(client, words).status_code, who(client)) == (400, "")
    assert not any(url.endswith("/token") for url in elm.asked), "the code has not gone to the other"


def test_an_answer_that_names_another_issuer_is_refused(client: Client, idp: Idp, both: tuple[Idp, Idp]) -> None:
    words = idp.agree(idp.begin(client), **NEW)
    answer = idp.come_back(client, {**words, "iss": both[1].issuer})
    assert (answer.status_code, who(client)) == (403, "")


def test_an_answer_must_name_the_issuer_where_the_provider_does(client: Client, idp: Idp) -> None:
    idp.document = {"authorization_response_iss_parameter_supported": True}
    assert idp.log_in(client, **NEW).status_code == 403
    words = idp.agree(idp.begin(client), **NEW)
    idp.come_back(client, {**words, "iss": idp.issuer})
    assert who(client) == "alice"


def test_a_provider_speaks_for_itself_only(client: Client, idp: Idp) -> None:
    idp.document = {"issuer": "https://elm.example"}
    assert client.post("/accounts/sso/oak/login/").status_code == 503


@pytest.mark.parametrize("field", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"])
@pytest.mark.parametrize("url", ["http://oak.example/", "javascript:alert(1)", "file:///etc/passwd", "//evil", 5])
def test_secrets_go_nowhere_without_https(client: Client, idp: Idp, field: str, url: Any) -> None:
    idp.document = {field: url}
    assert client.post("/accounts/sso/oak/login/").status_code == 503


def test_one_provider_logs_nobody_of_another_out(client: Client, idp: Idp, both: tuple[Idp, Idp]) -> None:
    elm = both[1]
    idp.log_in(client, **NEW)
    token = elm.logout_token(sub="1", iss=idp.issuer, aud=idp.provider.client_id)
    assert Client().post("/accounts/sso/oak/backchannel/", {"logout_token": token}).status_code == 400
    own = elm.logout_token(sub="1")
    assert Client().post("/accounts/sso/elm/backchannel/", {"logout_token": own}).status_code == 200
    assert who(client) == "alice"


# -- Where one is led --------------------------------------------------------------------------------------------------

EVIL = ["https://evil.example/", "//evil.example/", "https:evil.example", "javascript:alert(1)", "/\\evil.example"]


@pytest.mark.parametrize("url", EVIL)
def test_nobody_is_led_away(client: Client, idp: Idp, url: str) -> None:
    assert idp.log_in(client, next_url=url, **NEW)["Location"] == "/"


def test_people_are_not_sent_back_to_the_host_of_a_request(client: Client, idp: Idp, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page = client.post("/accounts/sso/oak/login/", headers={"host": "evil.example"})
    assert "evil" not in page.context["url"]


# -- Take-over ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("proof", [False, None, "false", "yes", 1, ["true"]])
def test_an_unproven_address_takes_nobody_over(client: Client, idp: Idp, proof: Any) -> None:
    claims = {"sub": "2", "email": "alice@example.org", "email_verified": proof}
    assert idp.log_in(client, **claims)["Location"] == "/accounts/sso/join/"
    form = {"display_name": "A", "handle": "another", "email": "alice@example.org"}
    assert client.post("/accounts/sso/join/", form)["Location"] == "/signup/code/"
    for guess in ("", "000000"):
        client.post("/signup/code/", {"code": guess})
    assert who(client) == ""
    assert Identity.objects.get().subject == "1"


def test_a_proof_counts_only_of_a_provider_that_is_trusted_for_it(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    idp = made("oak", trust_email=False, domains=["example.org"])
    put_up(monkeypatch, settings, idp)
    make_user("alice")
    assert idp.log_in(client, **{**NEW, "email": "alice@example.org"})["Location"] == "/accounts/sso/join/"
    assert who(client) == ""


def test_an_address_typed_on_the_page_is_not_the_proven_one(client: Client, idp: Idp) -> None:
    idp.log_in(client, **{**NEW, "sub": "2"})
    client.post("/accounts/sso/join/", {"display_name": "A", "handle": "another", "email": "alice@example.org"})
    assert Identity.objects.get(subject="2").user.email == "new@example.org"


def test_whoever_waits_too_long_begins_again(client: Client, idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    idp.log_in(client, **{**NEW, "sub": "2"})
    later = time.time() + 16 * 60
    monkeypatch.setattr("accounts.arrivals.time.time", lambda: later)
    assert client.get("/accounts/sso/join/")["Location"] == "/login/"


def test_another_members_login_links_only_with_their_word(client: Client, idp: Idp) -> None:
    """Somebody who arrived is left on a shared machine: whoever logs in next is asked before anything is linked."""
    idp.log_in(client, **{**NEW, "sub": "2"})
    make_user("bob")
    client.post("/login/", {"login": "bob", "password": PASSWORD})
    page = client.get("/accounts/sso/link/")
    assert page.status_code == 200
    assert not Identity.objects.filter(subject="2").exists()


@pytest.mark.parametrize("connect", [True, False])
def test_an_open_browser_links_nobodys_identity(client: Client, idp: Idp, connect: bool) -> None:
    """Somebody finds bob logged in since yesterday, and brings an identity of their own to prove that they are bob."""
    make_user("bob")
    enter(client, "bob")
    long_ago(client)
    confirm = "/settings/security/confirm/?next="
    if connect:
        answer = client.post("/accounts/sso/oak/connect/")
        assert answer["Location"] == f"{confirm}%2Fsettings%2Fconnected%2F"
    else:
        assert idp.log_in(client, **{**NEW, "sub": "2"})["Location"] == "/accounts/sso/link/"
        assert client.post("/accounts/sso/link/")["Location"] == f"{confirm}%2Faccounts%2Fsso%2Flink%2F"
    assert not Identity.objects.filter(subject="2").exists()
    assert client.get("/settings/security/app/")["Location"].startswith(confirm)
    client.post("/settings/security/confirm/", {"password": PASSWORD})
    if connect:
        idp.log_in(client, connect=True, **{**NEW, "sub": "2"})
    else:
        client.post("/accounts/sso/link/")
    assert Identity.objects.get(subject="2").user.handle == "bob"


def test_a_provider_that_is_switched_off_lets_nobody_in(client: Client, idp: Idp, settings: Any) -> None:
    words = idp.agree(idp.begin(client), **NEW)
    settings.OIDC_PROVIDERS = []
    assert idp.come_back(client, words).status_code == 404
    assert client.post("/accounts/sso/oak/login/").status_code == 404
    assert client.post("/accounts/sso/oak/backchannel/").status_code == 404


def test_the_secret_of_the_nonce_stays_here(client: Client, idp: Idp) -> None:
    asked = idp.begin(client)
    verifier = next(iter(client.session["socialaccount_states"].values()))[0]["verifier"]
    assert verifier not in str(asked)
    assert asked["nonce"] == oidc.nonce_of(verifier)
    assert asked["code_challenge_method"] == "S256"

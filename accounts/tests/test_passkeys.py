"""Passkeys: the whole login by one, a second factor by one, and whatever is not quite one."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from accounts.access import factors as factor_access
from accounts.actions import factors
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import factors as factor_queries
from accounts.tests.factories import make_user
from accounts.tests.soft_key import SoftKey
from accounts.tests.test_factors import OPTIONS, enter, is_in, passkey_login, set_up_passkey
from core import errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def mine(alice: User, client: Client) -> Client:
    """Alice's browser, logged in a moment ago."""
    assert enter(client).status_code == 302
    return client


def test_a_passkey_is_the_whole_login(mine: Client, alice: User) -> None:
    key = SoftKey()
    answer = set_up_passkey(mine, key)
    assert answer.status_code == 200, "the first factor brings recovery codes"
    assert [one.name for one in factor_queries.protection(viewer=alice).passkeys] == ["My phone"]
    fresh = Client()
    answer = passkey_login(fresh, key, next="/settings/devices/")
    assert (answer.status_code, answer["Location"]) == (302, "/settings/devices/")
    assert is_in(fresh)
    assert Device.objects.filter(user=alice, ended_at=None).count() == 2
    assert passkey_login(Client(), key, next="https://evil.example/")["Location"] == "/"


def test_a_passkey_is_a_second_factor_too(mine: Client, alice: User) -> None:
    key = SoftKey()
    set_up_passkey(mine, key)
    other = Client()
    assert enter(other)["Location"] == "/login/factor/"
    assert not is_in(other)
    page = other.get("/login/factor/").content.decode()
    assert other.post("/login/factor/", {"credential": "{}"}).status_code == 422
    page = other.get("/login/factor/").content.decode()
    credential = json.dumps(key.get(json.loads(OPTIONS.search(page)[1])))
    assert other.post("/login/factor/", {"credential": credential}).status_code == 302
    assert is_in(other)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"origin": "https://evil.example"}, "a page that only looks like ours"),
        ({"rp_id": "evil.example"}, "made for another site"),
        ({"verified": False}, "no finger, face or PIN"),
        ({"id": b"unknown-credential"}, "a passkey we do not know"),
        ({"user_handle": "2n9c"}, "nobody's"),
        ({"key": SoftKey().key}, "another key under the same name"),
    ],
)
def test_a_passkey_that_is_not_quite_right(mine: Client, alice: User, change: dict[str, Any], why: str) -> None:
    key = SoftKey()
    set_up_passkey(mine, key)
    for name, value in change.items():
        setattr(key, name, value)
    fresh = Client()
    assert passkey_login(fresh, key)["Location"] == "/login/", why
    assert not is_in(fresh)


def test_a_passkey_of_somebody_else_does_not_stand_for_mine(mine: Client, alice: User) -> None:
    bob, theirs, key, other = make_user("bob"), Client(), SoftKey(), SoftKey()
    set_up_passkey(mine, key)
    enter(theirs, "bob")
    set_up_passkey(theirs, other)
    key.user_handle, other.user_handle = other.user_handle, key.user_handle
    for one in (key, other):
        fresh = Client()
        passkey_login(fresh, one)
        assert not is_in(fresh)
    with pytest.raises(errors.NotFound):
        factors.remove_passkey(actor=alice, id=factor_access.own_passkeys(bob).get().pk)
    id = factor_access.own_passkeys(bob).get().pk
    assert mine.get(f"/settings/security/passkeys/{id}/").status_code == 404
    assert mine.post(f"/settings/security/passkeys/{id}/remove/").status_code == 404


def test_what_a_passkey_said_is_good_for_one_challenge(mine: Client) -> None:
    key = SoftKey()
    set_up_passkey(mine, key)
    fresh, thief = Client(), Client()
    asked = fresh.get("/login/passkey/", headers={"Accept": "application/json"}).json()
    said = json.dumps(key.get(asked["request_options"]))
    thief.get("/login/passkey/", headers={"Accept": "application/json"})
    thief.post("/login/passkey/", {"credential": said})
    assert not is_in(thief)
    fresh.post("/login/passkey/", {"credential": said})
    assert is_in(fresh)
    fresh.post("/logout/")
    fresh.post("/login/passkey/", {"credential": said})
    assert not is_in(fresh)


def test_a_stolen_key_without_its_pin_is_no_login(mine: Client, alice: User) -> None:
    """The thief asks for a challenge where a key is a second factor only, with an account of their own."""
    key, thief = SoftKey(), Client()
    set_up_passkey(mine, key)
    make_user("evil")
    enter(thief, "evil")
    set_up_passkey(thief, SoftKey())
    thief = Client()
    assert enter(thief, "evil")["Location"] == "/login/factor/"
    asked = json.loads(OPTIONS.search(thief.get("/login/factor/").content.decode())[1])
    session = thief.session  # a quarter of an hour later
    session["account_login"] = {**session["account_login"], "initiated_at": time.time() - 1000}
    session.save()
    key.verified = False
    assert thief.post("/login/passkey/", {"credential": json.dumps(key.get(asked))})["Location"] == "/login/"
    assert not is_in(thief)


RUBBISH = [
    "", "null", "[]", "7", '"x"', "{}", '{"id": 1}', '{"response": {}}', '{"id":"a","rawId":"a","response":{}}',
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"!","attestationObject":"!"}}',
    '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA",'
    '"authenticatorData":"AA","signature":"AA","userHandle":"MQ"}}',
]  # fmt: skip


@pytest.mark.parametrize("said", RUBBISH)
def test_rubbish_instead_of_a_passkey_is_refused(mine: Client, alice: User, said: str) -> None:
    mine.get("/settings/security/passkeys/add/")
    assert mine.post("/settings/security/passkeys/add/", {"name": "x", "credential": said}).status_code == 422
    set_up_passkey(mine, SoftKey())
    fresh = Client()
    fresh.get("/login/passkey/", headers={"Accept": "application/json"})
    assert fresh.post("/login/passkey/", {"credential": said})["Location"] == "/login/"
    enter(fresh)
    fresh.get("/login/factor/")
    assert fresh.post("/login/factor/", {"credential": said}).status_code == 422


def test_names_of_passkeys(mine: Client, alice: User) -> None:
    key = SoftKey()
    set_up_passkey(mine, key, name="  ")
    one = factor_access.own_passkeys(alice).get()
    assert one.wrap().name == "My passkey"
    path = f"/settings/security/passkeys/{one.pk}/"
    assert mine.post(path, {"name": "Grey\u200b  key"}).status_code == 302
    assert factor_queries.passkey(viewer=alice, id=one.pk).name == "Grey key"
    assert mine.post(path, {"name": ""}).status_code == 422
    assert mine.post(f"{path}remove/").status_code == 302
    assert not factor_queries.protection(viewer=alice).on
    fresh = Client()
    passkey_login(fresh, key)
    assert not is_in(fresh), "what was removed lets nobody in"


def test_the_site_is_named_by_its_settings_and_not_by_the_request(mine: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_URL = "https://village.example:8443"
    asked = Client().get("/login/passkey/", headers={"Accept": "application/json", "Host": "evil.example"}).json()
    assert asked["request_options"]["publicKey"]["rpId"] == "village.example"


@pytest.mark.parametrize("state", [{"is_active": False}, {"suspended_until": "2999-01-01T00:00Z"}])
def test_who_is_not_here_has_no_use_for_a_passkey(mine: Client, alice: User, state: dict[str, Any]) -> None:
    key = SoftKey()
    set_up_passkey(mine, key)
    User.objects.filter(pk=alice.pk).update(**state)
    fresh = Client()
    passkey_login(fresh, key)
    assert not is_in(fresh)
    assert Device.objects.filter(user=alice).count() == 1

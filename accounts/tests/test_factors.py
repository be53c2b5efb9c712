"""Second factors: set up, used, taken away, by members and for them."""

import json
import re
from io import StringIO
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.access import factors as factor_access
from accounts.actions import addresses, factors, logins
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import factors as factor_queries
from accounts.tests.factories import PASSWORD, just_now, log_in, make_user
from accounts.tests.soft_key import SoftKey
from accounts.tests.test_at_once import at_once
from core import errors
from core.models import AuditEntry, Mail

pytestmark = pytest.mark.django_db

OPTIONS = re.compile(r'<script id="passkey-options" type="application/json">(.*?)</script>', re.S)


def code_of(secret: str, *, later: int = 0) -> str:
    """What an app with this secret shows now, or so many steps later."""
    step = [*totp.yield_hotp_counters_from_time()][1] + later
    return totp.format_hotp_value(totp.hotp_value(secret, step))


def set_up_app(user: User) -> tuple[str, list[str]]:
    secret = totp.generate_totp_secret()
    return secret, factors.add_app(actor=user, secret=secret, code=code_of(secret, later=-1))


def set_up_passkey(client: Client, key: SoftKey, name: str = "My phone") -> Any:
    page = client.get("/settings/security/passkeys/add/")
    credential = json.dumps(key.create(json.loads(OPTIONS.search(page.content.decode())[1])))
    return client.post("/settings/security/passkeys/add/", {"name": name, "credential": credential})


def enter(client: Client, who: str = "alice") -> Any:
    return client.post("/login/", {"login": who, "password": PASSWORD})


def passkey_login(client: Client, key: SoftKey, **more: str) -> Any:
    asked = client.get("/login/passkey/", headers={"Accept": "application/json"}).json()
    return client.post("/login/passkey/", {"credential": json.dumps(key.get(asked["request_options"])), **more})


def is_in(client: Client) -> bool:
    return client.get("/settings/account/").status_code == 200


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def mine(alice: User, client: Client) -> Client:
    """Alice's browser, logged in a moment ago."""
    assert enter(client).status_code == 302
    return client


def shown_secret(page: Any) -> str:
    return re.search(r'class="secretkey" dir="ltr">([A-Z2-7 ]+)<', page.content.decode())[1].replace(" ", "")


# -- The app --


def test_setting_up_an_app_shows_recovery_codes_once(mine: Client, alice: User) -> None:
    page = mine.get("/settings/security/app/")
    secret = shown_secret(page)
    assert shown_secret(mine.get("/settings/security/app/")) == secret, "a reload keeps what was scanned"
    assert "data:image/svg+xml," in page.content.decode()
    assert secret not in json.dumps(dict(mine.session.items())), "the session's row does not give it away"
    assert mine.post("/settings/security/app/", {"code": "000000"}).status_code == 422
    answer = mine.post("/settings/security/app/", {"code": code_of(secret)})
    codes = re.findall(r"<li>(\d{4} \d{4})</li>", answer.content.decode())
    assert answer.status_code == 200
    assert len(set(codes)) == 10
    assert all(code.replace(" ", "%20") in answer.content.decode() for code in codes), "the file holds them, too"
    for path in ("/settings/security/", "/settings/security/codes/"):
        assert not re.search(
            r"\d{4} ?\d{4}", re.sub(r"<head>.*?</head>|\"[^\"]*\"", "", mine.get(path).content.decode())
        )
    assert factor_queries.protection(viewer=alice).codes_left == 10
    assert mine.post("/settings/security/app/", {"code": code_of(secret)}).status_code == 422, "there is one already"


def test_the_first_factor_ends_other_logins_and_the_second_does_not(mine: Client, alice: User) -> None:
    other = Client()
    enter(other)
    pair = logins.log_in_app(actor=alice)
    set_up_from = shown_secret(mine.get("/settings/security/app/"))
    mine.post("/settings/security/app/", {"code": code_of(set_up_from)})
    assert is_in(mine)
    assert not is_in(other)
    headers = {"Authorization": f"Bearer {pair.access}"}
    assert Client().get("/api/v1/me", headers=headers).status_code == 401
    enter(other)
    other.post("/login/factor/", {"code": code_of(set_up_from, later=1)})
    assert is_in(other)
    assert set_up_passkey(mine, SoftKey()).status_code == 302
    assert is_in(other)


def test_secret_and_seed_are_sealed(alice: User, settings: Any) -> None:
    secret, codes = set_up_app(alice)
    rows = Authenticator.objects.filter(user=alice)
    stored = json.dumps([row.data for row in rows])
    assert secret not in stored
    assert decrypt(rows.get(type="totp").data["secret"]) == secret
    assert all(code not in stored for code in codes)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another " * 8, [settings.SECRET_KEY]
    assert decrypt(rows.get(type="totp").data["secret"]) == secret, "an old key still opens"
    settings.SECRET_KEY_FALLBACKS = []
    assert factors.check_code(actor=alice, code=codes[0]) is None, "without the key there is no way in, and no error"


@pytest.mark.both
def test_a_code_of_the_app_is_good_once_also_after_a_restart(alice: User) -> None:
    secret, _codes = set_up_app(alice)
    with time_machine.travel("2030-01-01 10:00", tick=False) as clock:
        code, before, next_one = code_of(secret), code_of(secret, later=-1), code_of(secret, later=1)
        assert factors.check_code(actor=alice, code=code)
        cache.clear()
        assert factors.check_code(actor=alice, code=code) is None
        assert factors.check_code(actor=alice, code=before) is None, "nor one that came before it"
        assert factors.check_code(actor=alice, code=next_one)
        clock.shift(90)
        assert factors.check_code(actor=alice, code=code) is None
        assert factors.check_code(actor=alice, code=f" {code_of(secret)[:3]} {code_of(secret)[3:]} ")


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_with_one_code_one_comes_in() -> None:
    alice = make_user("alice")
    secret, codes = set_up_app(alice)
    for code in (code_of(secret), codes[3]):
        answers = at_once(*[lambda code=code: factors.check_code(actor=alice, code=code)] * 5)
        assert sum(isinstance(answer, Authenticator) for answer in answers) == 1


@pytest.mark.both
def test_wrong_codes_are_counted_in_the_database(alice: User) -> None:
    secret, codes = set_up_app(alice)
    tried = []
    for turn in range(7):
        cache.clear()
        client = Client(REMOTE_ADDR=f"192.0.2.{turn}")
        enter(client)
        code = "00000000" if turn < 5 else (code_of(secret), codes[0])[turn - 5]
        tried.append(client.post("/login/factor/", {"code": code}).status_code)
    assert tried == [422] * 5 + [429] * 2
    assert Device.objects.filter(user=alice, ended_at=None).count() == 0


def test_wrong_codes_are_also_limited_for_a_day(alice: User) -> None:
    secret, _codes = set_up_app(alice)
    with time_machine.travel("2030-01-01 00:10", tick=False) as clock:
        for _turn in range(30):
            assert factors.check_code(actor=alice, code="0") is None
            clock.shift(301)
        with pytest.raises(errors.TooMany):
            factors.check_code(actor=alice, code=code_of(secret))


def test_removing_the_app(mine: Client, alice: User) -> None:
    set_up_app(alice)
    enter(mine)
    with time_machine.travel("2030-01-01 10:00", tick=False):
        assert mine.get("/settings/security/").status_code == 302, "logged out by the first factor"
    factors.remove_app(actor=alice)
    factors.remove_app(actor=alice)
    assert not Authenticator.objects.filter(user=alice).exists(), "recovery codes go with the last factor"
    actions = [entry.action for entry in AuditEntry.objects.order_by("pk")]
    assert actions == ["accounts.add_factor", "accounts.remove_factor"]


# -- Recovery codes --


def test_a_recovery_code_lets_in_once(alice: User, client: Client) -> None:
    _secret, codes = set_up_app(alice)
    for tries, status in ((codes[0], 302), (codes[0], 422), (f"{codes[1][:4]} {codes[1][4:]}", 302)):
        browser = Client()
        enter(browser)
        assert browser.post("/login/factor/", {"code": tries}).status_code == status
    assert factor_queries.protection(viewer=alice).codes_left == 8


def test_new_codes_end_the_old_ones(mine: Client, alice: User) -> None:
    assert mine.post("/settings/security/codes/").status_code == 302, "nothing to recover"
    with pytest.raises(errors.Conflict):
        factors.renew_codes(actor=alice)
    secret = shown_secret(mine.get("/settings/security/app/"))
    page = mine.post("/settings/security/app/", {"code": code_of(secret)}).content.decode()
    old = re.findall(r"<li>(\d{4} \d{4})</li>", page)
    fresh = re.findall(r"<li>(\d{4} \d{4})</li>", mine.post("/settings/security/codes/").content.decode())
    assert len(fresh) == 10
    assert not set(old) & set(fresh)
    assert factors.check_code(actor=alice, code=old[0]) is None
    assert factors.check_code(actor=alice, code=fresh[0])


# -- Notices --


def test_every_change_is_told_by_mail_and_written_down(mine: Client, alice: User) -> None:
    _secret, _codes = set_up_app(alice)
    enter(mine)
    factors.renew_codes(actor=alice)
    factors.remove_app(actor=alice)
    told = Mail.objects.filter(to=alice.email, subject__contains="protection").order_by("pk")
    assert [re.search(r"now protects|new recovery codes|app was removed", one.body)[0] for one in told] == [
        "now protects", "new recovery codes", "app was removed",
    ]  # fmt: skip
    assert all(one.expires_at is None for one in told)
    entries = AuditEntry.objects.filter(subject=f"user:{alice.pk}", actor_id=alice.pk).order_by("pk")
    assert [(entry.action, entry.data) for entry in entries] == [
        ("accounts.add_factor", {"kind": "app"}),
        ("accounts.renew_factor", {"kind": "codes"}),
        ("accounts.remove_factor", {"kind": "app"}),
    ]


# -- Confirming that it is you --


PROTECTED = (
    "app/", "passkeys/add/", "passkeys/1/", "codes/", "reset/alice/",
)  # fmt: skip
PROTECTED_BUTTONS = (
    "app/",
    "app/remove/",
    "passkeys/add/",
    "passkeys/1/remove/",
    "codes/",
    "reset/alice/",
)


def test_everything_asks_first_whether_it_is_you(alice: User, client: Client) -> None:
    log_in(client, alice)  # not a login of the last five minutes, as far as the session knows
    for path in PROTECTED:
        answer = client.get(f"/settings/security/{path}")
        assert answer["Location"].startswith("/settings/security/confirm/?next=")
    for path in PROTECTED_BUTTONS:
        assert client.post(f"/settings/security/{path}")["Location"].startswith("/settings/security/confirm/")
    for path in ("/settings/account/email/", "/site/second-factor/"):
        assert client.get(path)["Location"].startswith("/settings/security/confirm/")
    assert client.post("/site/second-factor/")["Location"].startswith("/settings/security/confirm/")
    for path in [*PROTECTED, *PROTECTED_BUTTONS]:
        assert Client().get(f"/settings/security/{path}")["Location"].startswith("/login/")


@pytest.mark.parametrize("way", ["password", "code", "recovery"])
def test_confirming(alice: User, client: Client, way: str) -> None:
    secret, codes = set_up_app(alice)
    log_in(client, alice)
    given = {"password": {"password": PASSWORD}, "code": {"code": code_of(secret)}, "recovery": {"code": codes[0]}}[way]
    page = "/settings/security/confirm/?next=/settings/security/codes/"
    assert client.get(page).status_code == 200
    with time_machine.travel("2030-01-01 10:00", tick=False) as clock:
        log_in(client, alice)
        if way == "code":
            given = {"code": code_of(secret)}
        assert client.post(page, {**given, "next": "https://evil.example"})["Location"] == "/settings/security/"
        assert client.get("/settings/security/codes/").status_code == 200
        clock.shift(301)
        assert client.get("/settings/security/codes/").status_code == 302


def test_confirming_by_passkey(mine: Client, alice: User) -> None:
    key, client = SoftKey(), Client()
    set_up_passkey(mine, key)
    log_in(client, alice)
    page = client.get("/settings/security/confirm/").content.decode()
    credential = json.dumps(key.get(json.loads(OPTIONS.search(page)[1])))
    assert client.post("/settings/security/confirm/", {"credential": credential}).status_code == 302
    assert client.get("/settings/security/app/").status_code == 200


def test_guessing_to_confirm_is_limited_as_the_login_is(alice: User, client: Client) -> None:
    set_up_app(alice)
    log_in(client, alice)
    page = "/settings/security/confirm/"
    for field, wrong, right in (("password", "no", PASSWORD), ("code", "0", "0")):
        assert [client.post(page, {field: wrong}).status_code for _turn in range(6)] == [422] * 5 + [429]
        assert client.post(page, {field: right}).status_code == 429
    assert Client().post("/login/", {"login": "alice", "password": PASSWORD}).status_code == 429


@pytest.mark.both
def test_guessing_the_old_password_to_change_it_counts_too(alice: User, client: Client) -> None:
    log_in(client, alice)
    tried = {"old": "wrong", "password": "seven slow yellow buses"}
    for _turn in range(5):
        assert client.post("/settings/account/", tried).status_code == 422
        cache.clear()
    assert client.post("/settings/account/", {**tried, "old": PASSWORD}).status_code == 422
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


# -- A lost factor --


@pytest.fixture
def chief() -> User:
    return make_user("chief", is_staff=True, is_superuser=True)


def test_an_admin_takes_a_lost_factor_away(alice: User, chief: User, client: Client) -> None:
    _secret, codes = set_up_app(alice)
    theirs = Client()
    enter(theirs)
    theirs.post("/login/factor/", {"code": codes[0]})
    assert is_in(theirs)
    enter(client, "chief")
    assert "/settings/security/reset/alice/" in client.get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()
    assert client.get("/settings/security/reset/alice/").status_code == 200
    assert Authenticator.objects.filter(user=alice).exists(), "looking changes nothing"
    assert client.post("/settings/security/reset/alice/").status_code == 302
    assert not Authenticator.objects.filter(user=alice).exists()
    assert not is_in(theirs)
    assert "taken away" in Mail.objects.filter(to=alice.email).latest("pk").body
    entry = AuditEntry.objects.get(action="accounts.reset_factors")
    assert (entry.actor_id, entry.subject) == (chief.pk, f"user:{alice.pk}")
    assert entry.data == {"kinds": ["recovery_codes", "totp"]}
    assert client.post("/settings/security/reset/alice/").status_code == 302
    assert AuditEntry.objects.filter(action="accounts.reset_factors").count() == 1
    assert enter(theirs)["Location"] == "/", "the password lets in, and a new factor can be set up"


def test_the_admin_shows_factors_and_moves_and_changes_neither(alice: User, chief: User, client: Client) -> None:
    secret, _codes = set_up_app(alice)
    change = addresses.ask(actor=alice, email="moved@example.org")
    log_in(client, chief)
    for path in ("mfa/authenticator", "account/emailaddress", "accounts/addresschange"):
        listed = client.get(f"/admin/{path}/?q=alice")
        assert listed.status_code == 200
        assert "alice" in listed.content.decode()
        assert client.get(f"/admin/{path}/add/").status_code == 403
    row = Authenticator.objects.get(user=alice, type="totp")
    for path, hidden in (
        (f"mfa/authenticator/{row.pk}", row.data["secret"]),
        (f"accounts/addresschange/{change.pk}", change.undo_digest),
    ):
        page = client.get(f"/admin/{path}/change/")
        assert page.status_code == 200
        assert hidden not in page.content.decode()
        assert secret not in page.content.decode()
        assert client.post(f"/admin/{path}/change/", {}).status_code == 403
        assert client.post(f"/admin/{path}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("who", "whom", "may"),
    [
        ("chief", "alice", True),
        ("chief", "other_chief", True),
        ("chief", "chief", False),
        ("helper", "alice", True),
        ("helper", "chief", False),
        ("helper", "helper", False),
        ("mod", "alice", False),
        ("alice", "bob", False),
        ("alice", "alice", False),
    ],
)
def test_who_may_take_factors_away(alice: User, chief: User, who: str, whom: str, may: bool) -> None:
    from django.contrib.auth.models import Permission

    make_user("bob")
    make_user("mod", is_staff=True)
    make_user("other_chief", is_superuser=True)
    helper = make_user("helper")
    helper.user_permissions.add(Permission.objects.get(codename="delete_authenticator"))
    people = {user.handle: user for user in User.objects.all()}
    set_up_app(people[whom])
    client = Client()
    log_in(client, people[who])
    just_now(client, people[who])
    assert client.get(f"/settings/security/reset/{whom}/").status_code == (200 if may else 404)
    assert client.post(f"/settings/security/reset/{whom}/").status_code == (302 if may else 404)
    assert factor_access.has_factor(people[whom]) is not may


def test_the_shell_takes_a_lost_factor_away(chief: User) -> None:
    set_up_app(chief)
    for expected in ({"handle": "chief", "removed": 2}, {"handle": "chief", "removed": 0}):
        out = StringIO()
        call_command("reset_mfa", "@Chief", "--json", stdout=out)
        assert json.loads(out.getvalue()) == expected
    assert AuditEntry.objects.get(action="accounts.reset_factors").actor_id is None
    out = StringIO()
    call_command("reset_mfa", "chief", stdout=out)
    assert "had no second factor" in out.getvalue()
    with pytest.raises(CommandError, match="nobody"):
        call_command("reset_mfa", "nobody_here")

"""Moving to another e-mail address, and the way back."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from fido2.utils import websafe_encode

from accounts import oidc, tasks
from accounts.actions import addresses, api_tokens, bots, factors, logins, sso
from accounts.models.addresses import AddressChange
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.sso import Identity
from accounts.queries import api_tokens as api_token_queries
from accounts.tests.factories import PASSWORD, log_in, make_user
from accounts.tests.soft_key import SoftKey
from accounts.tests.test_at_once import at_once
from accounts.tests.test_codes import newest_code
from accounts.tests.test_doors import decide
from accounts.tests.test_factors import enter, set_up_app
from core import errors
from core.models import AuditEntry, Mail

pytestmark = pytest.mark.django_db

NEW = "moved@example.org"
PAGE, CODE_PAGE = "/settings/account/email/", "/settings/account/email/code/"


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def mine(alice: User, client: Client) -> Client:
    enter(client)
    return client


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def way_back() -> str:
    notice = Mail.objects.filter(to="alice@example.org", body__contains="/not-me/").latest("pk")
    return re.search(r"http://\S+?(/not-me/\S+/)", notice.body)[1]


def has_moved(user: User, email: str = NEW) -> bool:
    user.refresh_from_db()
    rows = list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary"))
    assert rows == [(user.email, True, True)], "allauth and we have the same"
    return user.email == email


def test_moving_by_code(mine: Client, alice: User) -> None:
    assert mine.get(PAGE).status_code == 200
    assert mine.post(PAGE, {"email": " Moved@Example.org"})["Location"] == CODE_PAGE
    assert NEW in mine.get(CODE_PAGE).content.decode()
    code = newest_code(NEW)
    assert not has_moved(alice)
    assert mine.post(CODE_PAGE, {"code": wrong(code)}).status_code == 422
    assert mine.post(CODE_PAGE, {"code": f"{code[:3]} {code[3:]}"})["Location"] == "/settings/account/"
    assert has_moved(alice)
    assert NEW in mine.get("/settings/account/").content.decode()
    assert mine.post(CODE_PAGE, {"code": code})["Location"] == PAGE, "good once"
    assert Client().post("/login/", {"login": NEW, "password": PASSWORD}).status_code == 302
    assert Client().post("/login/", {"login": "alice@example.org", "password": PASSWORD}).status_code == 422


def test_the_link_does_not_stand_in_the_table(mine: Client) -> None:
    mine.post(PAGE, {"email": NEW})
    assert way_back().split("/")[2] not in str(AddressChange.objects.values().get())


def test_five_wrong_codes_end_it(mine: Client, alice: User) -> None:
    mine.post(PAGE, {"email": NEW})
    code = newest_code(NEW)
    answers = [mine.post(CODE_PAGE, {"code": wrong(code)}).status_code for _turn in range(5)]
    assert answers == [422] * 4 + [302]
    mine.post(CODE_PAGE, {"code": code})
    assert not has_moved(alice)


def test_a_code_ends_after_five_minutes_and_with_the_next_one(alice: User) -> None:
    with time_machine.travel("2030-01-01 10:00", tick=False) as clock:
        addresses.ask(actor=alice, email=NEW)
        first = newest_code(NEW)
        clock.shift(301)
        with pytest.raises(errors.Conflict):
            addresses.confirm(actor=alice, code=first)
        addresses.ask(actor=alice, email="other@example.org")
        addresses.ask(actor=alice, email=NEW)
        other = newest_code("other@example.org")
        if other != newest_code(NEW):
            assert addresses.confirm(actor=alice, code=other) is None
        bob = make_user("bob")
        with pytest.raises(errors.Conflict):
            addresses.confirm(actor=bob, code=newest_code(NEW))
        assert addresses.confirm(actor=alice, code=newest_code(NEW))


def test_a_known_address_gets_a_mail_without_a_code(mine: Client, alice: User) -> None:
    make_user("bob")
    assert mine.post(PAGE, {"email": "bob@example.org"})["Location"] == CODE_PAGE
    body = Mail.objects.get(to="bob@example.org").body
    assert "has an account already" in body
    assert not re.search(r"\b\d{6}\b", body)
    for guess in ("", "000000", "-"):
        assert mine.post(CODE_PAGE, {"code": guess}).status_code == 422
    assert not has_moved(alice, "bob@example.org")


@pytest.mark.parametrize("email", ["", "nothing", "a@b", "x" * 260 + "@example.org", "ALICE@example.org"])
def test_what_is_no_new_address_is_marked(mine: Client, email: str) -> None:
    answer = mine.post(PAGE, {"email": email})
    assert answer.status_code == 422
    assert answer.context["form"].errors["email"]
    assert not AddressChange.objects.exists()


def test_where_one_joins_with_certain_domains_one_moves_within_them(mine: Client, alice: User) -> None:
    decide(sign_up="domains", domains="lab.example bücher.example")
    answer = mine.post(PAGE, {"email": NEW})
    assert answer.status_code == 422
    assert "lab.example" in answer.context["form"].errors["email"][0]
    given = {"email": "alice@sub.lab.example", "password": PASSWORD}
    body = mine.post("/api/v1/me/email", given, "application/json").json()
    assert (body["status"], list(body["errors"])) == (422, ["email"])
    assert not AddressChange.objects.exists()
    for email in ("alice@lab.example", "Alice@BÜCHER.example"):
        assert mine.post(PAGE, {"email": email}).status_code == 302, email
    decide(sign_up="open", domains="lab.example")
    assert mine.post(PAGE, {"email": NEW}).status_code == 302, "the list counts in its mode only"


def test_the_address_that_somebody_took_meanwhile(mine: Client, alice: User) -> None:
    mine.post(PAGE, {"email": NEW})
    make_user("bob", email=NEW)
    answer = mine.post(CODE_PAGE, {"code": newest_code(NEW)}, follow=True)
    assert "another account by now" in answer.content.decode()
    assert not has_moved(alice)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_the_right_code_twice_at_once_moves_once() -> None:
    alice = make_user("alice")
    addresses.ask(actor=alice, email=NEW)
    code = newest_code(NEW)
    answers = at_once(*[lambda: addresses.confirm(actor=alice, code=code)] * 4)
    assert sum(isinstance(answer, User) for answer in answers) == 1
    assert sum(isinstance(answer, errors.Conflict) for answer in answers) == 3
    assert has_moved(alice)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_who_move_to_one_address_at_once() -> None:
    people = [make_user("alice"), make_user("bob")]
    codes = []
    for user in people:
        addresses.ask(actor=user, email=NEW)
        codes.append(newest_code(NEW))
    calls = [
        lambda user=user, code=code: addresses.confirm(actor=user, code=code)
        for user, code in zip(people, codes, strict=True)
    ]
    answers = at_once(*calls)
    assert {type(answer) for answer in answers} == {User, errors.Conflict}
    assert User.objects.filter(email=NEW).count() == EmailAddress.objects.filter(email=NEW).count() == 1


# -- That was not me --


@pytest.mark.parametrize("done", [True, False])
def test_the_old_address_takes_it_back(mine: Client, alice: User, done: bool) -> None:
    mine.post(PAGE, {"email": NEW})
    if done:
        mine.post(CODE_PAGE, {"code": newest_code(NEW)})
        assert has_moved(alice)
    stranger, link = Client(), way_back()
    assert stranger.get(link).status_code == 200
    assert has_moved(alice, NEW if done else "alice@example.org"), "opening the link changes nothing"
    assert stranger.post(link)["Location"] == "/reset/"
    assert has_moved(alice, "alice@example.org")
    assert not Device.objects.filter(user=alice, ended_at=None).exists()
    assert mine.get("/settings/").status_code == 302
    assert not alice.has_usable_password()
    assert enter(Client()).status_code == 422, "the password that somebody knew is good no more"
    assert stranger.get(link).status_code == stranger.post(link).status_code == 404
    if not done:
        with pytest.raises(errors.Conflict):
            addresses.confirm(actor=alice, code="000000")
    stranger.post("/reset/", {"email": "alice@example.org"})
    stranger.post("/reset/code/", {"code": newest_code("alice@example.org")})
    stranger.post("/reset/password/", {"password1": "seven slow yellow buses"})
    assert Client().post("/login/", {"login": "alice", "password": "seven slow yellow buses"})["Location"] == "/"


def test_what_a_thief_has_added_goes_with_them(alice: User) -> None:
    arrival = oidc.ShownIdentity(provider="oak", issuer="https://oak.example", subject="alice")
    mine = sso.link(actor=alice, arrival=arrival)
    kept = Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data={"name": "Mine"})
    for rows in (Identity.objects, Authenticator.objects):
        rows.update(created_at=timezone.now() - timedelta(days=2))
    addresses.ask(actor=alice, email=NEW)
    addresses.confirm(actor=alice, code=newest_code(NEW))
    set_up_app(alice)
    evil = sso.link(actor=alice, arrival=replace(arrival, subject="evil"))
    sso.arrive(actor=alice, identity_id=evil.pk, arrival=replace(arrival, subject="evil"), groups={"moderator"})
    assert alice.groups.exists()
    Client().post(way_back())
    assert list(Identity.objects.filter(user=alice)) == [mine]
    assert list(Authenticator.objects.filter(user=alice)) == [kept]
    alice.refresh_from_db()
    assert not alice.groups.exists()
    assert not alice.is_staff


@pytest.mark.both
def test_what_a_thief_has_added_before_asking_goes_too(alice: User) -> None:
    """An open session: a passkey and an app first, new recovery codes, tokens, and then the move."""
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    alice.user_permissions.add(Permission.objects.get(codename="manage_bots"))
    alice = User.objects.get(pk=alice.pk)
    bot, other = (bots.make_bot(actor=alice, handle=name, display_name="Bot") for name in ("weather", "tides"))
    boss = make_user("boss", is_staff=True, is_superuser=True)
    arrival = oidc.ShownIdentity(provider="oak", issuer="https://oak.example", subject="evil")
    with time_machine.travel("2030-01-01 10:00", tick=False) as clock:
        mine = SoftKey.known(alice)
        kept = api_tokens.make_token(actor=alice, name="kept", may=["read"], bot=bot.pk)
        theirs = api_tokens.make_token(actor=boss, name="boss", may=["read"], bot=other.pk)
        own = api_tokens.make_token(actor=alice, name="own", may=["read"])
        clock.shift(timedelta(days=2))
        set_up_app(alice)
        SoftKey.known(alice)
        sso.link(actor=alice, arrival=arrival)
        factors.renew_codes(actor=alice)
        evil = [
            api_tokens.make_token(actor=alice, name="evil", may=["read"], bot=whose)
            for whose in (None, bot.pk, other.pk)
        ]
        clock.shift(timedelta(hours=23))
        addresses.ask(actor=alice, email=NEW)
        clock.shift(timedelta(days=1))
        Client().post(way_back())
        clock.shift(timedelta(minutes=1))
        row = Authenticator.objects.get(user=alice)
        assert row.data["credential"]["id"] == websafe_encode(mine.id), "what is older stays, and nothing else"
        assert not Identity.objects.exists()
        for made, good in ((kept, True), (theirs, True), (own, False), *((one, False) for one in evil)):
            assert (api_token_queries.by_raw(made.raw) is not None) is good, made.token.name
    entries = AuditEntry.objects.filter(action="accounts.revoke_token", actor_id=alice.pk)
    assert [entry.data["token"] for entry in entries.order_by("pk")] == [one.token.pk for one in evil[1:]]


def test_recovery_codes_go_with_a_thiefs_only_factor(alice: User) -> None:
    codes = Authenticator.objects.create(user=alice, type=Authenticator.Type.RECOVERY_CODES, data={})
    Authenticator.objects.filter(pk=codes.pk).update(created_at=timezone.now() - timedelta(days=9))
    addresses.ask(actor=alice, email=NEW)
    set_up_app(alice)
    Client().post(way_back())
    assert not Authenticator.objects.filter(user=alice).exists()


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("api", [True, False])
def test_a_reset_that_a_thief_has_begun_ends_too(alice: User, api: bool, typed: bool) -> None:
    """With the code in hand, typed already or not, nothing is set any more."""
    addresses.ask(actor=alice, email=NEW)
    link = way_back()
    addresses.confirm(actor=alice, code=newest_code(NEW))
    thief, better = Client(), "seven slow yellow buses"
    begun = post(thief, "reset", email=NEW) if api else thief.post("/reset/", {"email": NEW})
    flow, code = begun.json()["flow"] if api else "", newest_code(NEW)

    def prove() -> None:
        if api:
            assert post(thief, "reset/code", flow=flow, code=code).status_code == 204
        else:
            assert thief.post("/reset/code/", {"code": code})["Location"] == "/reset/password/"

    if typed:
        prove()
    Client().post(link)
    if not typed:
        prove()
    if api:
        assert post(thief, "reset/password", flow=flow, password=better).status_code == 410
    else:
        assert thief.post("/reset/password/", {"password1": better})["Location"] == "/reset/"
    assert Client().post("/login/", {"login": "alice", "password": better}).status_code == 422


def test_moving_on_does_not_get_rid_of_the_first_address(alice: User) -> None:
    addresses.ask(actor=alice, email=NEW)
    addresses.confirm(actor=alice, code=newest_code(NEW))
    link = way_back()
    alice.refresh_from_db()
    addresses.ask(actor=alice, email="further@example.org")
    addresses.confirm(actor=alice, code=newest_code("further@example.org"))
    notice = Mail.objects.filter(to=NEW, body__contains="/not-me/").get()
    thief = re.search(r"(/not-me/\S+/)", notice.body)[1]
    Client().post(link)
    assert has_moved(alice, "alice@example.org")
    assert Client().post(thief).status_code == 404, "the thief's own link leads nowhere"


def test_the_old_address_that_somebody_else_has_now(alice: User) -> None:
    addresses.ask(actor=alice, email=NEW)
    addresses.confirm(actor=alice, code=newest_code(NEW))
    link = way_back()
    make_user("other", email="alice@example.org")
    assert Client().post(link).status_code == 409
    assert has_moved(alice)


def test_the_way_back_ends_after_a_week(alice: User) -> None:
    addresses.ask(actor=alice, email=NEW)
    link = way_back()
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert Client().get(link).status_code == Client().post(link).status_code == 404
        tasks.forget()
    assert not AddressChange.objects.exists(), "and then no address stands there any more"


# -- By API --


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/auth/{path}", body, "application/json")


def ask(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/me/{path}", body, "application/json")


def app_of(user: User, *, age: int = 3600) -> Client:
    pair = logins.log_in_app(actor=user)
    Device.objects.filter(user=user).update(created_at=timezone.now() - timedelta(seconds=age))
    return Client(headers={"Authorization": f"Bearer {pair.access}"})


def test_moving_by_api(alice: User) -> None:
    app = app_of(alice)
    assert ask(app, "email", email=NEW).status_code == 422
    refused = ask(app, "email", email=NEW, password="wrong")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["password"])
    answer = ask(app, "email", email=NEW, password=PASSWORD)
    assert (answer.status_code, answer.json()) == (202, {"email": NEW, "expires_in": 300})
    code = newest_code(NEW)
    assert ask(app, "email/confirm", code=wrong(code)).status_code == 422
    assert ask(app, "email/confirm", code=code).json()["email"] == NEW
    assert has_moved(alice)
    assert ask(app, "email/confirm", code=code).status_code == 409
    assert ask(Client(), "email", email=NEW).status_code == ask(Client(), "email/confirm", code="1").status_code == 401


def test_by_api_a_young_login_or_a_code_is_proof(alice: User) -> None:
    assert ask(app_of(alice, age=10), "email", email="one@example.org").status_code == 202
    _secret, codes = set_up_app(alice)
    app = app_of(alice)
    assert ask(app, "email", email="two@example.org", code="00000000").status_code == 422
    assert ask(app, "email", email="two@example.org", code=codes[0]).status_code == 202
    assert ask(app, "email", email="three@example.org", code=codes[0]).status_code == 422


def test_by_api_guessing_the_password_is_limited(alice: User) -> None:
    app = app_of(alice)
    answers = [ask(app, "email", email=NEW, password="wrong").status_code for _turn in range(6)]
    assert answers == [422] * 5 + [429]


def test_by_api_known_and_unknown_answer_alike(alice: User) -> None:
    make_user("bob")
    app = app_of(alice, age=10)
    known, fresh = (ask(app, "email", email=email) for email in ("bob@example.org", "fresh@example.org"))
    assert known.status_code == fresh.status_code == 202
    assert known.json() | {"email": ""} == fresh.json() | {"email": ""}
    assert ask(app, "email/confirm", code="000000").status_code == 422


def test_nobody_moves_without_showing_who_they_are(alice: User, client: Client) -> None:
    log_in(client, alice)
    assert client.post(PAGE, {"email": NEW})["Location"].startswith("/settings/security/confirm/")
    assert Client().post(PAGE, {"email": NEW})["Location"].startswith("/login/")
    assert Client().post(CODE_PAGE, {"code": "1"})["Location"].startswith("/login/")
    assert not AddressChange.objects.exists()

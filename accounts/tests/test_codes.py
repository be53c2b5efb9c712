"""Codes by mail: five guesses however many come at once, the same steps for known and unknown addresses, limits that a
restart does not forget."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from allauth.account import forms as allauth_forms
from django.contrib.auth import hashers
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import codes, moving, rules
from accounts.models.people import User
from accounts.tests.factories import PASSWORD, log_in, make_user
from accounts.tests.test_at_once import at_once
from core import delivery, errors
from core.models import Mail

NEW_PASSWORD = "four quiet grey geese"


def newest_code(to: str = "") -> str:
    rows = Mail.objects.filter(to=to) if to else Mail.objects.all()
    found = re.search(r"\b(\d{6})\b", rows.latest("pk").body)
    assert found, "the newest mail carries a code"
    return found[1]


def confirmed_login(client: Client, who: str = "alice") -> None:
    """As the page does it, so that the site knows that it was a moment ago."""
    assert client.post("/login/", {"login": who, "password": PASSWORD}).status_code == 302


# The three ways in which a code is asked for: each begins, and says where guesses go.


def begin_join(client: Client, email: str = "new@example.org") -> Any:
    form = {"email": email, "handle": "newcomer", "display_name": "N", "password": NEW_PASSWORD}
    return client.post("/signup/", form)


def begin_reset(client: Client, email: str = "alice@example.org") -> Any:
    return client.post("/reset/", {"email": email})


def begin_move(client: Client, email: str = "moved@example.org") -> Any:
    return client.post("/settings/account/email/", {"email": email})


@dataclass(frozen=True)
class Way:
    begin: Callable[..., Any]
    page: str
    module: Any
    name: str
    member: bool = False  # somebody logged in does it
    succeeded: Callable[[Client], bool] = field(default=lambda client: False)


def moved(client: Client) -> bool:
    return User.objects.filter(email="moved@example.org").exists()


def may_reset(client: Client) -> bool:
    return client.get("/reset/password/").status_code == 200


WAYS = {
    "join": Way(
        begin_join, "/signup/code/", codes, "compare_user_code",
        succeeded=lambda client: User.objects.filter(handle="newcomer").exists(),
    ),
    "reset": Way(begin_reset, "/reset/code/", allauth_forms, "compare_user_code", succeeded=may_reset),
    "move": Way(
        begin_move, "/settings/account/email/code/", moving, "compare_user_code", member=True, succeeded=moved
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.both
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", WAYS)
def test_of_fifty_guesses_at_once_five_are_compared(name: str, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    way, compared = WAYS[name], []
    make_user("alice")
    if way.member:
        confirmed_login(client)
    compare = getattr(way.module, way.name)

    def counting(*args: Any, **kwargs: Any) -> bool:
        compared.append(1)
        return bool(compare(*args, **kwargs))

    monkeypatch.setattr(way.module, way.name, counting)
    assert way.begin(client).status_code == 302
    code, key = newest_code(), client.session.session_key

    def guess(number: int) -> int:
        browser = Client()
        browser.cookies["session"] = key
        return browser.post(way.page, {"code": f"{(int(code) + 1 + number) % 10**6:06}"}).status_code

    answers = at_once(*[lambda number=number: guess(number) for number in range(50)])
    assert len(compared) == 5, "five, however many at once"
    assert set(answers) <= {422, 302}, "and nobody sees an error"
    client.post(way.page, {"code": code})
    assert len(compared) == 5, "not even the right one is looked at then"
    assert not way.succeeded(client)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", WAYS)
def test_the_right_code_is_good(name: str, client: Client) -> None:
    """What the tests above count is the real thing."""
    way = WAYS[name]
    make_user("alice")
    if way.member:
        confirmed_login(client)
    way.begin(client)
    client.post(way.page, {"code": newest_code()})
    assert way.succeeded(client)


# -- Known and unknown --


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize("name", WAYS)
def test_known_and_unknown_addresses_take_the_same_steps(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    way, hashed = WAYS[name], []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode  # making a hash and comparing with one both come here
    monkeypatch.setattr(hasher, "encode", lambda *given: hashed.append(1) or encode(*given))
    for handle in ("known", "alice", "carol"):
        make_user(handle)
    seen = []
    for email, who in (("known@example.org", "alice"), ("fresh@example.org", "carol")):
        client = Client()
        if way.member:
            confirmed_login(client, who)
        client.get("/login/")
        hashed.clear()
        before = Mail.objects.count()
        with CaptureQueriesContext(connection) as asked:
            answer = way.begin(client, email)
        kinds = [one["sql"].split(" ")[0] for one in asked]
        mails = Mail.objects.count() - before
        page = client.get(way.page).content.decode().replace(email, "ADDRESS")
        page = re.sub(r'(name="csrfmiddlewaretoken" value|data-csrf|data-me)="\w+"', "", page)
        page = re.sub(rf"{who}|none-\d", "WHO", page, flags=re.I)
        with CaptureQueriesContext(connection) as guessing:
            guess = client.post(way.page, {"code": "-"}).status_code  # what is left of it is empty, as no code is
        seen.append(
            (answer.status_code, answer["Location"], kinds, mails, len(hashed), page, guess,
             len(guessing))
        )  # fmt: skip
    known, fresh = seen
    assert known[:5] == fresh[:5]
    assert known[5] == fresh[5]
    assert known[6] == fresh[6] == 422
    assert known[4] == (1 if name == "join" else 0)
    assert known[7] == fresh[7]


# -- Limits --


LIMITS = {"join": 10, "reset": 5, "move": 5}


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize("name", WAYS)
def test_mails_with_codes_count_in_the_database(name: str) -> None:
    """The cache forgets; these limits do not. They count for the address, wherever it is asked from."""
    make_user("alice")
    with time_machine.travel("2030-01-01 10:00", tick=False) as clock:
        statuses = []
        for turn in range(LIMITS[name] + 2):
            cache.clear()
            client = Client(REMOTE_ADDR=f"192.0.2.{turn}")
            if WAYS[name].member:
                confirmed_login(client)
            email = "alice@example.org" if name == "reset" else "somebody@example.org"
            before = Mail.objects.filter(to=email).count()
            statuses.append(
                (WAYS[name].begin(client, email).status_code, Mail.objects.filter(to=email).count() - before)
            )
            clock.shift(31)
    assert statuses == [(302, 1)] * LIMITS[name] + [(429, 0)] * 2


# -- Passwords --


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["password123", "qwertyuiop", "1234567890", "iloveyou12", "newcomer", "Newcomer1"])
def test_common_and_telling_passwords_are_refused_everywhere(password: str, client: Client) -> None:
    alice = make_user("newcomer2", email="newcomer@example.org")
    with pytest.raises(errors.Invalid):
        rules.clean_password(password, user=User(handle="newcomer", email="n@example.org", display_name="N"))
    assert client.post("/signup/", {
        "email": "new@example.org", "handle": "newcomer", "display_name": "N", "password": password,
    }).status_code == 422  # fmt: skip
    begin_reset(client, "newcomer@example.org")
    client.post("/reset/code/", {"code": newest_code()})
    assert client.post("/reset/password/", {"password1": password}).status_code == 422
    log_in(client, alice)
    assert client.post("/settings/account/", {"old": PASSWORD, "password": password}).status_code == 422
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


# -- The mail --


@pytest.mark.django_db
@pytest.mark.parametrize("name", WAYS)
def test_the_mail_is_a_row_that_the_task_sends_and_empties(name: str, client: Client, mailoutbox: list[Any]) -> None:
    way = WAYS[name]
    make_user("alice")
    if way.member:
        confirmed_login(client)
    way.begin(client)
    row = Mail.objects.exclude(to="alice@example.org", subject__contains="moving").latest("pk")
    if name == "move":
        row = Mail.objects.get(to="moved@example.org")
    code = re.search(r"\b(\d{6})\b", row.body)[1]
    assert mailoutbox == [], "nothing leaves while somebody waits for the page"
    delivery.send_due()
    assert any(code in message.body for message in mailoutbox)
    row.refresh_from_db()
    assert (row.state, row.body, row.html) == ("sent", "", "")
    assert not Mail.objects.filter(body__contains=code).exists()

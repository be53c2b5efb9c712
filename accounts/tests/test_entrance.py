"""Sign up, codes, log in, log out, reset."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import logins as login_access
from accounts.actions import logins
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import logins as login_queries
from accounts.tests.factories import PASSWORD, make_user
from core import delivery, outbox
from core.models import Event, Mail

pytestmark = pytest.mark.django_db

FORM = {
    "email": "New@Example.org",
    "handle": "New_Person",
    "display_name": "New Person",
    "password": "four quiet grey geese",
}


def join(client: Client, **changes: str):
    return client.post("/signup/", {**FORM, **changes})


def newest_code() -> str:
    found = re.search(r"\b(\d{6})\b", Mail.objects.latest("pk").body)
    assert found, "the newest mail carries a code"
    return found[1]


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


# -- Joining --


def test_joining_ends_at_home_logged_in(client: Client) -> None:
    answer = join(client)
    assert (answer.status_code, answer["Location"]) == (302, "/signup/code/")
    assert not User.objects.exists(), "nothing stands in the tables before the address is proven"
    assert client.get("/signup/code/").status_code == 200
    answer = client.post("/signup/code/", {"code": newest_code()})
    assert (answer.status_code, answer["Location"]) == (302, "/welcome/")
    user = User.objects.get()
    assert (user.email, user.handle, user.display_name) == ("new@example.org", "new_person", "New Person")
    assert user.check_password(FORM["password"])
    assert EmailAddress.objects.get(user=user, verified=True, primary=True).email == user.email
    assert Event.objects.filter(name="accounts.UserJoined", data={"user_id": user.pk}).count() == 1
    device = Device.objects.get(user=user)
    assert device.session_key == client.session.session_key
    assert login_queries.device_of_session(device.session_key) == device
    assert client.get("/settings/").status_code == 200


def test_joining_leads_to_where_one_wanted_to_go_and_never_elsewhere(client: Client) -> None:
    join(client, next="/settings/")
    assert client.post("/signup/code/", {"code": newest_code()})["Location"] == "/welcome/?next=%2Fsettings%2F"
    other = Client()
    join(other, next="https://evil.example/", email="b@example.org", handle="bea")
    assert other.post("/signup/code/", {"code": newest_code()})["Location"] == "/welcome/"


def test_known_and_new_address_look_alike(client: Client) -> None:
    make_user("old", email="known@example.org")
    seen = []
    for email in ("known@example.org", "fresh@example.org"):
        browser = Client()
        browser.get("/signup/")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = join(browser, email=email)
        page = browser.get("/signup/code/")
        body = page.content.decode().replace(email, "ADDRESS")
        body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body)
        guess = browser.post("/signup/code/", {"code": "x"})
        seen.append((answer.status_code, answer["Location"], len(asked), page.status_code, body, guess.status_code))
    assert seen[0] == seen[1]
    first, second = Mail.objects.order_by("pk")
    assert not re.search(r"\b\d{6}\b", first.body)
    assert "/reset/" in first.body
    assert re.search(r"\b\d{6}\b", second.body)


def test_known_address_has_no_code_that_fits(client: Client) -> None:
    make_user("old", email="known@example.org")
    join(client, email="known@example.org")
    for guess in ("", " ", "000000", "None"):
        client.post("/signup/code/", {"code": guess})
    assert User.objects.count() == 1
    assert "_auth_user_id" not in client.session


def test_five_wrong_codes_end_it(client: Client) -> None:
    join(client)
    code = newest_code()
    for _turn in range(4):
        answer = client.post("/signup/code/", {"code": wrong(code)})
        assert answer.status_code == 422
    answer = client.post("/signup/code/", {"code": wrong(code)})
    assert (answer.status_code, answer["Location"]) == (302, "/signup/")
    assert client.post("/signup/code/", {"code": code}).status_code == 302
    assert not User.objects.exists()


def test_code_ends_after_five_minutes(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        join(client)
        code = newest_code()
        clock.shift(timedelta(minutes=5, seconds=1))
        assert client.post("/signup/code/", {"code": code})["Location"] == "/signup/"
        assert not User.objects.exists()


def test_code_is_good_once(client: Client) -> None:
    join(client)
    code = newest_code()
    assert client.post("/signup/code/", {"code": code}).status_code == 302
    client.post("/logout/")
    assert client.post("/signup/code/", {"code": code}).status_code == 302
    assert "_auth_user_id" not in client.session
    assert User.objects.count() == 1


def test_new_code_is_throttled_and_ends_the_old_one(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        join(client)
        old = newest_code()
        early = client.post("/signup/code/", {"action": "resend"})
        assert early.status_code == 429
        assert early["Retry-After"] == "30"
        assert Mail.objects.count() == 1
        clock.shift(timedelta(seconds=31))
        assert client.post("/signup/code/", {"action": "resend"}).status_code == 302
        new = newest_code()
        assert Mail.objects.count() == 2
        if new != old:
            assert client.post("/signup/code/", {"code": old}).status_code == 422
        assert client.post("/signup/code/", {"code": new})["Location"] == "/welcome/"


def test_resending_does_not_give_more_guesses(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        join(client)
        for _turn in range(4):
            client.post("/signup/code/", {"code": wrong(newest_code())})
        clock.shift(timedelta(seconds=31))
        client.post("/signup/code/", {"action": "resend"})
        assert client.post("/signup/code/", {"code": wrong(newest_code())})["Location"] == "/signup/"


def test_handle_lost_in_the_last_moment_is_an_error_of_its_field(client: Client) -> None:
    join(client)
    make_user("new_person")
    answer = client.post("/signup/code/", {"code": newest_code()}, follow=True)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"handle"}
    assert answer.context["form"]["email"].value() == "new@example.org"
    assert User.objects.count() == 1


def test_address_proven_twice_makes_one_account(client: Client) -> None:
    join(client)
    code = newest_code()
    make_user("first", email="new@example.org")
    answer = client.post("/signup/code/", {"code": code}, follow=True)
    assert answer.redirect_chain[0][0] == "/login/"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", ""),
        ("handle", "a"),
        ("handle", "has space"),
        ("handle", "12345"),
        ("handle", "dot."),
        ("handle", "x" * 31),
        ("handle", "Admin"),
        ("handle", "TAKEN"),
        ("handle", "bell\x07"),
        ("display_name", "\u202e \u200f"),
        ("password", "short"),
        ("password", "password123"),
        ("password", "1234567890123"),
        ("password", "new_person@"),
    ],
)
def test_bad_fields_are_marked(client: Client, field: str, value: str) -> None:
    make_user("taken")
    answer = join(client, **{field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Mail.objects.exists()


def test_signing_up_is_limited(client: Client) -> None:
    for _turn in range(20):
        join(client, password="x")
    answer = join(client)
    assert answer.status_code == 429
    assert answer["Retry-After"]


# -- In and out --


@pytest.mark.parametrize("login", ["alice@example.org", "ALICE@example.org", "alice", "@Alice"])
def test_log_in_by_address_or_handle(client: Client, login: str) -> None:
    alice = make_user("alice")
    answer = client.post("/login/", {"login": login, "password": PASSWORD, "remember": "on", "next": "/settings/"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    device = Device.objects.get(user=alice)
    assert device.session_key == client.session.session_key
    assert not client.session.get_expire_at_browser_close()


def test_not_remembered_ends_with_the_browser(client: Client) -> None:
    make_user("alice")
    answer = client.post("/login/", {"login": "alice", "password": PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/"
    assert client.session.get_expire_at_browser_close()


def test_every_page_at_the_door_bears_the_sites_name(client: Client) -> None:
    for path in ("/login/", "/signup/", "/reset/"):
        assert "Willowbank" in client.get(path).content.decode()


def test_wrong_password_and_unknown_name_answer_alike(client: Client) -> None:
    make_user("alice")
    pages = []
    for login in ("alice@example.org", "nobody@example.org"):
        answer = Client().post("/login/", {"login": login, "password": "not the one"})
        assert answer.status_code == 422
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
        pages.append(page.replace(login, "LOGIN"))
    assert pages[0] == pages[1]


def test_failed_logins_are_limited_for_the_account_wherever_they_come_from() -> None:
    make_user("alice")
    for turn in range(5):
        Client(REMOTE_ADDR=f"10.0.0.{turn}").post("/login/", {"login": "alice", "password": "wrong"})
    answer = Client(REMOTE_ADDR="10.0.1.1").post("/login/", {"login": "alice", "password": PASSWORD})
    assert answer.status_code == 429
    assert not Device.objects.exists()


@pytest.mark.parametrize("state", [{"is_active": False}, {"suspended_until": timezone.now() + timedelta(days=400)}])
def test_who_is_not_here_cannot_log_in(client: Client, state: dict) -> None:
    make_user("alice", **state)
    answer = client.post("/login/", {"login": "alice", "password": PASSWORD}, follow=True)
    assert answer.status_code == 403
    assert not Device.objects.exists()


def test_suspension_ends_a_session_at_once(client: Client) -> None:
    alice = make_user("alice")
    client.post("/login/", {"login": "alice", "password": PASSWORD})
    assert client.get("/settings/").status_code == 200
    User.objects.filter(pk=alice.pk).update(suspended_until=timezone.now() + timedelta(days=1))
    assert client.get("/settings/").status_code == 302
    assert login_queries.device_of_session(client.session.session_key) is None


def test_unproven_address_proves_itself_at_login(client: Client) -> None:
    alice = make_user("alice")
    EmailAddress.objects.update(verified=False)
    answer = client.post("/login/", {"login": "alice", "password": PASSWORD})
    assert answer["Location"] == "/signup/code/"
    code = newest_code()
    assert client.post("/signup/code/", {"code": wrong(code)}).status_code == 422
    assert client.post("/signup/code/", {"code": code})["Location"] == "/"
    assert EmailAddress.objects.get(user=alice).verified


def test_log_out_ends_session_and_device(client: Client) -> None:
    alice = make_user("alice")
    client.post("/login/", {"login": "alice", "password": PASSWORD})
    key = client.session.session_key
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/"
    assert Device.objects.get(user=alice).ended_at is not None
    assert login_queries.device_of_session(key) is None
    assert Event.objects.filter(name="core.AccessChanged", data={"user_id": alice.pk}).count() == 1
    assert client.get("/settings/").status_code == 302


def test_changing_the_password_ends_the_other_logins(client: Client) -> None:
    alice = make_user("alice")
    other = Client()
    for browser in (client, other):
        browser.post("/login/", {"login": "alice", "password": PASSWORD})
    app = logins.log_in_app(actor=alice)
    new = "seven slow yellow buses"
    assert client.post("/settings/account/", {"old": "wrong", "password": new}).status_code == 422
    assert client.post("/settings/account/", {"old": PASSWORD, "password": "short"}).status_code == 422
    assert client.post("/settings/account/", {"old": PASSWORD, "password": new}).status_code == 302
    assert client.get("/settings/").status_code == 200
    assert other.get("/settings/").status_code == 302
    assert logins.refresh_tokens(refresh=app.refresh) is None
    [device] = login_access.live_devices().filter(user=alice)
    assert device.session_key == client.session.session_key


def test_second_factor_stands_between_password_and_login(client: Client) -> None:
    alice, secret = make_user("alice"), generate_totp_secret()
    TOTP.activate(alice, secret)
    answer = client.post("/login/", {"login": "alice", "password": PASSWORD})
    assert answer["Location"] == "/login/factor/"
    assert client.get("/login/factor/").status_code == 200
    assert client.get("/settings/").status_code == 302
    assert client.post("/login/factor/", {"code": "nonsense"}).status_code == 422
    assert not Device.objects.exists()
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    assert client.post("/login/factor/", {"code": code})["Location"] == "/"
    assert Device.objects.get().user == alice


# -- Reset --


def test_reset_by_code(client: Client) -> None:
    alice = make_user("alice")
    device = logins.start_device(actor=alice, session_key="elsewhere")
    assert client.post("/reset/", {"email": "alice@example.org"})["Location"] == "/reset/code/"
    assert client.get("/reset/code/").status_code == 200
    code = newest_code()
    assert client.post("/reset/code/", {"code": wrong(code)}).status_code == 422
    assert client.get("/reset/password/").status_code == 302, "no way around the code"
    assert client.post("/reset/code/", {"code": code})["Location"] == "/reset/password/"
    assert client.post("/reset/password/", {"password1": "short"}).status_code == 422
    assert client.post("/reset/password/", {"password1": "seven slow yellow buses"})["Location"] == "/login/"
    alice.refresh_from_db()
    device.refresh_from_db()
    assert alice.check_password("seven slow yellow buses")
    assert device.ended_at is not None
    assert client.post("/reset/code/", {"code": code}).status_code == 302


def test_reset_does_not_tell_who_has_an_account() -> None:
    make_user("alice")
    pages = []
    for email in ("alice@example.org", "nobody@example.org"):
        client = Client()
        answer = client.post("/reset/", {"email": email})
        page = client.get("/reset/code/").content.decode().replace(email, "ADDRESS")
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
        guess = client.post("/reset/code/", {"code": "x"}).status_code
        pages.append((answer.status_code, answer["Location"], page, guess))
    assert pages[0] == pages[1]
    assert Mail.objects.count() == 2


def test_a_new_reset_is_no_way_to_more_guesses() -> None:
    """Each reset brings 5 guesses at 6 digits: 5 resets an hour for one address, known or not, from wherever."""
    make_user("alice")
    for email in ("alice@example.org", "nobody@example.org"):
        with time_machine.travel("2030-01-01 10:00", tick=False) as clock:
            statuses = []
            for turn in range(7):
                statuses.append(Client(REMOTE_ADDR=f"192.0.2.{turn}").post("/reset/", {"email": email}).status_code)
                clock.shift(31)
            assert statuses == [302] * 5 + [429] * 2
        with time_machine.travel("2030-01-02 10:00", tick=False):
            assert Client().post("/reset/", {"email": email}).status_code == 302
            assert Client().post("/reset/", {"email": email}).status_code == 429, "half a minute between two mails"


def test_five_wrong_codes_end_a_reset(client: Client) -> None:
    make_user("alice")
    client.post("/reset/", {"email": "alice@example.org"})
    code = newest_code()
    for _turn in range(5):
        client.post("/reset/code/", {"code": wrong(code)})
    client.post("/reset/code/", {"code": code})
    assert client.get("/reset/password/")["Location"] == "/reset/"


# -- Mail --


def test_mail_goes_out_once_and_is_emptied(client: Client) -> None:
    join(client)
    code = newest_code()
    assert delivery.send_due() == 1
    assert delivery.send_due() == 0
    [sent] = mail.outbox
    assert sent.to == ["new@example.org"]
    assert code in sent.body
    assert code in sent.alternatives[0].content
    assert code not in sent.subject
    row = Mail.objects.get()
    assert (row.state, row.body, row.html) == ("sent", "", "")
    outbox.drain()

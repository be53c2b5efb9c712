"""The ways in through the API, as an app goes them: sign up, second factor, passkey, reset, proof, new password."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.api import flows
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_user
from accounts.tests.test_api import App, problem
from core import limits
from core.models import Count, Mail

pytestmark = pytest.mark.django_db

NEW = {"email": "New@Example.org", "handle": "New_Person", "name": "New Person", "password": "four quiet grey geese"}
BETTER = "seven slow yellow buses"


def mailed() -> str:
    found = re.search(r"\b(\d{6})\b", Mail.objects.latest("pk").body)
    assert found
    return found[1]


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def begin(app: App, path: str, data: Any = None) -> str:
    answer = app.ask("POST", f"auth/{path}", data)
    assert answer.status_code == 202, answer.content
    return answer.json()["flow"]


def two_steps(user: User) -> str:
    """Gives the member an authenticator; its secret."""
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


def now_code(secret: str) -> str:
    counter = next(totp.yield_hotp_counters_from_time())
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def held(app: App, login: str = "alice") -> dict[str, Any]:
    """The answer to a right password where a second factor is asked for."""
    return problem(app.log_in(login), 401, "second_factor_needed")


def is_in(app: App, answer: Any, status: int = 200) -> None:
    assert answer.status_code == status, answer.content
    assert answer.json().keys() == {"access", "refresh", "user"}
    app.access = answer.json()["access"]
    assert app.ask("GET", "me").json() == answer.json()["user"]


def asked(app: App, path: str = "passkey/options", data: Any = None) -> dict[str, Any]:
    answer = app.ask("POST", f"auth/{path}", data)
    assert answer.status_code == 200, answer.content
    return answer.json()


# -- Sign up ----------------------------------------------------------------------------------------------------------


def test_a_whole_life_as_an_app_lives_it() -> None:
    """Sign up, a second factor, log in again with it, a forgotten password, a new one."""
    app = App()
    flow = begin(app, "signup", NEW)
    assert not User.objects.exists()
    is_in(app, app.ask("POST", "auth/signup/code", {"flow": flow, "code": mailed()}), 201)
    user = User.objects.get()
    assert (user.handle, user.email, user.display_name) == ("new_person", "new@example.org", "New Person")
    assert Device.objects.get().user == user
    assert not Session.objects.exists(), "a flow dies with its success"
    secret = two_steps(user)

    again = App()
    answer = again.log_in("new_person", NEW["password"])
    body = problem(answer, 401, "second_factor_needed")
    assert body["factors"] == ["totp"]
    assert not answer.cookies
    is_in(again, again.ask("POST", "auth/second-factor", {"flow": body["flow"], "code": now_code(secret)}))
    assert Device.objects.count() == 2

    lost = App()
    flow = begin(lost, "reset", {"email": "NEW@example.org"})
    assert lost.ask("POST", "auth/reset/code", {"flow": flow, "code": mailed()}).status_code == 204
    assert lost.ask("POST", "auth/reset/password", {"flow": flow, "password": BETTER}).status_code == 204
    for old in (app, again):
        problem(old.ask("GET", "me"), 401, "token_ended")
    problem(lost.log_in("new_person", NEW["password"]), 401, "sign_in_needed")
    problem(lost.log_in("new_person", BETTER), 401, "second_factor_needed")


def test_sign_up_takes_nothing_that_is_not_asked_for() -> None:
    app = App()
    given = {**NEW, "role": "admin", "is_staff": True, "is_superuser": True, "is_bot": True, "verified": True, "id": 1}
    flow = begin(app, "signup", given)
    extra = {"flow": flow, "code": mailed(), "is_staff": True, "email": "other@example.org"}
    is_in(app, app.ask("POST", "auth/signup/code", extra), 201)
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_bot) == (False, False, False)
    assert user.email == "new@example.org"
    change = {
        "bio": "x",
        "role": "admin",
        "is_staff": True,
        "is_superuser": True,
        "is_bot": True,
        "email": "z@z.example",
    }
    before = User.objects.values().get()
    assert app.ask("PATCH", "me", {**change, "verified": True, "password": "x", "id": 7}).status_code == 200
    assert User.objects.values().get() == {**before, "bio": "x"}
    assert EmailAddress.objects.get().email == "new@example.org"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "x" * 255),
        ("handle", "admin"),
        ("handle", "x" * 10_000),
        ("name", "x" * 61),
        ("name", "\u200b"),
        ("password", "short"),
        ("password", "password123"),
        ("password", "x" * 1001),
        ("password", None),
        ("email", {"a": 1}),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(field: str, value: Any) -> None:
    body = problem(App().ask("POST", "auth/signup", {**NEW, field: value}), 422, "invalid")
    assert list(body["errors"]) == [field]
    assert not Mail.objects.exists()
    assert not Session.objects.exists()


def test_known_and_unknown_addresses_answer_alike() -> None:
    make_user("old", email="known@example.org")
    seen = []
    for email in ("known@example.org", "fresh@example.org"):
        app, steps = App(), []
        for path, given, code in (
            ("signup", {**NEW, "email": email}, "signup/code"),
            ("reset", {"email": email}, "reset/code"),
        ):
            with CaptureQueriesContext(connection) as asked:
                answer = app.ask("POST", f"auth/{path}", given)
            flow = answer.json().pop("flow")
            guess = app.ask("POST", f"auth/{code}", {"flow": flow, "code": "000000"})
            empty = app.ask("POST", f"auth/{code}", {"flow": flow, "code": "None"})
            steps.append((answer.status_code, answer.json()["expires_in"], guess.content, empty.content))
            if path == "signup":
                steps.append(len(asked))
        seen.append(steps)
    assert seen[0] == seen[1]
    assert User.objects.count() == 1


def test_the_fifth_wrong_code_ends_a_sign_up() -> None:
    app = App()
    flow = begin(app, "signup", NEW)
    code = mailed()
    for _turn in range(4):
        problem(app.ask("POST", "auth/signup/code", {"flow": flow, "code": wrong(code)}), 422, "invalid")
    problem(app.ask("POST", "auth/signup/code", {"flow": flow, "code": wrong(code)}), 410, "flow_ended")
    problem(app.ask("POST", "auth/signup/code", {"flow": flow, "code": code}), 410, "flow_ended")
    assert not User.objects.exists()


def test_a_code_lives_five_minutes_and_can_be_sent_again() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app = App()
        flow = begin(app, "signup", NEW)
        problem(app.ask("POST", "auth/signup/resend", {"flow": flow}), 429, "too_many")
        clock.shift(timedelta(seconds=31))
        old = mailed()
        assert app.ask("POST", "auth/signup/resend", {"flow": flow}).json() == {"flow": flow, "expires_in": 300}
        if old != mailed():
            problem(app.ask("POST", "auth/signup/code", {"flow": flow, "code": old}), 422, "invalid")
        clock.shift(timedelta(minutes=5, seconds=1))
        problem(app.ask("POST", "auth/signup/code", {"flow": flow, "code": mailed()}), 410, "flow_ended")
        problem(app.ask("POST", "auth/signup/resend", {"flow": flow}), 410, "flow_ended")


def test_a_handle_lost_in_the_last_moment_is_told() -> None:
    app = App()
    flow = begin(app, "signup", NEW)
    make_user("new_person")
    body = problem(app.ask("POST", "auth/signup/code", {"flow": flow, "code": mailed()}), 422, "invalid")
    assert list(body["errors"]) == ["handle"]
    assert User.objects.count() == 1


@pytest.mark.parametrize("email", ["known@example.org", "fresh@example.org"])
def test_codes_to_one_address_are_few_also_after_a_restart(email: str) -> None:
    """Each is five guesses at a million: 75 an hour, and as many by the page as by the API."""
    make_user("old", email="known@example.org")
    with time_machine.travel("2030-01-01 10:00:00", tick=False) as clock:
        for path, given, let in (
            ("auth/reset", {"email": email.upper()}, 5),
            ("auth/signup", {**NEW, "email": email}, 10),
        ):
            for turn in range(let + 2):
                cache.clear()
                limits.memory.clear()
                clock.shift(timedelta(seconds=31))
                answer = App().ask("POST", path, given)
                assert answer.status_code == (202 if turn < let else 429)
            assert int(answer["Retry-After"]) > 60
    assert Mail.objects.count() == 15


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_count_one_by_one() -> None:
    app = App()
    flow = begin(app, "signup", NEW)
    code = mailed()

    def guess(turn: int) -> int:
        try:
            given = {"flow": flow, "code": wrong(code)}
            return App().ask("POST", "auth/signup/code", given).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(guess, range(24)))
    assert answers.count(422) == 4
    assert answers.count(410) == 20
    problem(app.ask("POST", "auth/signup/code", {"flow": flow, "code": code}), 410, "flow_ended")


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_code_sent_twice_at_once_makes_one_member() -> None:
    flow = begin(App(), "signup", NEW)
    code = mailed()

    def send(_turn: int) -> int:
        try:
            return App().ask("POST", "auth/signup/code", {"flow": flow, "code": code}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as many:
        assert sorted(many.map(send, range(4))) == [201, 410, 410, 410]
    assert (User.objects.count(), Device.objects.count()) == (1, 1)


# -- Flows ------------------------------------------------------------------------------------------------------------


def test_a_flow_is_no_session_and_a_session_no_flow(cast: Cast) -> None:
    two_steps(cast.alice)
    flow = held(App())["flow"]
    [row] = Session.objects.all()
    assert flow not in (row.session_key, row.get_decoded().values())
    for cookie in (flow, row.session_key):
        browser = Client()
        browser.cookies["session"] = cookie
        assert browser.get("/api/v1/me").status_code == 401
    browser = Client()
    log_in(browser, cast.bob)
    for token in (browser.session.session_key, row.session_key, "", "x" * 100, "\0"):
        answer = App().ask("POST", "auth/second-factor", {"flow": token, "code": "123456"})
        assert answer.status_code in {410, 422}


def test_a_flow_is_good_for_its_own_way_only(cast: Cast) -> None:
    secret = two_steps(cast.alice)
    app = App()
    login, reset = held(app)["flow"], begin(app, "reset", {"email": cast.alice.email})
    code = mailed()
    problem(app.ask("POST", "auth/second-factor", {"flow": reset, "code": now_code(secret)}), 410, "flow_ended")
    problem(app.ask("POST", "auth/reset/code", {"flow": login, "code": code}), 410, "flow_ended")
    problem(app.ask("POST", "auth/signup/code", {"flow": reset, "code": code}), 410, "flow_ended")
    problem(app.ask("POST", "auth/reset/password", {"flow": reset, "password": BETTER}), 410, "flow_ended")
    problem(app.ask("POST", "auth/passkey", {"flow": login, "credential": {}}), 410, "flow_ended")
    is_in(app, app.ask("POST", "auth/second-factor", {"flow": login, "code": now_code(secret)}))
    problem(app.ask("POST", "auth/second-factor", {"flow": login, "code": now_code(secret)}), 410, "flow_ended")


def test_a_code_of_the_authenticator_is_good_once(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        secret = two_steps(cast.alice)
        first, second = held(App())["flow"], held(App())["flow"]
        app, code = App(), now_code(secret)
        is_in(app, app.ask("POST", "auth/second-factor", {"flow": first, "code": code}))
        problem(App().ask("POST", "auth/second-factor", {"flow": second, "code": code}), 422, "invalid")


@pytest.mark.parametrize("change", ["password", "suspended", "gone", "late"])
def test_a_login_half_way_ends_with_what_it_began_with(cast: Cast, change: str) -> None:
    secret = two_steps(cast.alice)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        flow = held(App())["flow"]
        if change == "password":
            cast.alice.set_password(BETTER)
            cast.alice.save()
        elif change == "late":
            clock.shift(timedelta(minutes=10, seconds=1))
        else:
            field = {"suspended": {"suspended_until": timezone.now() + timedelta(days=9)}, "gone": {"is_active": False}}
            User.objects.filter(pk=cast.alice.pk).update(**field[change])
        answer = App().ask("POST", "auth/second-factor", {"flow": flow, "code": now_code(secret)})
        problem(answer, 410, "flow_ended")
    assert not Device.objects.exists()


# -- Second factor ----------------------------------------------------------------------------------------------------


def test_no_login_passes_by_the_second_factor(cast: Cast) -> None:
    secret = two_steps(cast.alice)
    for login in ("alice", "@Alice", "alice@example.org"):
        assert held(App(), login)["factors"] == ["totp"]
    flow = begin(App(), "reset", {"email": cast.alice.email})
    App().ask("POST", "auth/reset/code", {"flow": flow, "code": mailed()})
    answer = App().ask("POST", "auth/reset/password", {"flow": flow, "password": BETTER})
    assert (answer.status_code, answer.content) == (204, b""), "a reset logs nobody in"
    assert not Device.objects.exists()
    assert secret not in str(list(Session.objects.values()))


def test_a_recovery_code_is_good_once(cast: Cast) -> None:
    two_steps(cast.alice)
    code = RecoveryCodes.activate(cast.alice).get_unused_codes()[0]
    first, second = App(), App()
    body = held(first)
    assert body["factors"] == ["recovery_codes", "totp"]
    is_in(first, first.ask("POST", "auth/second-factor", {"flow": body["flow"], "code": code}))
    flow = held(second)["flow"]
    problem(second.ask("POST", "auth/second-factor", {"flow": flow, "code": code}), 422, "invalid")


def test_guesses_at_the_second_factor_end_flow_and_patience(cast: Cast) -> None:
    """Five a flow, and five in five minutes for the account, counted in the database."""
    with time_machine.travel("2030-01-01 10:00:00", tick=False) as clock:
        secret = two_steps(cast.alice)
        flow = held(App())["flow"]
        statuses = []
        for _guess in range(6):
            code = wrong(now_code(secret))
            statuses.append(App().ask("POST", "auth/second-factor", {"flow": flow, "code": code}).status_code)
        assert statuses == [422] * 4 + [410] * 2
        cache.clear()
        limits.memory.clear()  # a restart
        flow = held(App())["flow"]
        right = {"flow": flow, "code": now_code(secret)}
        problem(App().ask("POST", "auth/second-factor", right), 429, "too_many")
        assert Count.objects.exists()
        clock.shift(timedelta(minutes=11))
        flow = held(App())["flow"]
        app = App()
        is_in(app, app.ask("POST", "auth/second-factor", {"flow": flow, "code": now_code(secret)}))


def test_exactly_one_proof_is_taken(cast: Cast) -> None:
    two_steps(cast.alice)
    flow = held(App())["flow"]
    for given in ({}, {"code": "1", "credential": {}}, {"code": ""}, {"credential": "x"}, {"code": "1" * 21}):
        problem(App().ask("POST", "auth/second-factor", {"flow": flow, **given}), 422, "invalid")


def test_every_kind_of_flow_runs_out() -> None:
    kinds = {flows.JOIN, flows.LOGIN, flows.PASSKEY, flows.PROVE, flows.RESET, flows.NEW_APP, flows.NEW_PASSKEY}
    assert set(flows.LIVES) == kinds
    assert max(flows.LIVES.values()) <= timedelta(hours=1)

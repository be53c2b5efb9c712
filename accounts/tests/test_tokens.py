"""Personal tokens and bots: made, shown once, used, seen, revoked; who may."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import consumers, tokens
from accounts.actions import api_tokens, logins
from accounts.models.api_tokens import ApiToken, digest_of, mint
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import people as people_queries
from accounts.tests.factories import PASSWORD, Cast, just_now, log_in, long_ago, make_user
from accounts.tests.test_api import App, problem
from chat.tests.sockets import site
from core import consumers as consumer_doors
from core import errors, scopes
from core.models import Mail

pytestmark = pytest.mark.django_db
ALL = list(scopes.NAMES)


def script(user: User, *may: str, **more: Any) -> App:
    """A script with a token of this member."""
    made = App()
    made.access = api_tokens.make_token(actor=user, name="Script", may=may or ALL, **more).raw
    return made


# -- The letters ------------------------------------------------------------------------------------------------------


def test_a_token_is_known_by_its_look() -> None:
    made = {mint() for _turn in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"sst_[0-9A-Za-z]{38}", one) and digest_of(one) for one in made)
    one = mint()
    for bad in ("", "sst_", one[:-1], one + "x", one[:-1] + ("a" if one[-1] != "a" else "b"), "xxx_" + one[4:]):
        assert digest_of(bad) is None
    assert digest_of("sst_" + "é" * 38) is None


def test_only_a_digest_is_kept(cast: Cast) -> None:
    made = api_tokens.make_token(actor=cast.alice, name="Script", may=["read"])
    kept = str(ApiToken.objects.values().get()) + str(Device.objects.values().get())
    assert made.raw not in kept
    assert made.raw[4:36] not in kept
    assert made.raw not in str(Mail.objects.values().get())


@pytest.mark.both
def test_its_member_hears_of_it_in_their_language(cast: Cast) -> None:
    User.objects.filter(pk=cast.alice.pk).update(language="en")
    cast.alice.refresh_from_db()
    script(cast.alice, "read", "chat:read")
    [mail] = Mail.objects.all()
    assert (mail.to, mail.subject) == ("alice@example.org", "A new token for your account at Willowbank")
    for text in (mail.body, mail.html):
        assert "Script" in text
        assert "Read conversations" in text
        assert "Write messages" not in text
        assert "/settings/tokens/" in text


def test_what_was_never_a_token_asks_the_database_nothing(cast: Cast, django_assert_num_queries: Any) -> None:
    app = App()
    for rubbish in ("sst_", "sst_" + "0" * 38, "sst_\xe9" + "0" * 37):
        app.access = rubbish
        with django_assert_num_queries(0):
            problem(app.ask("GET", "me"), 401, "token_ended")


# -- Use --------------------------------------------------------------------------------------------------------------


def test_a_token_speaks_as_its_member_in_one_query(cast: Cast, django_assert_num_queries: Any) -> None:
    app = script(cast.alice)
    assert app.ask("GET", "me").json()["handle"] == "alice"
    with django_assert_num_queries(3):  # token, login and member; the answer and the fields of the profile
        app.ask("GET", "me")
    assert app.ask("POST", "posts", {"text": "by a script"}).status_code == 201
    assert app.ask("POST", "users/carol/follow").json()["followed"] is True


@pytest.mark.parametrize("way", ["revoked", "run out", "suspended", "gone", "logged out everywhere", "new password"])
def test_it_ends_at_once(cast: Cast, way: str) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app, other = script(cast.alice, days=7), App()
        other.log_in()
        assert app.ask("GET", "me").status_code == 200
        if way == "revoked":
            for _turn in range(2):
                api_tokens.revoke_token(actor=cast.alice, token_id=ApiToken.objects.get().pk)
        elif way == "run out":
            clock.shift(timedelta(days=7, seconds=1))
        elif way == "suspended":
            User.objects.filter(pk=cast.alice.pk).update(suspended_until=timezone.now() + timedelta(days=1))
        elif way == "gone":
            User.objects.filter(pk=cast.alice.pk).update(is_active=False)
        elif way == "logged out everywhere":
            assert other.ask("DELETE", "me/devices").json() == {"ended": 0}
        else:
            given = {"old": PASSWORD, "password": "seven slow yellow buses"}
            assert other.ask("POST", "auth/password", given).status_code == 204
        problem(app.ask("GET", "me"), 401, "token_ended")


def test_a_revoked_token_is_forgotten_after_a_month(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        script(cast.alice)
        clock.shift(timedelta(days=400))
        while logins.forget_logins():
            pass
        assert ApiToken.objects.exists(), "one that stands stays"
        api_tokens.revoke_token(actor=cast.alice, token_id=ApiToken.objects.get().pk)
        clock.shift(timedelta(days=31))
        while logins.forget_logins():
            pass
        assert not ApiToken.objects.exists()


def test_its_last_use_is_written_once_in_five_minutes(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app, me = script(cast.alice), App()
        me.log_in()

        def row() -> dict[str, Any]:
            return me.ask("GET", "me/tokens").json()["results"][0]

        assert (row()["used_at"], row()["used_from"]) == (None, "")
        clock.shift(timedelta(seconds=3))
        for address, seen in (("192.0.2.5", "192.0.2.5"), ("192.0.2.6", "192.0.2.5")):
            app.client.defaults["REMOTE_ADDR"] = address
            app.ask("GET", "me")
            assert row()["used_from"] == seen
        first = row()["used_at"]
        clock.shift(timedelta(minutes=6))
        app.ask("GET", "me")
        assert row()["used_from"] == "192.0.2.6"
        assert row()["used_at"] > first


def test_a_token_opens_nothing_but_the_api(cast: Cast) -> None:
    app = script(cast.alice)
    headers = {"Authorization": f"Bearer {app.access}"}
    assert Client(headers=headers).get("/settings/")["Location"].startswith("/login/")
    browser = Client()
    browser.cookies["session"] = app.access
    assert browser.get("/api/v1/me").status_code == 401
    problem(app.renew(app.access), 401, "token_ended")


def test_a_token_is_no_device(cast: Cast) -> None:
    script(cast.alice)
    me = App()
    me.log_in()
    assert [one["current"] for one in me.ask("GET", "me/devices").json()["results"]] == [True]


def test_before_a_large_body_is_read_its_sender_is_known(cast: Cast) -> None:
    app, other = script(cast.alice), App()
    other.log_in()
    for one in (app, other):
        assert tokens.by_bearer(one.access).user_id == cast.alice.pk
    logins.end_devices(actor=cast.alice)
    for raw in (app.access, other.access, "", "sst_made-up", "made-up"):
        assert tokens.by_bearer(raw) is None
    assert consumer_doors.authenticator.by_bearer is tokens.by_bearer


# -- The API's list ---------------------------------------------------------------------------------------------------


def test_an_app_makes_lists_and_revokes(cast: Cast) -> None:
    me = App()
    me.log_in()
    answer = me.ask("POST", "me/tokens", {"name": " Wea\nther ", "scopes": ["chat:read", "read"], "days": 30})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["scopes"], made["expired"]) == ("Wea ther", ["read", "chat:read"], False)
    used = App()
    used.access = made.pop("token")
    assert used.ask("GET", "conversations").status_code == 200
    [listed] = me.ask("GET", "me/tokens").json()["results"]
    assert listed.keys() == made.keys()
    for _turn in range(2):
        assert me.ask("DELETE", f"me/tokens/{made['id']}").status_code == 204
    assert me.ask("GET", "me/tokens").json() == {"results": [], "next": None}
    problem(used.ask("GET", "conversations"), 401, "token_ended")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " \n "),
        ("name", "x" * 61),
        ("scopes", []),
        ("scopes", ["read", "everything"]),
        ("scopes", "read"),
        ("scopes", ["read"] * 21),
        ("days", 5),
        ("days", -1),
        ("days", 10**30),
    ],
)
def test_what_a_token_cannot_be(cast: Cast, field: str, value: Any) -> None:
    me = App()
    me.log_in()
    given = {"name": "Script", "scopes": ["read"], "days": 30, field: value}
    assert list(problem(me.ask("POST", "me/tokens", given), 422, "invalid")["errors"]) == [field]
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("which", ["foreign", "absent", "huge"])
def test_foreign_and_absent_tokens_answer_alike(cast: Cast, client: Client, which: str) -> None:
    foreign = api_tokens.make_token(actor=cast.bob, name="Bob's", may=ALL).token
    id = {"foreign": foreign.pk, "absent": 10**9, "huge": 2**70}[which]
    me = App()
    me.log_in()
    problem(me.ask("DELETE", f"me/tokens/{id}"), 404, "not_found")
    log_in(client, cast.alice)
    assert client.post(f"/settings/tokens/{id}/revoke/").status_code == 404
    assert Device.objects.get(pk=foreign.device_id).ended_at is None


def test_the_list_comes_by_cursor_in_three_queries(cast: Cast, django_assert_num_queries: Any) -> None:
    me = App()
    me.log_in()
    for number in range(people_queries.PAGE + 2):
        api_tokens.make_token(actor=cast.alice, name=f"Script {number}", may=["read"])
    with django_assert_num_queries(2):  # login and member; the tokens
        first = me.ask("GET", "me/tokens").json()
    second = me.ask("GET", f"me/tokens?cursor={first['next']}").json()
    names = [one["name"] for one in first["results"] + second["results"]]
    assert names == [f"Script {number}" for number in reversed(range(people_queries.PAGE + 2))]
    assert second["next"] is None


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_there_are_so_many_and_no_more_also_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = make_user("alice")
    monkeypatch.setattr(api_tokens, "MOST", 3)

    def make(_turn: int) -> bool:
        try:
            api_tokens.make_token(actor=alice, name="Script", may=["read"])
        except errors.Conflict:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as many:
        assert sorted(many.map(make, range(6))) == [False] * 3 + [True] * 3


# -- The page ---------------------------------------------------------------------------------------------------------

FORM = {"name": "Weather", "scopes": ["read", "write"], "days": "30", "password": PASSWORD}


def test_the_page_shows_a_new_token_once(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)
    assert "There is none yet." in client.get("/settings/tokens/").content.decode()
    answer = client.post("/settings/tokens/", FORM)
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    [raw] = set(re.findall(r"sst_\w{38}", answer.content.decode()))
    app = App()
    app.access = raw
    assert app.ask("GET", "me").status_code == 200
    page = client.get("/settings/tokens/").content.decode()
    assert "sst_" not in page
    assert "Weather" in page
    token = ApiToken.objects.get()
    assert client.get(f"/settings/tokens/{token.pk}/revoke/").status_code == 302
    assert app.ask("GET", "me").status_code == 200
    assert client.post(f"/settings/tokens/{token.pk}/revoke/")["Location"] == "/settings/tokens/"
    problem(app.ask("GET", "me"), 401, "token_ended")


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"days": "5"}, {"password": "no"}]
)
def test_the_form_keeps_what_was_typed(cast: Cast, client: Client, change: dict[str, Any]) -> None:
    log_in(client, cast.alice)
    answer = client.post("/settings/tokens/", {**FORM, **change})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(change)
    assert PASSWORD not in answer.content.decode()
    assert "name" in change or 'value="Weather"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_whoever_found_an_open_browser_does_not_guess_the_password(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)
    for _turn in range(5):
        assert client.post("/settings/tokens/", {**FORM, "password": "guess"}).status_code == 422
    assert client.post("/settings/tokens/", FORM).status_code == 429
    assert not ApiToken.objects.exists()


def test_who_has_no_password_is_not_asked_for_one(cast: Cast, client: Client) -> None:
    cast.alice.set_unusable_password()
    cast.alice.save()
    log_in(client, User.objects.get(pk=cast.alice.pk))
    just_now(client, cast.alice)
    form = {**FORM, "password": ""}
    assert client.post("/settings/tokens/", form).status_code == 201
    long_ago(client)
    answer = client.post("/settings/tokens/", form)
    assert answer["Location"] == "/settings/security/confirm/?next=%2Fsettings%2Ftokens%2F"
    assert ApiToken.objects.count() == 1, "an open browser is no proof"


def test_visitors_are_sent_to_the_door(client: Client) -> None:
    for path in ("settings/tokens/", "settings/tokens/1/revoke/", "site/bots/", "site/bots/1/", "site/bots/1/rest/"):
        assert client.post(f"/{path}")["Location"].startswith("/login/")
        assert client.get(f"/{path}")["Location"].startswith("/login/")


# -- Sockets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("may", "missing"), [(["read", "chat:read"], "chat:write"), (["chat:write"], "chat:read"), (["read"], "chat:read")]
)
def test_a_ticket_needs_the_chats_scopes(cast: Cast, may: list[str], missing: str) -> None:
    assert problem(script(cast.alice, *may).ask("POST", "auth/ticket"), 403, "scope_missing")["scope"] == missing


def test_a_ticket_carries_the_scopes_and_ends_with_its_token(cast: Cast) -> None:
    app = script(cast.alice, "chat:read", "chat:write")
    principal = tokens.by_ticket(app.ask("POST", "auth/ticket").json()["ticket"])
    assert principal is not None
    assert principal.scopes == {"chat:read", "chat:write"}
    assert tokens.still_valid(principal)
    late = app.ask("POST", "auth/ticket").json()["ticket"]
    api_tokens.revoke_token(actor=cast.alice, token_id=ApiToken.objects.get().pk)
    assert not tokens.still_valid(principal)
    assert tokens.by_ticket(late) is None


@pytest.mark.django_db(transaction=True)
async def test_revoking_closes_the_socket_and_running_out_too(cast: Cast) -> None:
    def ticket(user: User, *may: str) -> str:
        return script(user, *may, days=7).ask("POST", "auth/ticket").json()["ticket"]

    async with site() as here:
        alice = await here.join(cast.alice, await sync_to_async(ticket)(cast.alice, "chat:read", "chat:write"))
        bob = await here.join(cast.bob, await sync_to_async(ticket)(cast.bob, "chat:read", "chat:write"))
        await consumers.look()
        assert (await alice.ask("ping"))["type"] == (await bob.ask("ping"))["type"] == "ack"
        refused = await alice.ask("feed.watch", posts=[])
        assert (refused["type"], refused["code"]) == ("error", "scope_missing")
        assert refused["scope"] == "read"
        token = await sync_to_async(ApiToken.objects.get)(user=cast.alice)
        await sync_to_async(api_tokens.revoke_token)(actor=cast.alice, token_id=token.pk)
        assert (await alice.hear())["code"] == 4401
        await sync_to_async(ApiToken.objects.filter(user=cast.bob).update)(expires_at=timezone.now())
        await consumers.look()
        assert (await bob.hear())["code"] == 4401

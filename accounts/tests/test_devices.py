"""The devices of a member: who sees them, when they were seen, how they end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import consumers, places
from accounts.access import logins as login_access
from accounts.actions import logins
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import people as people_queries
from accounts.tests.factories import PASSWORD, Cast, log_in
from accounts.tests.test_api import App, problem
from chat.tests.sockets import site

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
TUSKY = "Tusky/25.2 (Android 14)"


def browser(user: User, user_agent: str = FIREFOX, address: str = "203.0.113.7") -> Client:
    """A browser that has logged in by the form."""
    made = Client(headers={"user-agent": user_agent}, REMOTE_ADDR=address)
    assert made.post("/login/", {"login": user.handle, "password": PASSWORD}).status_code == 302
    return made


def device_of(client: Client) -> Device:
    return Device.objects.get(session_key=client.session.session_key)


def rows(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    return answer.json()["results"]


@pytest.fixture
def mine(cast: Cast) -> Client:
    return browser(cast.alice)


@pytest.fixture
def app(cast: Cast) -> App:
    made = App()
    made.client = Client(headers={"user-agent": TUSKY}, REMOTE_ADDR="198.51.100.9")
    assert made.log_in().status_code == 200
    return made


# -- The page --


def test_every_standing_login_is_shown_this_one_first(cast: Cast, mine: Client, app: App) -> None:
    phone = browser(cast.alice, SAFARI, "2001:db8::7")
    phone.post("/logout/")
    page = mine.get("/settings/devices/")
    shown = [(one["name"], one["system"], one["app"], one["address"], one["current"]) for one in page.context["logins"]]
    assert shown == [
        ("Firefox", "Linux", False, "203.0.113.7", True),
        ("Tusky", "Android", True, "198.51.100.9", False),
    ]
    words = page.content.decode()
    assert words.count("This device") == 1
    assert "Firefox on Linux" in words
    assert "Tusky on Android" in words
    assert "Safari" not in words
    assert words.index("Firefox on Linux") < words.index("Tusky on Android")


def test_markup_in_a_user_agent_is_never_shown(cast: Cast) -> None:
    evil = browser(cast.alice, "<img src=x onerror=alert(1)>/1.0")
    page = evil.get("/settings/devices/").content.decode()
    assert "onerror" not in page
    assert "Unknown browser" in page


def test_a_place_stands_there_when_the_site_knows_it(mine: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mine.get("/settings/devices/").context["logins"][0]["place"] == ""
    monkeypatch.setattr(places, "place", lambda address: "Hanoi, Vietnam" if address == "203.0.113.7" else "")
    assert "Hanoi, Vietnam" in mine.get("/settings/devices/").content.decode()


def test_nobody_sees_the_devices_of_somebody_else(cast: Cast, mine: Client) -> None:
    browser(cast.bob, SAFARI, "192.0.2.99")
    hers = browser(cast.mod, SAFARI, "192.0.2.98")
    for answer in (mine.get("/settings/devices/"), mine.get("/api/v1/me/devices"), hers.get("/@bob/")):
        assert "192.0.2.99" not in answer.content.decode()
    assert set(login_access.visible_devices(cast.alice)) == {device_of(mine)}
    assert not login_access.visible_devices(None).exists()
    visitor = Client()
    assert visitor.get("/settings/devices/")["Location"] == "/login/?next=/settings/devices/"
    assert visitor.post("/settings/devices/end/").status_code == 302
    assert visitor.post(f"/settings/devices/{device_of(mine).pk}/end/").status_code == 302
    assert device_of(mine).ended_at is None


@pytest.mark.both
def test_logins_that_ran_out_are_not_shown(cast: Cast, mine: Client, app: App) -> None:
    other = browser(cast.alice)
    Session.objects.filter(pk=other.session.session_key).update(expire_date=timezone.now())
    Device.objects.filter(session_key="").update(refreshed_at=timezone.now() - timedelta(days=7, minutes=1))
    assert [one["current"] for one in mine.get("/settings/devices/").context["logins"]] == [True]


@pytest.mark.both
def test_many_come_page_by_page_at_the_same_cost(cast: Cast, mine: Client) -> None:
    def ask(path: str = "/settings/devices/") -> tuple[Any, int]:
        with CaptureQueriesContext(connection) as asked:
            answer = mine.get(path)
        return answer, len(asked)

    others = [log_in(Client(), cast.alice)]
    _first, few = ask()
    others += [log_in(Client(), cast.alice) for _turn in range(people_queries.PAGE + 4)]
    page, many = ask()
    assert many == few
    second, _count = ask(f"/settings/devices/?cursor={page.context['next']}")
    ids = [one["id"] for one in page.context["logins"] + second.context["logins"]]
    assert ids == [device_of(mine).pk, *[one.pk for one in reversed(others)]]
    assert second.context["next"] == ""
    assert mine.get("/settings/devices/?cursor=rubbish").status_code in {400, 422}


def test_the_list_is_read_over_its_index(cast: Cast) -> None:
    candidates = Device.objects.filter(user=cast.alice, ended_at__isnull=True).exclude(pk=7)
    assert "device_standing" in candidates.order_by("-seen_at", "-id")[:81].explain()


# -- Logging out elsewhere --


@pytest.mark.both
def test_one_device_is_logged_out_and_twice_changes_nothing(cast: Cast, mine: Client) -> None:
    other = browser(cast.alice, SAFARI)
    device = device_of(other)
    for _turn in range(2):
        assert mine.post(f"/settings/devices/{device.pk}/end/")["Location"] == "/settings/devices/"
    assert other.get("/settings/")["Location"].startswith("/login/")
    assert mine.get("/settings/").status_code == 200
    ended = Device.objects.get(pk=device.pk)
    assert ended.ended_at is not None
    assert ended.address is None, "nothing of where it was is kept"
    assert device_of(mine).address == "203.0.113.7"


@pytest.mark.parametrize("which", ["foreign", "absent", "huge"])
def test_foreign_and_absent_devices_answer_alike(cast: Cast, mine: Client, app: App, which: str) -> None:
    foreign = log_in(Client(), cast.bob)
    id = {"foreign": foreign.pk, "absent": 10**9, "huge": 2**70}[which]
    assert mine.post(f"/settings/devices/{id}/end/").status_code == 404
    problem(app.ask("DELETE", f"me/devices/{id}"), 404, "not_found")
    foreign.refresh_from_db()
    assert foreign.ended_at is None


def test_this_device_is_logged_out_as_ever(mine: Client) -> None:
    device = device_of(mine)
    assert mine.post(f"/settings/devices/{device.pk}/end/")["Location"] == "/"
    assert mine.get("/settings/").status_code == 302
    device.refresh_from_db()
    assert device.ended_at is not None
    assert device.address is None


@pytest.mark.both
def test_everywhere_else_leaves_this_one(cast: Cast, mine: Client, app: App) -> None:
    others, stranger = [browser(cast.alice, SAFARI) for _turn in range(2)], log_in(Client(), cast.bob)
    page = mine.post("/settings/devices/end/", follow=True)
    assert "Logged out on 3 other devices." in page.content.decode()
    assert [one["current"] for one in page.context["logins"]] == [True]
    assert {other.get("/settings/").status_code for other in others} == {302}
    problem(app.ask("GET", "me"), 401, "token_ended")
    problem(app.renew(), 401, "token_ended")
    assert "You were logged in nowhere else." in mine.post("/settings/devices/end/", follow=True).content.decode()
    assert set(Device.objects.filter(address__isnull=False)) == {device_of(mine)}
    assert Device.objects.get(pk=stranger.pk).ended_at is None


def test_a_get_leads_back_to_the_page(mine: Client) -> None:
    for path in ("end/", f"{device_of(mine).pk}/end/"):
        assert mine.get(f"/settings/devices/{path}")["Location"] == "/settings/devices/"
    assert device_of(mine).ended_at is None


def test_every_other_end_forgets_the_address_too(cast: Cast, mine: Client) -> None:
    new = "seven slow yellow buses"
    browser(cast.alice, SAFARI)
    assert mine.post("/settings/account/", {"old": PASSWORD, "password": new}).status_code == 302
    assert [device.address for device in Device.objects.filter(ended_at__isnull=False)] == [None]
    assert device_of(mine).address == "203.0.113.7"


# -- The API --


def test_the_api_tells_the_same(cast: Cast, mine: Client, app: App) -> None:
    found = rows(app.ask("GET", "me/devices"))
    assert [(one["name"], one["system"], one["app"], one["current"]) for one in found] == [
        ("Tusky", "Android", True, True),
        ("Firefox", "Linux", False, False),
    ]
    assert found[0].keys() == {*("id", "name", "system", "app", "place", "address", "created_at", "seen_at", "current")}
    assert [one["current"] for one in rows(mine.get("/api/v1/me/devices"))] == [True, False]
    for _turn in range(people_queries.PAGE):
        log_in(Client(), cast.alice)
    first = app.ask("GET", "me/devices").json()
    second = app.ask("GET", f"me/devices?cursor={first['next']}").json()
    assert len({one["id"] for one in first["results"] + second["results"]}) == people_queries.PAGE + 2
    assert second["next"] is None
    problem(app.ask("GET", "me/devices?cursor=rubbish"), 422, "invalid")


def test_a_list_costs_the_app_three_queries(cast: Cast, app: App, django_assert_num_queries: Any) -> None:
    for _turn in range(5):
        log_in(Client(), cast.alice)
    with django_assert_num_queries(3):  # login and member; candidates; which of them stand
        app.ask("GET", "me/devices")


def test_the_api_ends_one_or_all_others(cast: Cast, mine: Client, app: App) -> None:
    for _turn in range(2):
        assert app.ask("DELETE", f"me/devices/{device_of_key(mine).pk}").status_code == 204
    assert mine.get("/settings/").status_code == 302
    thief = App()
    thief.log_in()
    for ended in (1, 0):
        answer = app.ask("DELETE", "me/devices")
        assert (answer.status_code, answer.json()) == (200, {"ended": ended})
    problem(thief.ask("GET", "me"), 401, "token_ended")
    problem(thief.renew(), 401, "token_ended")
    own = rows(app.ask("GET", "me/devices"))[0]["id"]
    assert app.ask("DELETE", f"me/devices/{own}").status_code == 204
    problem(app.ask("GET", "me"), 401, "token_ended")


def device_of_key(client: Client) -> Device:
    """Also when the session behind the key is gone."""
    return Device.objects.get(session_key=client.cookies[settings.SESSION_COOKIE_NAME].value)


def test_a_browser_ends_its_own_login_over_the_api(mine: Client) -> None:
    assert mine.delete(f"/api/v1/me/devices/{device_of(mine).pk}").status_code == 204
    assert mine.get("/settings/").status_code == 302


def test_visitors_and_ended_logins_are_refused(cast: Cast, mine: Client) -> None:
    id = device_of(mine).pk
    for method, path in (("GET", ""), ("DELETE", ""), ("DELETE", f"/{id}")):
        problem(App().ask(method, f"me/devices{path}"), 401, "sign_in_needed")
    assert device_of(mine).ended_at is None
    guarded = Client(enforce_csrf_checks=True)
    log_in(guarded, cast.alice)
    assert guarded.delete("/api/v1/me/devices").status_code == 403
    assert device_of(mine).ended_at is None


# -- Last seen --


def writes(ask: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert ask().status_code == 200
    return [one["sql"] for one in asked if one["sql"].startswith("UPDATE")]


@pytest.mark.both
def test_pages_write_it_once_in_five_minutes_and_cost_nothing_else(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        mine = browser(cast.alice)
        start = timezone.now()
        clock.shift(timedelta(minutes=4, seconds=59))
        with CaptureQueriesContext(connection) as plain:
            mine.get("/settings/account/")
        assert device_of(mine).seen_at == start
        clock.shift(timedelta(seconds=2))
        mine.defaults["REMOTE_ADDR"] = "192.0.2.5"
        assert len(writes(lambda: mine.get("/settings/account/"))) == 1
        with CaptureQueriesContext(connection) as again:
            mine.get("/settings/account/")
        assert len(again) == len(plain)
        assert (device_of(mine).seen_at, device_of(mine).address) == (timezone.now(), "192.0.2.5")
        assert writes(lambda: mine.get("/api/v1/me")) == []
        clock.shift(timedelta(minutes=6))
        assert len(writes(lambda: mine.get("/api/v1/me"))) == 1


@pytest.mark.both
def test_apps_write_it_once_in_five_minutes(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app = App()
        app.log_in()
        clock.shift(timedelta(minutes=4))
        assert writes(lambda: app.ask("GET", "me")) == []
        clock.shift(timedelta(minutes=2))
        app.client.defaults["REMOTE_ADDR"] = "192.0.2.5"
        assert len(writes(lambda: app.ask("GET", "me"))) == 1
        assert writes(lambda: app.ask("GET", "me")) == []
        device = Device.objects.get()
        assert (device.seen_at, device.address) == (timezone.now(), "192.0.2.5")
        app.client.defaults["REMOTE_ADDR"] = "not an address"
        clock.shift(timedelta(minutes=6))
        app.ask("GET", "me")
        device.refresh_from_db()
        assert (device.seen_at, device.address) == (timezone.now(), "192.0.2.5")


def test_a_refresh_says_where_too(cast: Cast, app: App) -> None:
    logins.refresh_tokens(refresh=app.refresh, address="192.0.2.6")
    assert Device.objects.get().address == "192.0.2.6"


def test_an_ended_login_is_not_seen_any_more(cast: Cast) -> None:
    device = log_in(Client(), cast.alice)
    before = timezone.now() - timedelta(hours=1)
    logins.end_devices(actor=cast.alice)
    Device.objects.update(seen_at=before)
    logins.see_devices(ids=[device.pk], address="192.0.2.5")
    device.refresh_from_db()
    assert (device.seen_at, device.address) == (before, None)


def test_logging_out_leaves_no_address_behind(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        mine = browser(cast.alice)
        clock.shift(timedelta(minutes=6))
        mine.post("/logout/")
        assert Device.objects.get().address is None


def test_a_page_is_not_lost_when_it_cannot_be_written(mine: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_given: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(logins, "see_devices", away)
    Device.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    assert mine.get("/settings/").status_code == 200


def test_visitors_are_not_looked_for(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


# -- Sockets --


@pytest.mark.django_db(transaction=True)
async def test_a_revoked_device_closes_its_socket_and_no_other(cast: Cast) -> None:
    async with site() as here:
        one, other, bob = await here.join(cast.alice), await here.join(cast.alice), await here.join(cast.bob)
        first, _second = await sync_to_async(lambda: list(Device.objects.filter(user=cast.alice).order_by("pk")))()
        await sync_to_async(logins.end_device)(actor=cast.alice, device_id=first.pk)
        assert await one.hear() == {"type": "closed", "code": 4401}
        assert (await other.until("access"))["data"] == {}
        assert (await other.ask("ping"))["type"] == (await bob.ask("ping"))["type"] == "ack"


@pytest.mark.django_db(transaction=True)
async def test_open_sockets_are_seen_and_those_that_ran_out_closed(cast: Cast) -> None:
    long_ago, now = timezone.now() - timedelta(hours=1), timezone.now()
    async with site() as here:
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)

        def run_out() -> None:
            Device.objects.update(seen_at=long_ago, address="192.0.2.5")
            Session.objects.filter(pk=Device.objects.get(user=cast.bob).session_key).update(expire_date=long_ago)

        await sync_to_async(run_out)()
        await consumers.look()
        assert await bob.hear() == {"type": "closed", "code": 4401}
        assert (await alice.ask("ping"))["type"] == "ack"
        found = await sync_to_async(lambda: {one.user_id: one for one in Device.objects.all()})()
        assert found[cast.alice.pk].seen_at >= now
        assert found[cast.alice.pk].address == "192.0.2.5"
        assert found[cast.bob.pk].seen_at == long_ago

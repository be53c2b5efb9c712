"""What a login tells those who only guess: nothing of whether an address has an account, or whose it is."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import known_browsers
from accounts.actions import factors
from accounts.tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def by_page(login: str, password: str, address: str = "10.0.0.9") -> Any:
    return Client(REMOTE_ADDR=address).post("/login/", {"login": login, "password": password})


def by_api(login: str, password: str, address: str = "10.0.0.9") -> Any:
    given = {"login": login, "password": password}
    return Client(REMOTE_ADDR=address).post("/api/v1/auth/login", given, content_type="application/json")


@pytest.mark.parametrize("door", [by_page, by_api])
@pytest.mark.parametrize(("known", "unknown"), [("alice@example.org", "nobody@example.org"), ("alice", "nobody")])
def test_a_wrong_password_takes_the_same_steps_for_known_and_unknown_names(
    door: Callable[..., Any], known: str, unknown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user("alice", password=hashers.make_password(PASSWORD))
    hasher, hashed = type(hashers.get_hasher()), list[int]()
    encode = hasher.encode  # making a hash and comparing with one both come here
    monkeypatch.setattr(hasher, "encode", lambda *given: hashed.append(1) or encode(*given))
    door("warm@example.org", "wrong")
    steps = []
    for login in (known, unknown):
        hashed.clear()
        with CaptureQueriesContext(connection) as caught:
            answer = door(login, "wrong")
        kinds = [re.sub(r"'[^']*'|\b\d+\b|\"?s\w+_x\d+\"?", "?", one["sql"])[:90] for one in caught]
        steps.append((answer.status_code, len(hashed), kinds))
    assert steps[0] == steps[1]
    assert steps[0][1] == 1


@pytest.mark.parametrize("door", [by_page, by_api])
def test_spent_guesses_at_a_handle_do_not_tell_whose_an_address_is(door: Callable[..., Any]) -> None:
    make_user("alice")
    make_user("carol")
    for turn in range(6):
        spent = door("alice", "wrong", f"10.0.0.{turn}").status_code
    assert spent == 429
    answers = [door(f"{name}@example.org", "wrong", "10.0.1.1").status_code for name in ("alice", "carol", "nobody")]
    assert len(set(answers)) == 1
    # And so nobody who knows no more than a handle keeps its owner out.
    assert door("alice@example.org", PASSWORD, "10.0.1.2").status_code in {200, 302}


@pytest.mark.parametrize("login", ["alice", "ALICE@example.org"])
def test_guesses_at_either_name_are_limited_wherever_they_come_from(login: str) -> None:
    make_user("alice")
    doors = (by_page, by_api, by_page, by_api, by_page)
    for turn, door in enumerate(doors):
        door(login, "wrong", f"10.0.0.{turn}")
    assert by_page(login.lower(), PASSWORD, "10.0.1.1").status_code == 429
    assert by_api(f" {login}", PASSWORD, "10.0.1.2").status_code == 429


def test_guesses_inside_an_open_login_count_for_both_names() -> None:
    alice, browser = make_user("alice"), Client()
    browser.force_login(alice)
    page = "/settings/security/confirm/"
    assert [browser.post(page, {"password": "no"}).status_code for _turn in range(6)] == [422] * 5 + [429]
    assert [by_page(name, PASSWORD).status_code for name in ("alice", "alice@example.org")] == [429, 429]


# Nobody is kept out by others' guesses


def spend(login: str) -> None:
    for turn in range(6):
        spent = by_page(login, "wrong", f"10.0.2.{turn}").status_code
    assert spent == 429


def logged_in(handle: str, browser: Client | None = None) -> Client:
    """A browser in which this member has been, and is no more."""
    browser = browser or Client(REMOTE_ADDR="10.0.3.1")
    assert browser.post("/login/", {"login": handle, "password": PASSWORD}).status_code == 302
    browser.post("/logout/")
    return browser


@pytest.mark.parametrize("login", ["alice", "Alice@example.org"])
def test_a_browser_in_which_one_has_been_before_is_not_kept_out_by_strangers(login: str) -> None:
    make_user("alice")
    browser = logged_in("alice")
    spend(login)
    assert by_page(login, PASSWORD).status_code == 429
    assert browser.post("/login/", {"login": login, "password": PASSWORD}).status_code == 302


def test_there_guesses_are_limited_as_well_however_many_browsers() -> None:
    make_user("alice")
    browsers = [logged_in("alice", Client(REMOTE_ADDR=f"10.0.3.{turn}")) for turn in range(6)]
    answers = [one.post("/login/", {"login": "alice", "password": "wrong"}).status_code for one in browsers]
    assert answers[-1] == 429
    assert answers[:-1] == [422] * 5
    assert by_page("alice", PASSWORD).status_code == 302, "and a thief of one keeps nobody out elsewhere"


def test_one_member_s_browser_is_no_way_to_another_s_name() -> None:
    make_user("alice")
    make_user("carol")
    browser = logged_in("carol")
    spend("alice")
    assert browser.post("/login/", {"login": "alice", "password": PASSWORD}).status_code == 429


def test_two_members_share_a_browser_and_a_bent_cookie_is_none() -> None:
    make_user("alice")
    make_user("carol")
    browser = logged_in("carol", logged_in("alice"))
    spend("alice")
    spend("carol")
    cookie = browser.cookies[known_browsers.COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    for name in ("alice", "carol"):
        assert browser.post("/login/", {"login": name, "password": PASSWORD}).status_code == 302
        browser.post("/logout/")
    for bent in (cookie.value[:-2] + "xx", "", "[]"):
        browser.cookies[known_browsers.COOKIE] = bent
        assert browser.post("/login/", {"login": "alice", "password": PASSWORD}).status_code == 429


def test_who_has_proven_their_address_need_not_wait_there_either() -> None:
    alice = make_user("alice")
    browser = logged_in("alice")
    for _turn in range(6):
        spent = browser.post("/login/", {"login": "alice", "password": "wrong"}).status_code
    assert spent == 429
    factors.forget_wrong_passwords(actor=alice)
    assert browser.post("/login/", {"login": "alice", "password": PASSWORD}).status_code == 302

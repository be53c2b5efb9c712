"""What a login tells those who only guess: nothing of whether an address has an account, or whose it is."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

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

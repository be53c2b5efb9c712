"""Whoever logs out leaves nothing in the browser; nobody else's browser is emptied."""

import pytest
from django.test import Client

from accounts.models.logins import Device
from accounts.tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.both]
HEADER = "Clear-Site-Data"


@pytest.fixture
def mine() -> Client:
    make_user("alice")
    client = Client()
    client.post("/login/", {"login": "alice", "password": PASSWORD})
    return client


def end_own_device(client: Client) -> str:
    return f"/settings/devices/{Device.objects.get(user__handle='alice', ended_at=None).pk}/end/"


@pytest.mark.parametrize(
    ("address", "given"),
    [
        (lambda _client: "/logout/", {}),
        (end_own_device, {}),
        (lambda _client: "/settings/data/deactivate/", {}),
        (lambda _client: "/settings/data/delete/", {"password": PASSWORD}),
    ],
    ids=["log out", "end this device", "deactivate", "delete"],
)
def test_every_way_out_empties_the_browser(mine: Client, address, given: dict[str, str]) -> None:
    answer = mine.post(address(mine), given)
    assert answer.status_code in (200, 302)
    assert answer[HEADER] == '"cache", "storage"'
    assert mine.get("/settings/").status_code == 302, "logged out"


def test_what_does_not_log_out_empties_nothing(mine: Client) -> None:
    other = Client()
    other.post("/login/", {"login": "alice", "password": PASSWORD})
    there = Device.objects.filter(user__handle="alice").order_by("pk").last()
    assert there is not None
    assert HEADER not in mine.post(f"/settings/devices/{there.pk}/end/")
    assert HEADER not in mine.get("/")
    assert HEADER not in mine.post("/settings/data/delete/", {"password": "wrong"})
    assert HEADER not in mine.get("/logout/")
    assert mine.get("/settings/").status_code == 200

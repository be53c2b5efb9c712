"""What every door of the API shares, tried on the doors there are."""

import json
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import path

from accounts.tests.factories import Cast, log_in
from core import paging, views

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b"\xff", b"{", b'{"text": NaN}'])
def test_what_is_no_json_is_the_clients_mistake(client: Client, cast: Cast, body: bytes) -> None:
    log_in(client, cast.alice)
    answer = client.post("/api/v1/posts", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert client.post("/api/v1/auth/login", body, content_type="application/json").status_code == 400


def breaks(request: HttpRequest) -> Any:
    raise RuntimeError("secret plans")


urlpatterns = [path("api/v1/breaks", breaks), path("breaks", breaks)]
handler500 = views.server_error


@override_settings(ROOT_URLCONF=__name__)
def test_an_unexpected_error_is_a_problem_for_apps_and_says_nothing() -> None:
    client = Client(raise_request_exception=False)
    answer = client.get("/api/v1/breaks")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert json.loads(answer.content)["status"] == 500
    assert "secret" not in answer.content.decode()
    page = client.get("/breaks")
    assert (page.status_code, page["Content-Type"].partition(";")[0]) == (500, "text/html")


@pytest.mark.parametrize(
    "key", [["0001-01-01T00:00:00+14:00", 1], ["9999-12-31T23:59:59-14:00", 1], ["a\0b", 1], [1, 1], ["x", "y"]]
)
@pytest.mark.both
def test_a_cursor_made_up_is_refused(client: Client, cast: Cast, key: list[Any]) -> None:
    log_in(client, cast.alice)
    answer = client.get("/api/v1/conversations", {"cursor": paging.encode(tuple(key))})
    assert answer.status_code in {200, 422}, "PostgreSQL knows the year before the first"

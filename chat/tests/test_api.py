"""Conversations through /api/v1."""

import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models.people import User
from accounts.tests.factories import Cast
from chat.models.messages import Message
from chat.serializers.messages import MessageOut
from chat.tests.factories import make_chat

pytestmark = pytest.mark.django_db
BASE = "/api/v1/conversations"


def as_(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def post(client: Client, path: str, **data: Any) -> Any:
    return client.post(f"{BASE}{path}", data, content_type="application/json")


def test_two_talk_through_the_api(cast: Cast) -> None:
    alice, bob = as_(cast.alice), as_(cast.bob)
    opened = post(alice, "", user=cast.bob.pk).json()
    assert (opened["other"]["handle"], opened["last_seq"], opened["last_message"]) == ("bob", 0, None)
    assert post(bob, "", user=cast.alice.pk).json()["id"] == opened["id"]
    id, name = opened["id"], str(uuid.uuid4())
    first = post(alice, f"/{id}/messages", client_id=name, text="hello")
    assert first.status_code == 201
    again = post(alice, f"/{id}/messages", client_id=name, text="hello")
    assert (again.status_code, again.json()) == (200, {**first.json(), "again": True})
    (row,) = bob.get(BASE).json()["results"]
    assert (row["id"], row["unread"], row["last_message"]["text"], row["other"]["handle"]) == (id, 1, "hello", "alice")
    assert bob.get(f"{BASE}/unread").json() == {"conversations": 1}
    assert post(bob, f"/{id}/read", seq=1).json() == {"read_seq": 1, "unread": 0}
    assert bob.get(f"{BASE}/unread").json() == {"conversations": 0}
    assert alice.get(f"{BASE}/{id}").json()["other_read_seq"] == 1
    page = bob.get(f"{BASE}/{id}/messages?after=0").json()
    assert [message["text"] for message in page["results"]] == ["hello"]
    assert page["results"][0].keys() == MessageOut().fields.keys()


def test_pages(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, *(str(number) for number in range(60)))
    alice = as_(cast.alice)
    newest = alice.get(f"{BASE}/{talk.pk}/messages").json()
    assert (newest["results"][0]["seq"], newest["older"], newest["newer"]) == (11, True, False)
    older = alice.get(f"{BASE}/{talk.pk}/messages?before=11").json()
    assert ([row["seq"] for row in older["results"]], older["older"]) == (list(range(1, 11)), False)


def paths(id: int) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        ("get", f"{BASE}/{id}", {}),
        ("get", f"{BASE}/{id}/messages", {}),
        ("post", f"{BASE}/{id}/messages", {"client_id": str(uuid.uuid4()), "text": "x"}),
        ("post", f"{BASE}/{id}/read", {"seq": 1}),
    ]


def test_foreign_and_absent_answer_alike(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "hello")
    carol = as_(cast.carol)
    for id in (talk.pk, 10**6, 10**30):
        for method, path, data in paths(id):
            response = getattr(carol, method)(path, data, content_type="application/json")
            assert response.status_code == 404, path
            assert response.json()["detail"] == "This is not here, or not for you to see."
    assert post(as_(cast.mallory), "", user=cast.alice.pk).status_code == 404
    assert Message.objects.count() == 1


def test_without_a_login(cast: Cast, client: Client) -> None:
    talk = make_chat(cast.alice, cast.bob, "hello")
    for method, path, data in [*paths(talk.pk), ("get", BASE, {}), ("post", BASE, {"user": cast.bob.pk})]:
        response = getattr(client, method)(path, data, content_type="application/json")
        assert response.status_code == 401, path


@pytest.mark.parametrize(
    ("path", "data", "field"),
    [
        ("messages", {"client_id": "x", "text": "x"}, "client_id"),
        ("messages", {"text": "x"}, "client_id"),
        ("messages", {"client_id": str(uuid.uuid4()), "text": " "}, "text"),
        ("messages", {"client_id": str(uuid.uuid4()), "text": "x" * 5001}, "text"),
        ("messages", {"client_id": str(uuid.uuid4()), "text": "\x00"}, "text"),
        ("read", {"seq": -1}, "seq"),
        ("read", {"seq": "x"}, "seq"),
    ],
)
def test_what_cannot_be_used(cast: Cast, path: str, data: dict[str, Any], field: str) -> None:
    talk = make_chat(cast.alice, cast.bob)
    response = post(as_(cast.alice), f"/{talk.pk}/{path}", **data)
    assert response.status_code == 422
    assert field in response.json()["errors"]
    assert not Message.objects.exists()


def test_half_a_character_is_no_json(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    response = post(as_(cast.alice), f"/{talk.pk}/messages", client_id=str(uuid.uuid4()), text="\ud800")
    assert response.status_code == 400
    assert not Message.objects.exists()


@pytest.mark.parametrize("query", ["before=x", "after=-1", "before=0"])
def test_ranges_that_cannot_be(cast: Cast, query: str) -> None:
    talk = make_chat(cast.alice, cast.bob)
    assert as_(cast.alice).get(f"{BASE}/{talk.pk}/messages?{query}").status_code == 422


def test_a_cursor_that_is_rubbish(cast: Cast) -> None:
    assert as_(cast.alice).get(f"{BASE}?cursor=rubbish").status_code == 422


def test_the_cost_is_fixed(cast: Cast, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for other in (cast.bob, cast.dan, cast.carol):
        make_chat(cast.alice, other, *("x" for _turn in range(5)))
    alice = as_(cast.alice)
    with django_assert_max_num_queries(7):
        assert len(alice.get(BASE).json()["results"]) == 3

"""What one asked others: the page, the API, taking it back; and declining in the row."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.access import friends as friends_access
from accounts.access import people as people_access
from accounts.actions import friends, relations
from accounts.models.friends import FriendRequest
from accounts.queries import friends as friends_queries
from accounts.queries import people as people_queries
from accounts.tests.factories import Cast, make_user
from accounts.tests.test_manners import HX, client_of, main_of
from accounts.tests.test_private import said

pytestmark = pytest.mark.django_db


def test_sent_requests_stand_on_their_page_and_in_the_api(cast: Cast) -> None:
    relations.set_private(actor=cast.bob, private=True)
    friends.ask(actor=cast.carol, person="alice")
    relations.follow(actor=cast.carol, person="bob")
    client = client_of(cast.carol)
    page = main_of(client.get("/people/requests/sent/"))
    assert "@alice" in page
    assert "@bob" in page
    assert 'aria-current="page">Sent' in page
    assert [one["handle"] for one in client.get("/api/v1/me/sent/friend-requests").json()["results"]] == ["alice"]
    assert [one["handle"] for one in client.get("/api/v1/me/sent/follow-requests").json()["results"]] == ["bob"]
    assert "@carol" not in main_of(client_of(cast.alice).get("/people/requests/sent/")), "it is the asker's alone"


def test_nothing_sent_says_so(cast: Cast) -> None:
    assert "Nothing waits for an answer" in main_of(client_of(cast.carol).get("/people/requests/sent/"))
    assert Client().get("/people/requests/sent/")["Location"].startswith("/login/")


def test_a_sent_request_is_taken_back_in_its_row(cast: Cast) -> None:
    relations.set_private(actor=cast.bob, private=True)
    friends.ask(actor=cast.carol, person="alice")
    relations.follow(actor=cast.carol, person="bob")
    client = client_of(cast.carol)
    row = client.post("/@alice/unfriend/", {"row": "1"}, headers=HX)
    assert json.loads(row["HX-Trigger"])["toast"]["text"] == "Your request to Alice is taken back."
    assert not FriendRequest.objects.exists()
    plain = client.post("/@bob/unfollow/", {"row": "1"}, follow=True)
    assert plain.redirect_chain == [("/people/requests/sent/", 302)]
    assert "Your request to Bob is taken back." in plain.content.decode()
    assert "FriendRequestDropped" in said()


def test_sent_requests_come_by_pages_over_an_index(cast: Cast, django_assert_num_queries: Any) -> None:
    for number in range(23):
        friends.ask(actor=cast.carol, person=make_user(f"asked{number}").pk)
    client = client_of(cast.carol)
    first = client.get("/api/v1/me/sent/friend-requests").json()
    assert len(first["results"]) == 20
    second = client.get("/api/v1/me/sent/friend-requests", {"cursor": first["next"]}).json()
    assert [len(second["results"]), second["next"]] == [3, None]
    relations.set_private(actor=cast.bob, private=True)
    relations.follow(actor=cast.carol, person="bob")
    with django_assert_num_queries(2):
        friends_queries.sent_requests(viewer=cast.carol)
    with django_assert_num_queries(2):
        people_queries.sent_requests(viewer=cast.carol)
    for waiting, index in (
        (friends_access.waiting_requests(), "friend_sent"),
        (people_access.waiting_requests(), "request_sent"),
    ):
        plan = waiting.filter(asker=cast.carol).order_by("-id")[:21].explain()
        assert index in plan
        assert "TEMP B-TREE" not in plan


def test_whoever_asks_can_be_declined_in_the_row(cast: Cast) -> None:
    friends.ask(actor=cast.carol, person="alice")
    client = client_of(cast.alice)
    row = main_of(client.get("/people/requests/")).partition('id="asking"')[2].partition("</ul>")[0]
    assert "Accept" in row
    assert "Decline" in row
    answer = client.post("/@carol/befriend/decline/", {"row": "1"}, headers=HX)
    assert (answer.content, json.loads(answer["HX-Trigger"])["toast"]["text"]) == (b"", "Declined. They are not told.")

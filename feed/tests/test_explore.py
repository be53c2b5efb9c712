"""The page of what there is to find, and its sections."""

from typing import Any

import pytest
from django.test import Client

from accounts.actions import mutes
from accounts.tests.factories import Cast, log_in, make_user
from core import outbox
from feed.actions import reactions as reaction_actions
from feed.actions import trends
from feed.queries import explore as explore_queries
from feed.tests.factories import make_post, make_reaction

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def furnish(cast: Cast, number: int = 3) -> None:
    for at in range(number):
        made = make_post(cast.alice, f"{at} #lanterns{'abcdefghijkl'[at % 12]}", pictures=1)
        make_reaction(made, cast.bob)
    trends.recount()


def test_everybody_finds_something(cast: Cast) -> None:
    furnish(cast)
    client = Client()
    shown = client.get("/explore/").content.decode()
    assert "#lanternsa" in shown
    assert "3 #lanterns" not in shown
    assert "People to follow" not in shown, "visitors follow nobody"
    log_in(client, cast.carol)
    shown = client.get("/explore/").content.decode()
    assert "#lanternsa" in shown
    assert "People to follow" in shown
    assert "Their post is talked about" in shown
    assert 'href="/explore/"' in client.get("/").content.decode()


def test_where_there_is_nothing_yet(cast: Cast) -> None:
    client = Client()
    for path in ("/explore/", "/explore/posts/", "/explore/hashtags/"):
        shown = client.get(path).content.decode()
        assert "It is quiet" in shown
    log_in(client, cast.mod)
    for handle in ("alice", "bob", "carol", "dan", "mallory"):
        client.post(f"/@{handle}/dismiss/")
    assert "You follow everybody we could think of." in client.get("/explore/").content.decode()
    assert "Nobody is left" in client.get("/explore/people/").content.decode()
    assert Client().get("/explore/people/").status_code == 302


def test_each_section_has_pages(cast: Cast) -> None:
    for at in range(25):
        letters = f"{'abcdefghijklmnopqrstuvwxy'[at]}"
        make_reaction(make_post(cast.alice, f"#tag{letters}x"), cast.bob)
        make_user(f"reader{letters}")
    trends.recount()
    client = Client()
    log_in(client, cast.dan)
    for path, api, count in (
        ("/explore/posts/", "/api/v1/explore/posts", 25),
        ("/explore/hashtags/", "/api/v1/explore/hashtags", 25),
        ("/explore/people/", "/api/v1/explore/people", 29),  # and bob, carol, mallory, mod
    ):
        assert "cursor=" in client.get(path).content.decode()
        answer = client.get(api).json()
        rows = answer["results"]
        assert len(rows) == 20
        rest = client.get(api, {"cursor": answer["next"]}).json()
        ids = [row.get("id") or row["name"] for row in rows + rest["results"]]
        assert (len(ids), len(set(ids)), rest["next"]) == (count, count, None), path
        assert client.get(path, {"cursor": answer["next"]}).status_code == 200
        assert client.get(path, {"cursor": "rubbish"}).status_code == 422
        assert client.get(api, {"cursor": "rubbish"}).status_code == 422
    piece = client.get("/explore/posts/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in piece


def test_a_hashtag_is_followed_where_it_stands(cast: Cast) -> None:
    furnish(cast, 1)
    client = Client()
    log_in(client, cast.carol)
    assert "/tags/lanternsa/follow/" in client.get("/explore/hashtags/").content.decode()
    client.post("/tags/lanternsa/follow/")
    assert "/tags/lanternsa/unfollow/" in client.get("/explore/hashtags/").content.decode()
    [row] = client.get("/api/v1/explore/hashtags").json()["results"]
    assert row == {"name": "lanternsa", "url": "/tags/lanternsa/", "people": 1, "followed": True}


def test_the_rail_asks_for_what_is_talked_about_only_where_it_is_seen(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    furnish(cast, 6)
    client = Client()
    log_in(client, cast.carol)
    page = client.get("/").content.decode()
    assert 'hx-get="/explore/talked-about/"' in page
    assert "Talked about" in page
    with django_assert_max_num_queries(8):
        answer = client.get("/explore/talked-about/")
    shown = answer.content.decode()
    assert shown.count('href="/tags/lanterns') == 4
    assert "<html" not in shown
    assert "button" not in shown
    assert "private" in answer["Cache-Control"]
    mutes.mute_word(actor=cast.carol, phrase="lanternsa")
    assert "lanternsa" not in client.get("/explore/talked-about/").content.decode()


@pytest.mark.parametrize("number", [3, 40])
def test_the_page_costs_the_same(cast: Cast, number: int, django_assert_max_num_queries: Any) -> None:
    furnish(cast, number)
    for _one in range(number):
        make_user()
    with django_assert_max_num_queries(18):
        found = explore_queries.overview(cast.dan)
        assert found.people is not None
        assert len(found.people.rows) == explore_queries.PEOPLE


def test_authors_of_what_is_talked_about_are_proposed(cast: Cast) -> None:
    made = make_post(cast.alice)
    for _number in range(30):
        make_user()
    reaction_actions.react(actor=cast.bob, post_id=made.pk, kind="like")
    outbox.drain()
    first = explore_queries.people_to_follow(cast.carol).rows[0]
    assert first == cast.alice

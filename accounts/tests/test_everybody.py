"""Finding people: the page of everybody and the rail's newcomers."""

import pytest
from django.test import Client

from accounts.queries import friends as friends_queries
from accounts.queries import people as people_queries
from accounts.tests.factories import Cast, make_user

pytestmark = pytest.mark.django_db


def test_the_newest_stand_first_and_the_blocked_and_gone_do_not_stand_there(cast: Cast) -> None:
    make_user("gone", is_active=False)
    handles = [person.handle for person in people_queries.newcomers(viewer=cast.alice).rows]
    assert handles == ["mod", "dan", "carol", "bob"]
    assert "alice" not in {person.handle for person in people_queries.newcomers(viewer=cast.mallory).rows}


def test_the_rail_proposes_whom_one_does_not_follow_yet(cast: Cast, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(3):  # her friends, whose friends these are (nobody's but hers), the newest
        people = friends_queries.rail(cast.alice)["people"]
    assert [person.handle for person in people] == ["mod", "carol", "bob"]


def test_pages_go_on_and_cost_the_same(cast: Cast, client: Client, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for number in range(people_queries.PAGE + 5):
        make_user(f"new{number}")
    with django_assert_num_queries(2):
        first = people_queries.newcomers(viewer=cast.alice)
    second = people_queries.newcomers(viewer=cast.alice, cursor=first.next)
    names = [person.handle for person in first.rows + second.rows]
    assert len(names) == len(set(names)) == people_queries.PAGE + 9
    assert second.next == ""


def test_only_members_see_who_is_here(cast: Cast, client: Client) -> None:
    assert client.get("/people/").status_code == 302
    client.force_login(cast.carol)
    page = client.get("/people/")
    assert page.status_code == 200
    assert b"@alice" in page.content
    assert client.get("/people/?cursor=rubbish").status_code in {400, 422}

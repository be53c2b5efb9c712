"""Hashtags: what stands under them, for whom, and following them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_block
from core import errors, paging
from feed.access import tags as tag_access
from feed.actions import filing, homes, tags
from feed.actions import posts as post_actions
from feed.models.posts import Post
from feed.models.sources import Filing, Source, SourceKind
from feed.queries import home as home_queries
from feed.queries import tags as tag_queries
from feed.tests.factories import make_post

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def post(author: User, text: str, **given: Any) -> int:
    return post_actions.create_post(actor=author, text=text, **given).pk


def under(viewer: User | None, name: str) -> list[int]:
    return [row.pk for row in tag_queries.tag_posts(viewer, name)[1].rows]


def at_home(member: User) -> list[int]:
    return [row.pk for row in home_queries.home(member).rows]


def test_a_post_stands_under_its_hashtags_in_any_spelling(cast: Cast) -> None:
    one = post(cast.alice, "Fresh #Café and #bread", audience="public")
    two = post(cast.dan, "More #cafe", audience="public")
    assert under(cast.carol, "cafe") == under(None, "CAFÉ") == [two, one]
    assert under(cast.carol, "bread") == [one]
    assert under(cast.carol, "nothing") == []
    assert Source.objects.filter(kind=SourceKind.TAG).count() == 2
    with pytest.raises(errors.NotFound):
        under(cast.carol, "1")


def test_only_what_one_may_see_stands_there(cast: Cast) -> None:
    post(cast.alice, "#soup", audience="friends")
    post(cast.alice, "#soup", audience="only_me")
    seen = post(cast.alice, "#soup", audience="members")
    assert under(cast.carol, "soup") == [seen]
    assert under(None, "soup") == []
    assert under(cast.alice, "soup") == [seen], "what is for few does not stand where strangers look"
    make_block(cast.alice, cast.carol)
    assert under(cast.carol, "soup") == []


def test_an_edit_moves_it(cast: Cast) -> None:
    one = post(cast.alice, "#soup", audience="public")
    tags.follow_tag(actor=cast.carol, name="bread")
    homes.settle_waiting()
    post_actions.edit_post(actor=cast.alice, post_id=one, text="#bread")
    assert (under(None, "soup"), under(None, "bread"), at_home(cast.carol)) == ([], [one], [one])
    post_actions.edit_post(actor=cast.alice, post_id=one, text="Nothing")
    assert (under(None, "bread"), at_home(cast.carol)) == ([], [])
    assert Filing.objects.filter(post_id=one).count() == 1


def test_following_brings_it_home_and_unfollowing_takes_it_away(cast: Cast) -> None:
    old = post(cast.alice, "#soup", audience="public")
    hidden = post(cast.alice, "#soup", audience="friends")
    for _again in range(2):
        assert tags.follow_tag(actor=cast.carol, name="Soup") == "soup"
    assert at_home(cast.carol) == [old]
    homes.settle_waiting()
    new = post(cast.dan, "More #SOUP", audience="public")
    assert at_home(cast.carol) == [new, old]
    assert hidden not in at_home(cast.carol)
    assert [row.source.name for row in tag_queries.followed_tags(cast.carol).rows] == ["soup"]
    for _again in range(2):
        tags.unfollow_tag(actor=cast.carol, name="soup")
    assert at_home(cast.carol) == []
    assert Source.objects.get(name="soup").subscribers_count == 0


def test_there_is_a_bound(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "MOST", 2)
    for name in ("one_a", "two_b", "two_b"):
        tags.follow_tag(actor=cast.carol, name=name)
    with pytest.raises(errors.Invalid):
        tags.follow_tag(actor=cast.carol, name="three_c")
    with pytest.raises(errors.NotFound):
        tags.follow_tag(actor=cast.carol, name="12")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_bound_holds_for_many_at_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "MOST", 2)

    def follow(name: str) -> bool:
        try:
            tags.follow_tag(actor=cast.carol, name=name)
        except errors.Invalid:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(follow, ["one_a", "two_b", "three_c", "four_d"]))
    assert done.count(True) == 2
    assert tag_access.followed_tags(cast.carol).count() == 2


def test_very_much_by_people_who_are_gone_costs_a_bounded_walk(cast: Cast, django_assert_max_num_queries: Any) -> None:
    """It stays filed, for a suspension ends and a private account has followers: the reading decides."""
    seen = post(cast.alice, "#soup", audience="public")
    source = Source.objects.get(name="soup")
    gone = Post.objects.bulk_create(Post(author=cast.dan, text="#soup", audience="public") for _turn in range(900))
    Filing.objects.bulk_create(Filing(source=source, post=one) for one in gone)
    User.objects.filter(pk=cast.dan.pk).update(suspended_until=timezone.now() + timedelta(days=1))
    cursor, walked = "", []
    for _turn in range(3):
        with django_assert_max_num_queries(2 + 2 * paging.ROUNDS + 2):
            page = tag_queries.tag_posts(cast.carol, "soup", cursor)[1]
        walked.append([row.pk for row in page.rows])
        cursor = page.next
    assert (walked, cursor) == ([[], [], [seen]], "")
    User.objects.filter(pk=cast.dan.pk).update(suspended_until=None, is_private=True)
    assert under(cast.carol, "soup") == []
    assert len(under(cast.alice, "soup")) == 20, "his friend"


def test_one_that_was_swept_meanwhile_is_made_again(cast: Cast) -> None:
    one = make_post(cast.alice)
    swept = filing.tag_sources(["soup"])
    Source.objects.filter(name="soup").delete()
    with transaction.atomic():
        filing._file(one, swept)
    assert under(cast.carol, "soup") == [one.pk]


def test_the_page(cast: Cast) -> None:
    one = post(cast.alice, "Fresh #bread", audience="public")
    client = Client()
    log_in(client, cast.carol)
    assert client.get("/tags/Bread/").headers["Location"] == "/tags/bread/"
    page = client.get("/tags/bread/").content.decode()
    assert f"/posts/{one}/" in page
    assert "/tags/bread/follow/" in page
    assert client.post("/tags/bread/follow/").status_code == 302
    assert "/tags/bread/unfollow/" in client.get("/tags/bread/").content.decode()
    assert "#bread" in client.get("/tags/").content.decode()
    assert client.post("/tags/bread/unfollow/").status_code == 302
    assert "You follow no hashtag" in client.get("/tags/").content.decode()
    assert "Nothing here yet" in client.get("/tags/unheard/").content.decode()
    assert client.get("/tags/12/").status_code == 404


def test_the_api(cast: Cast) -> None:
    one = post(cast.alice, "Fresh #bread", audience="public")
    client = Client()
    log_in(client, cast.carol)
    assert [row["id"] for row in client.get("/api/v1/tags/Bread/posts").json()["results"]] == [one]
    assert client.put("/api/v1/me/tags/bread").status_code == 204
    assert [row["name"] for row in client.get("/api/v1/me/tags").json()["results"]] == ["bread"]
    assert client.delete("/api/v1/me/tags/bread").status_code == 204
    assert client.put("/api/v1/me/tags/12").status_code == 404
    assert Client().put("/api/v1/me/tags/bread").status_code in (401, 403)


@pytest.mark.parametrize("number", [2, 40])
def test_a_tag_costs_the_same(cast: Cast, number: int, django_assert_num_queries: Any) -> None:
    for _turn in range(number):
        make_post(cast.alice, "#soup", pictures=1)
    with django_assert_num_queries(6):  # the tag, muted words, candidates, seen, cards, pictures
        tag_queries.tag_posts(cast.bob, "soup")

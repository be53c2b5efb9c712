"""Hiding a post: where it vanishes for the one who hides it, where it stays, and that nobody else learns of it."""

from typing import Any

import pytest
from django.test import Client

from accounts.actions import lists
from accounts.tests.factories import Cast, make_block
from feed.access import hidden as hidden_access
from feed.access import posts as post_access
from feed.actions import hidden as hidden_actions
from feed.models.hidden import HiddenPost
from feed.models.posts import Post
from feed.queries import hidden as hidden_queries
from feed.queries import home as home_queries
from feed.queries import posts as post_queries
from feed.tests.factories import make_comment, make_post
from feed.tests.test_mutes import browser

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.mark.both
def test_a_hidden_post_is_put_before_its_hider_no_more_and_stays_where_one_goes_to_it(cast: Cast) -> None:
    row = lists.make_list(actor=cast.bob, name="Cooks")
    lists.add(actor=cast.bob, list_id=row.pk, person="alice")
    post, other = make_post(cast.alice, "soup again"), make_post(cast.alice, "bread")
    said = make_comment(post, cast.dan)
    hidden_actions.hide_post(actor=cast.bob, post_id=post.pk)
    assert home_queries.home(cast.bob).rows == [other]
    assert home_queries.new_posts(cast.bob, after=0).rows == [other]
    assert home_queries.list_posts(cast.bob, row.pk)[1].rows == [other]
    assert set(post_access.heard_posts(cast.bob)) == {other}, "what explore and rankings start from"
    assert post in home_queries.home(cast.dan).rows, "for others nothing changes"
    shown = post_queries.posts_of(cast.bob, cast.alice).rows
    assert [one.is_hidden for one in shown] == [False, True], "the profile marks it"
    client = browser(cast.bob)
    page = client.get(f"/posts/{post.pk}/").content.decode()
    assert "You hid this post" in page
    assert f"comment-{said.pk}" in page
    assert "You hid this post" not in browser(cast.dan).get(f"/posts/{post.pk}/").content.decode()
    assert client.get(f"/api/v1/posts/{post.pk}").json()["hidden"] is True
    hidden_actions.unhide_post(actor=cast.bob, post_id=post.pk)
    assert home_queries.home(cast.bob).rows == [other, post]


def test_hiding_and_showing_again_over_pages(cast: Cast) -> None:
    post = make_post(cast.alice)
    client = browser(cast.bob)
    assert "No post is hidden" in client.get("/settings/muted/posts/").content.decode()
    assert "Hide this post" in client.get("/").content.decode()
    answer = client.post(f"/posts/{post.pk}/hide/", follow=True)
    assert answer.redirect_chain == [(f"/posts/{post.pk}/", 302)]
    assert "You will not meet this post again" in answer.content.decode()
    assert client.post(f"/posts/{post.pk}/hide/", headers=HX).status_code == 204
    assert HiddenPost.objects.count() == 1
    assert "Post by Alice" in client.get("/settings/muted/posts/").content.decode()
    assert client.post(f"/posts/{post.pk}/unhide/")["Location"] == "/settings/muted/posts/"
    assert client.post(f"/posts/{post.pk}/unhide/", headers=HX).status_code == 204
    assert not HiddenPost.objects.exists()
    assert "Hide this post" not in browser(cast.alice).get("/").content.decode(), "not one's own, in the menu"


def test_hiding_over_the_api(cast: Cast) -> None:
    post = make_post(cast.alice)
    client = browser(cast.bob)
    for _turn in range(2):
        assert client.put(f"/api/v1/posts/{post.pk}/hidden").status_code == 204
    [found] = client.get("/api/v1/me/hidden").json()["results"]
    assert (found["post"], found["url"]) == (post.pk, f"/posts/{post.pk}/")
    assert browser(cast.dan).get("/api/v1/me/hidden").json()["results"] == []
    for _turn in range(2):
        assert client.delete(f"/api/v1/posts/{post.pk}/hidden").status_code == 204
    hidden, absent = [
        client.put(f"/api/v1/posts/{id}/hidden") for id in (make_post(cast.alice, audience="only_me").pk, 9**9)
    ]
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    own = browser(cast.alice).put(f"/api/v1/posts/{post.pk}/hidden")
    assert (own.status_code, "your own" in own.json()["detail"]) == (422, True)
    assert Client().put(f"/api/v1/posts/{post.pk}/hidden").status_code == 401
    assert Client().get("/settings/muted/posts/").status_code == 302
    assert Client().post(f"/posts/{post.pk}/hide/").status_code == 302


def test_what_one_may_not_see_any_more_can_still_be_shown_again(cast: Cast) -> None:
    post = make_post(cast.carol)
    hidden_actions.hide_post(actor=cast.bob, post_id=post.pk)
    make_block(cast.carol, cast.bob)
    assert hidden_queries.hidden_posts(cast.bob).rows == []
    assert browser(cast.bob).post(f"/posts/{post.pk}/unhide/").status_code == 302
    assert not HiddenPost.objects.exists()


@pytest.mark.parametrize("number", [3, 30])
def test_the_settings_list_has_pages_and_costs_the_same(
    cast: Cast, number: int, django_assert_num_queries: Any
) -> None:
    for _turn in range(number):
        hidden_actions.hide_post(actor=cast.bob, post_id=make_post(cast.alice).pk)
    with django_assert_num_queries(2):
        page = hidden_queries.hidden_posts(cast.bob)
        assert [row.post.author.handle for row in page.rows] == ["alice"] * min(number, 20)
    assert bool(page.next) is (number > 20)
    if page.next:
        assert len(hidden_queries.hidden_posts(cast.bob, page.next).rows) == 10


def test_hiding_is_asked_of_an_index(cast: Cast) -> None:
    plan = Post.objects.exclude(hidden_access.hidden(cast.bob)).explain()
    assert "hidden_post_once" in plan or "sqlite_autoindex_feed_hiddenpost" in plan, plan
    assert "hidden_posts_of" in hidden_access.hidden_posts(cast.bob).order_by("-id")[:21].explain()

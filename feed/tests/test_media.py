"""The tab "Media" and the box of photos: pictures of posts the viewer may see."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models.people import User
from accounts.models.relations import Audience
from accounts.tests.factories import Cast, log_in
from feed.queries import posts as post_queries
from feed.tests.factories import make_post

pytestmark = pytest.mark.django_db


def shown(client: Client, path: str = "/@alice/media/") -> list[str]:
    page = client.get(path).content.decode()
    return re.findall(r'href="/posts/(\d+)/"', page.partition('class="thumbs"')[2].partition("</ul>")[0])


@pytest.mark.parametrize(
    ("who", "audiences"),
    [
        ("", ["public"]),
        ("carol", ["members", "public"]),
        ("bob", ["followers", "members", "public"]),
        ("dan", ["friends", "followers", "members", "public"]),
        ("alice", ["only_me", "close_friends", "friends", "followers", "members", "public"]),
    ],
)
def test_only_pictures_of_posts_one_may_see(cast: Cast, client: Client, who: str, audiences: list[str]) -> None:
    posts = {one.value: make_post(cast.alice, one, pictures=1, audience=one) for one in Audience}
    make_post(cast.alice, "words alone")
    if who:
        log_in(client, vars(cast)[who])
    right = [str(posts[one].pk) for one in audiences]
    assert shown(client) == right
    assert shown(client, "/@alice/") == right[:6]
    answer = client.get("/api/v1/users/alice/posts?media=true")
    if who:
        assert [str(one["id"]) for one in answer.json()["results"]] == right


def test_a_private_members_pictures_are_for_followers(cast: Cast, client: Client) -> None:
    make_post(cast.alice, pictures=2)
    User.objects.filter(pk=cast.alice.pk).update(is_private=True)
    assert shown(client) == []
    log_in(client, cast.bob)
    assert len(shown(client)) == 2
    log_in(client, cast.mallory)
    assert client.get("/@alice/media/").status_code == 404


def test_pages_go_on_and_cost_the_same(cast: Cast, client: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(post_queries.MEDIA_PAGE + 3):
        make_post(cast.alice, f"post {number}", pictures=2)
    with django_assert_max_num_queries(4):
        first = post_queries.media_tab(cast.carol, cast.alice, "")
    second = post_queries.media_tab(cast.carol, cast.alice, first["next"])
    pictures = [picture.pk for _post, picture in first["pictures"] + second["pictures"]]
    assert len(pictures) == len(set(pictures)) == 2 * (post_queries.MEDIA_PAGE + 3)
    assert second["next"] == ""


def test_nothing_yet_says_so(cast: Cast, client: Client) -> None:
    page = client.get("/@bob/media/").content.decode()
    assert "No pictures yet" in page
    assert "Photos</h2>" not in page

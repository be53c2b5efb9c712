"""Completing mentions and hashtags: whom the writer sees, those near to them first; hashtags of posts they may see."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actions import friends, names
from accounts.models.people import User
from accounts.queries import completion as people_completion
from accounts.tests.factories import Cast, make_block, make_follow, make_user
from feed.actions import posts as post_actions
from feed.actions import tags as tag_actions
from feed.queries import completion as tag_completion
from feed.tests.test_mutes import browser

pytestmark = pytest.mark.django_db


def called(viewer: User, words: str) -> list[str]:
    return [one.handle for one in people_completion.mentionable(viewer, words)]


def people(*handles: str) -> list[User]:
    made = [make_user(handle, display_name=f"Zoe {handle}") for handle in handles]
    names.catch_up()
    return made


@pytest.mark.both
def test_friends_first_then_whom_one_follows_then_others(cast: Cast) -> None:
    stranger, followed, friend = people("zoe_a", "zoe_b", "zoe_c")
    make_follow(cast.alice, followed)
    friends.ask(actor=cast.alice, person=friend.pk)
    friends.ask(actor=friend, person=cast.alice.pk)
    for words in ("zo", "@zoe", "Zoe", "zoe_"):
        assert called(cast.alice, words) == ["zoe_c", "zoe_b", "zoe_a"]
    near = called(cast.alice, "")
    assert {"zoe_b", "zoe_c"} <= set(near)
    assert stranger.handle not in near, "nothing is typed yet: who is near"
    assert called(cast.alice, "zoe_b") == ["zoe_b"]
    assert called(cast.alice, "!?") == []
    assert "alice" not in called(cast.alice, "alice"), "nobody means themselves"


@pytest.mark.both
def test_nobody_who_is_not_there_for_the_writer(cast: Cast) -> None:
    blocking, blocked, hiding, suspended, unlisted = people("zoe_a", "zoe_b", "zoe_c", "zoe_d", "zoe_e")
    for one in (blocking, blocked, hiding, suspended):
        make_follow(cast.alice, one)
    make_block(blocking, cast.alice)
    make_block(cast.alice, blocked)
    User.objects.filter(pk=hiding.pk).update(hidden_at=timezone.now())
    User.objects.filter(pk=suspended.pk).update(suspended_until=timezone.now() + timedelta(hours=1))
    User.objects.filter(pk=unlisted.pk).update(is_listed=False)
    assert called(cast.alice, "zoe") == []
    make_follow(cast.alice, unlisted)
    assert called(cast.alice, "zoe") == ["zoe_e"], "whom one follows is no secret to find"


def test_over_the_api_with_few_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    for one in people(*(f"zoe_{number}" for number in range(12))):
        make_follow(cast.alice, one)
    with django_assert_max_num_queries(7):
        assert len(called(cast.alice, "zoe")) == people_completion.MOST
    client = browser(cast.alice)
    found = client.get("/api/v1/complete/people?q=zoe_1").json()
    assert {"handle", "name", "avatar", "url", "id"} == set(found["results"][0])
    post_actions.create_post(actor=cast.bob, text="#bread", audience="public")
    assert client.get("/api/v1/complete/tags?q=br").json()["results"] == [{"name": "bread", "url": "/tags/bread/"}]
    assert client.get("/api/v1/complete/tags?q=" + "x" * 5000).json()["results"] == []
    assert client.get("/api/v1/complete/people?q=%00").json()["results"] == []
    with django_assert_max_num_queries(3):
        tag_completion.tags_beginning(cast.alice, "br")


@pytest.mark.both
def test_hashtags_of_what_one_may_see(cast: Cast) -> None:
    for audience in ("public", "members", "followers", "friends", "only_me"):
        post_actions.create_post(actor=cast.alice, text=f"#soup{audience.replace('_', '')}", audience=audience)
    assert tag_completion.tags_beginning(cast.carol, "sou") == ["soupmembers", "souppublic"]
    assert tag_completion.tags_beginning(cast.mallory, "sou") == [], "blocked"
    User.objects.filter(pk=cast.alice.pk).update(is_private=True)
    assert tag_completion.tags_beginning(cast.carol, "sou") == [], "an account became private"
    assert tag_completion.tags_beginning(cast.bob, "sou") == ["soupmembers", "souppublic"], "its follower"
    tag_actions.follow_tag(actor=cast.carol, name="soupkitchen")
    assert tag_completion.tags_beginning(cast.carol, "#SOU") == ["soupkitchen"], "what one follows, whoever uses it"
    assert tag_completion.tags_beginning(cast.carol, "") == ["soupkitchen"]
    assert tag_completion.tags_beginning(cast.bob, "soupk") == [], "that somebody follows it is theirs to know"
    assert tag_completion.tags_beginning(cast.bob, "%") == []


def test_the_latest_posts_decide(cast: Cast) -> None:
    post_actions.create_post(actor=cast.alice, text="#soup", audience="public")
    for _number in range(tag_completion.LATEST):
        post_actions.create_post(actor=cast.mallory, text="#soup", audience="public")
    assert tag_completion.tags_beginning(cast.bob, "so") == ["soup"]
    make_block(cast.bob, cast.mallory)
    assert tag_completion.tags_beginning(cast.bob, "so") == [], "at most some posts are looked at"

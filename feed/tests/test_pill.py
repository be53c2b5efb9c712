"""Who is told at once that there is a new post: followers of its author and of its hashtags, if they hear it."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models.mutes import Mute, MutedWord
from accounts.models.people import User
from accounts.tests.factories import Cast, make_block, make_friends, make_user
from core import folding
from feed.actions import tags
from feed.queries import live as live_queries
from feed.tests.factories import make_post

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def told(post_id: int) -> list[int]:
    return sorted(id for chunk in live_queries.announce_to(post_id, at_once=2) for id in chunk)


def ids(*people: User) -> list[int]:
    return sorted(one.pk for one in people)


def test_followers_of_a_hashtag_are_told_once(cast: Cast) -> None:
    for one in (cast.alice, cast.bob, cast.carol, cast.dan):
        for name in ("soup", "bread"):
            tags.follow_tag(actor=one, name=name)
    assert told(make_post(cast.alice, "#soup and #bread").pk) == ids(cast.alice, cast.bob, cast.carol, cast.dan)
    assert told(make_post(cast.alice, "#cake").pk) == ids(cast.alice, cast.bob, cast.dan)
    assert told(make_post(cast.alice, "#soup", audience="followers").pk) == ids(cast.alice, cast.bob, cast.dan)


@pytest.mark.parametrize("why", ["blocked", "muted", "word", "away", "private", "friend"])
def test_only_if_they_hear_it(cast: Cast, why: str) -> None:
    tags.follow_tag(actor=cast.carol, name="soup")
    if why == "blocked":
        make_block(cast.alice, cast.carol)
    elif why == "muted":
        Mute.objects.create(muter=cast.carol, muted=cast.alice)
    elif why == "word":
        MutedWord.objects.create(muter=cast.carol, phrase="bowl", folded=folding.needle("bowl"))
    elif why == "away":
        User.objects.filter(pk=cast.carol.pk).update(hidden_at=timezone.now())
    else:
        User.objects.filter(pk=cast.alice.pk).update(is_private=True)
    if why == "friend":
        make_friends(cast.alice, cast.carol)
    made = make_post(cast.alice, "A bowl of #soup", audience="members")
    assert told(made.pk) == ids(cast.alice, cast.bob, cast.dan, *([cast.carol] if why == "friend" else []))


@pytest.mark.parametrize("number", [3, 30])
def test_it_costs_the_same(cast: Cast, number: int, django_assert_num_queries: Any) -> None:
    for _turn in range(number):
        tags.follow_tag(actor=make_user(), name="soup")
    made = make_post(cast.alice, "#soup")
    with django_assert_num_queries(4):  # the post with its author, followers, has it hashtags, their readers
        assert len([*live_queries.announce_to(made.pk, at_once=1000)]) == 3

"""Whom one may like to follow."""

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actions import friends
from accounts.models.mutes import Mute
from accounts.models.people import User
from accounts.queries import discovery
from accounts.tests.factories import Cast, make_block, make_follow, make_user
from core import errors, paging

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def found(viewer: User, **given: Any) -> list[str]:
    return [one.handle for one in discovery.people_to_follow(viewer=viewer, **given).rows]


def popular(handle: str, followers: int) -> User:
    one = make_user(handle)
    User.objects.filter(pk=one.pk).update(followers_count=followers)
    return one


def test_whom_those_follow_whom_one_follows_come_first(cast: Cast) -> None:
    me, near, nearer = make_user("me"), make_user("near"), make_user("nearer")
    popular("star", 500)
    for one in (cast.alice, cast.dan):
        make_follow(me, one)
        make_follow(one, nearer)
    make_follow(cast.dan, near)
    rows = discovery.people_to_follow(viewer=me).rows
    assert [one.handle for one in rows[:3]] == ["nearer", "near", "star"]
    assert [one.followed_in_common for one in rows[:3]] == [2, 1, 0]  # type: ignore[attr-defined]
    assert not {"me", "alice", "dan"} & {one.handle for one in rows}


def test_only_those_whom_the_viewer_may_see_are_counted(cast: Cast) -> None:
    me, near = make_user("me"), make_user("near")
    for one in (cast.alice, cast.dan, cast.bob):
        make_follow(me, one)
        make_follow(one, near)
    User.objects.filter(pk=cast.alice.pk).update(hidden_at=timezone.now())
    make_block(cast.dan, me)
    first = discovery.people_to_follow(viewer=me).rows[0]
    assert (first.handle, first.followed_in_common) == ("near", 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "why", ["blocked", "blocks", "muted", "hidden", "unlisted", "private", "dismissed", "followed"]
)
@pytest.mark.parametrize("noted", [True, False])
def test_who_is_never_proposed(cast: Cast, why: str, noted: bool) -> None:
    me, one = make_user("me"), popular("somebody", 900)
    make_follow(me, cast.alice)
    make_follow(cast.alice, one)
    given = {"noted": [one.pk]} if noted else {}
    assert found(me, **given)[0] == "somebody"
    if why == "blocked":
        make_block(me, one)
    elif why == "blocks":
        make_block(one, me)
    elif why == "muted":
        Mute.objects.create(muter=me, muted=one)
    elif why == "hidden":
        User.objects.filter(pk=one.pk).update(hidden_at=timezone.now())
    elif why == "unlisted":
        User.objects.filter(pk=one.pk).update(is_listed=False)
    elif why == "private":
        User.objects.filter(pk=one.pk).update(is_private=True)
    elif why == "dismissed":
        friends.dismiss(actor=me, person="somebody")
    else:
        make_follow(me, one)
    assert "somebody" not in found(me, **given)


def test_pages_have_everybody_once(cast: Cast) -> None:
    me = make_user("me")
    make_follow(me, cast.alice)
    known = [make_user() for _number in range(8)]
    for one in known:
        make_follow(cast.alice, one)
    others = [popular(f"other{number}", number % 4) for number in range(30)]
    seen: list[int] = []
    cursor = ""
    while True:
        page = discovery.people_to_follow(viewer=me, noted=[others[0].pk], cursor=cursor, size=7)
        seen += [one.pk for one in page.rows]
        cursor = page.next
        if not cursor:
            break
    everybody = set(User.objects.exclude(pk__in=[me.pk, cast.alice.pk]).values_list("pk", flat=True))
    assert (len(seen), set(seen)) == (len(everybody), everybody)
    assert set(seen[:10]) == {*(one.pk for one in known), cast.dan.pk, others[0].pk}
    for rubbish in ("rubbish", paging.encode(("a", 1, 2)), paging.encode((1,))):
        with pytest.raises(errors.Invalid):
            discovery.people_to_follow(viewer=me, cursor=rubbish)


@pytest.mark.parametrize("number", [3, 40])
def test_it_costs_the_same(cast: Cast, number: int, django_assert_max_num_queries: Any) -> None:
    me = make_user("me")
    for _turn in range(number):
        one = make_user()
        make_follow(me, one)
        make_follow(one, make_user())
    with django_assert_max_num_queries(6):
        discovery.people_to_follow(viewer=me)


def test_the_many_are_found_over_an_index(cast: Cast) -> None:
    User.objects.bulk_create(
        User(handle=f"p{number}", email=f"p{number}@example.org", followers_count=number) for number in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    steps = User.objects.filter(is_listed=True).order_by("-followers_count", "-pk")[:81].explain()
    assert "user_popular" in steps, steps

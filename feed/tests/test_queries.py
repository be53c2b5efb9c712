import pytest
from django.db import connection

from accounts.models.relations import Audience
from accounts.tests.factories import Cast, make_block, make_follow
from core import errors, paging
from feed.access import comments as comment_access
from feed.actions import homes
from feed.models.posts import Post
from feed.queries import cards
from feed.queries import comments as comment_queries
from feed.queries import home as home_queries
from feed.queries import live as live_queries
from feed.queries import posts as post_queries
from feed.serializers import comments as comment_serializers
from feed.serializers import posts as post_serializers
from feed.tests.factories import make_comment, make_post, make_reaction

pytestmark = pytest.mark.django_db


def ids(rows) -> list[int]:
    return [row.pk for row in rows]


def test_home_is_ones_own_and_those_one_follows_newest_first(cast: Cast) -> None:
    mine = make_post(cast.bob, audience=Audience.ONLY_ME)
    hers = make_post(cast.alice, audience=Audience.FOLLOWERS)
    make_post(cast.alice, audience=Audience.ONLY_ME)
    make_post(cast.carol)
    latest = make_post(cast.alice)
    assert ids(home_queries.home(cast.bob).rows) == [latest.pk, hers.pk, mine.pk]
    assert ids(home_queries.new_posts(cast.bob, after=mine.pk).rows) == [latest.pk, hers.pk]


def test_pages_have_neither_holes_nor_doubles_while_others_write(cast: Cast) -> None:
    made = [make_post(cast.alice, audience="only_me" if number % 3 == 0 else "public") for number in range(70)]
    expected = [post.pk for post in reversed(made) if post.audience == "public"]
    seen: list[int] = []
    cursor, turns = "", 0
    while True:
        page = home_queries.home(cast.bob, cursor)
        seen += ids(page.rows)
        turns += 1
        make_post(cast.alice, f"new {turns}")
        cursor = page.next
        if not cursor:
            break
    assert seen == expected
    assert turns == 3


@pytest.mark.parametrize("number", [5, 50])
@pytest.mark.parametrize("pictures", [0, 3])
@pytest.mark.parametrize("copied", [True, False])
def test_home_costs_the_same_however_long(
    cast: Cast, number: int, pictures: int, copied: bool, django_assert_num_queries
) -> None:
    for turn in range(number):
        post = make_post(cast.alice, f"{turn}", pictures=pictures)
        if turn % 2:
            make_reaction(post, cast.bob, "love")
    if copied:
        homes.settle_waiting()
    # The floor, copied or waiting, sources to read, their posts if any, muted words, seen, cards, pictures.
    with django_assert_num_queries(7 if copied else 8):
        page = home_queries.home(cast.bob)
        shown = [post_serializers.post(post) for post in page.rows]
    assert len(shown) == min(number, cards.PAGE)
    assert {post["my_reaction"] for post in shown} == {"love", None}


@pytest.mark.parametrize("number", [5, 50])
def test_other_lists_cost_the_same_however_long(cast: Cast, number: int, django_assert_num_queries) -> None:
    for _turn in range(number):
        post = make_post(cast.alice, pictures=1)
    for _turn in range(number):
        make_comment(post, cast.dan)
    with django_assert_num_queries(5):  # what is pinned, candidates, seen, cards, pictures
        page = post_queries.posts_of(cast.carol, cast.alice)
    if page.next:
        with django_assert_num_queries(4):
            post_queries.posts_of(cast.carol, cast.alice, page.next)
    with django_assert_num_queries(4):
        post_queries.public_posts()
    with django_assert_num_queries(2):
        one = post_queries.post(cast.bob, post.pk)
    with django_assert_num_queries(4):
        rows = comment_queries.comments(cast.bob, one).rows
        assert [comment_serializers.comment(row)["author"]["handle"] for row in rows] == ["dan"] * min(number, 20)
    with django_assert_num_queries(1):
        live_queries.watchable(cast.bob.pk, list(Post.objects.values_list("pk", flat=True)[:0]) or [post.pk] * number)


def test_cost_stays_flat_for_who_may_see_one_in_a_thousand(cast: Cast, django_assert_max_num_queries) -> None:
    make_post(cast.alice, "far down")
    Post.objects.bulk_create([Post(author=cast.alice, audience="only_me") for _number in range(1000)])
    homes.rebuild(first=cast.alice.pk, last=cast.alice.pk)
    with django_assert_max_num_queries(4 + 4 * paging.ROUNDS):
        page = home_queries.home(cast.bob)
    assert page.next
    found, cursor = page.rows, page.next
    while cursor:
        page = home_queries.home(cast.bob, cursor)
        found, cursor = found + page.rows, page.next
    assert [post.text for post in found] == ["far down"]


def plan(rows) -> str:
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return "\n".join(row[3] for row in cursor.fetchall())


def test_lists_walk_their_index_and_sort_nothing(cast: Cast) -> None:
    lists = {
        "post_of_author": Post.objects.filter(author=cast.alice, deleted_at__isnull=True).order_by("-id"),
        "post_of_audience": Post.objects.filter(audience="public", deleted_at__isnull=True).order_by("-id"),
        "comment_of_post": comment_access.standing_comments(make_post(cast.alice)).order_by("-id"),
    }
    for index, rows in lists.items():
        found = plan(rows[:20])
        assert index in found, found
        assert "TEMP B-TREE" not in found, found


def test_a_profile_shows_what_the_reader_may_see(cast: Cast) -> None:
    public, followers = make_post(cast.alice), make_post(cast.alice, audience="followers")
    assert ids(post_queries.posts_of(cast.bob, cast.alice).rows) == [followers.pk, public.pk]
    assert ids(post_queries.posts_of(None, cast.alice).rows) == [public.pk]
    assert ids(post_queries.posts_of(cast.mallory, cast.alice).rows) == []


def test_a_block_empties_home_at_once(cast: Cast) -> None:
    make_follow(cast.bob, cast.carol)
    post = make_post(cast.carol)
    row = make_comment(make_post(cast.dan), cast.carol)
    assert ids(home_queries.home(cast.bob).rows) == [post.pk]
    make_block(cast.carol, cast.bob)
    assert ids(home_queries.home(cast.bob).rows) == []
    assert home_queries.new_posts(cast.bob, after=0).rows == []
    assert live_queries.watchable(cast.bob.pk, [post.pk]) == []
    assert ids(comment_queries.comments(cast.bob, row.post).rows) == []
    for call in (lambda: post_queries.post(cast.bob, post.pk), lambda: comment_queries.comment(cast.bob, row.pk)):
        with pytest.raises(errors.NotFound):
            call()


def test_rubbish_for_a_cursor_is_refused(cast: Cast) -> None:
    for cursor in ("x", "W10", "bnVsbA", "WyJhIl0", "a" * 5000):
        with pytest.raises(errors.Invalid):
            home_queries.home(cast.bob, cursor)

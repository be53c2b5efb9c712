"""What the clock and who erases ask of large tables goes over an index, and reads what it is about and little more."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models.people import User
from accounts.tests.factories import Cast, make_user
from feed import belongings
from feed.actions import comments as comment_actions
from feed.actions import posts as post_actions
from feed.models.comments import Comment
from feed.models.posts import Post, PostPicture
from feed.models.reactions import Reaction
from feed.tests.factories import make_comment, make_post, make_reaction
from uploads.models import Upload

pytestmark = [pytest.mark.django_db, pytest.mark.both]

MANY = 3000
FEW = 500  # rows that a step may read; where a table is read through it is MANY


@pytest.fixture
def crowd(cast: Cast) -> Callable[[], None]:
    """What others wrote and how they reacted, before and after everything of alice and bob."""

    def write(author: User) -> None:
        made = Post.objects.bulk_create(Post(author=author, text="p", html="") for _number in range(MANY))
        said = Comment.objects.bulk_create(Comment(post=post, author=author, text="c", html="") for post in made)
        Reaction.objects.bulk_create(Reaction(user=author, post=post, kind="like") for post in made)
        Reaction.objects.bulk_create(Reaction(user=author, comment=row, kind="like") for row in said)

    write(cast.carol)
    return lambda: write(make_user("late"))


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def reading_little(ask: Callable[[], Any], *, of: tuple[str, ...]) -> Any:
    """What `ask` returns. None of its queries reads one of these tables through; on PostgreSQL its rows are counted."""
    with CaptureQueriesContext(connection) as made:
        answer = ask()
    asked = [one["sql"] for one in made if one["sql"].startswith("SELECT") and any(name in one["sql"] for name in of)]
    assert asked
    for sql in asked:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                steps = [row[3] for row in cursor.fetchall()]
                # Over the primary key it is read through in its order.
                assert not [step for step in steps if step.startswith("SCAN feed_") and "INDEX" not in step], (
                    sql,
                    steps,
                )
            else:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
                [plan] = cursor.fetchone()[0]
                assert rows_read(plan["Plan"]) < FEW, (sql, json.dumps(plan, indent=1))
    return answer


def rows_read(node: dict[str, Any]) -> int:
    own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return int(max([own, *map(rows_read, node.get("Plans", []))]))


def test_who_is_erased_is_looked_for_among_their_own(cast: Cast, crowd: Callable[[], None]) -> None:
    posts = [make_post(cast.alice, f"{number}") for number in range(25)]
    theirs = make_comment(make_post(cast.bob), cast.alice)
    for post in (posts[0], posts[-1]):
        Reaction.objects.create(comment=make_comment(post, cast.bob), user=cast.dan, kind="like")
        make_reaction(post, cast.dan)
    Reaction.objects.create(comment=theirs, user=cast.dan, kind="like")
    crowd()
    analyze()
    tables = ("feed_reaction", "feed_comment", "feed_post")
    for erase, batches in ((belongings.erase_posts, 8), (belongings.erase_comments, 2)):
        batch = partial(erase, member=cast.alice, take_messages=False)
        for _batch in range(batches):
            assert reading_little(batch, of=tables)
        assert not reading_little(batch, of=tables)
    assert not Post.objects.filter(author=cast.alice).exists()
    assert not Comment.objects.filter(pk=theirs.pk).exists()
    assert not Reaction.objects.filter(user=cast.dan).exists()
    assert Reaction.objects.count() == 4 * MANY


def test_the_clock_looks_at_what_was_deleted_lately(cast: Cast) -> None:
    now = timezone.now()
    lately, long_ago = now - timedelta(minutes=5), now - timedelta(days=60)
    uploads = Upload.objects.bulk_create(
        Upload(
            owner=cast.carol,
            purpose="post",
            state="ready",
            due_at=None,
            type="image/png",
            bytes=1,
            width=1,
            height=1,
            sha256="0" * 64,
            attached_at=now,
        )
        for _number in range(4 * MANY)
    )
    posts = Post.objects.bulk_create(
        Post(author=cast.carol, text="p", html="", deleted_at=long_ago if number % 2 else None)
        for number in range(2 * MANY)
    )
    PostPicture.objects.bulk_create(
        PostPicture(post=post, upload=one, position=0) for post, one in zip(posts, uploads[::2], strict=True)
    )
    Comment.objects.bulk_create(
        Comment(post=post, author=cast.carol, picture=one, deleted_at=long_ago if place % 3 else None)
        for place, (post, one) in enumerate(zip(posts, uploads[1::2], strict=True))
    )
    for shown in (
        PostPicture.objects.exclude(post__deleted_at=None).values("upload"),
        Comment.objects.exclude(deleted_at=None, post__deleted_at=None).values("picture"),
    ):
        Upload.objects.filter(pk__in=shown).update(discarded_at=now)
    analyze()
    tables = ("feed_postpicture", "feed_comment")
    for chore in (post_actions.discard_pictures, comment_actions.discard_comment_pictures):
        assert reading_little(chore, of=tables) == 0
    first, second = Post.objects.filter(deleted_at=None, comments__deleted_at=None).order_by("pk")[:2]
    Post.objects.filter(pk=first.pk).update(deleted_at=lately)
    Comment.objects.filter(post=second).update(deleted_at=lately)
    assert reading_little(post_actions.discard_pictures, of=tables) == 1
    assert reading_little(comment_actions.discard_comment_pictures, of=tables) == 2
    for chore in (post_actions.discard_pictures, comment_actions.discard_comment_pictures):
        assert reading_little(chore, of=tables) == 0

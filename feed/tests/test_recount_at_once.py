"""While counts are made anew, on PostgreSQL: who reacts waits for one batch at most."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.models.people import User
from accounts.tests.factories import make_user
from feed.actions import counts
from feed.actions import posts as post_actions
from feed.actions import reactions as reaction_actions
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.tests.factories import make_comment, make_post

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def elsewhere() -> Any:
    """Does a thing over a connection of its own that waits for no lock."""

    def do(action: Callable[..., Any], given: dict[str, Any]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '3s'")
            action(**given)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield lambda action, **given: pool.submit(do, action, given).result(30)


@pytest.mark.parametrize("what", ["post", "comment"])
def test_a_reaction_goes_on_while_a_later_batch_is_counted(
    what: str, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    posts = [make_post(alice) for _number in range(3)]
    comments = [make_comment(posts[0], alice) for _number in range(3)]
    first, last = (posts[0], posts[2]) if what == "post" else (comments[0], comments[2])
    react = reaction_actions.react if what == "post" else reaction_actions.react_to_comment
    monkeypatch.setattr(counts, "BATCH", 1)
    counted, reacted = counts._recount_reactions, []

    def counting(rows: Any, field: str, changed: Any) -> int:
        if rows[0] == last:
            elsewhere(react, actor=bob, kind="like", **{f"{what}_id": first.pk})
            reacted.append(first)
        return counted(rows, field, changed)

    monkeypatch.setattr(counts, "_recount_reactions", counting)
    Post.objects.update(reactions_count=7)
    assert counts.recount_posts() == 3
    assert reacted == [first]
    first.refresh_from_db()
    assert first.reactions_count == 1
    assert (counts.recount_posts(), Comment.objects.count()) == (0, 3)


def test_who_posts_does_not_wait_for_other_members_to_be_counted(
    elsewhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [make_user(f"member{number}") for number in range(3)]
    User.objects.update(posts_count=7)
    monkeypatch.setattr(counts, "BATCH", 1)
    batches, real = [], counts._in_batches

    def slowly(rows: Any, mend: Any) -> int:
        def mending(batch: Any) -> int:
            wrong = mend(batch)
            batches.append(batch)
            if batch == [people[2]]:
                elsewhere(post_actions.create_post, actor=people[0], text="words", audience="public")
            return wrong

        return real(rows, mending)

    monkeypatch.setattr(counts, "_in_batches", slowly)
    assert counts.recount_members() == 3
    assert batches == [[one] for one in people]
    assert list(User.objects.order_by("pk").values_list("posts_count", flat=True)) == [1, 0, 0]

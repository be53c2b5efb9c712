"""Sharing by many at the same moment, on PostgreSQL: nothing deadlocks, and every count equals a recount."""

import threading
from typing import Any

import pytest
from django.db import connection

from accounts.tests.factories import make_user
from feed.actions import counts
from feed.actions import posts as post_actions
from feed.actions import shares as share_actions
from feed.models.posts import Post
from feed.tests.factories import make_post
from feed.tests.test_actions import at_once

HANDS = 50


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_counts_equal_a_recount_after_fifty_at_once() -> None:
    """Each shares with words and without, twice, deletes, takes back, narrows; the author edits meanwhile."""
    people = [make_user(f"hand{number}") for number in range(HANDS)]
    post = make_post(people[0])

    few = threading.Semaphore(8)  # a process has ten connections

    def do(action: Any, **given: Any) -> Post:
        with few:
            try:
                return action(**given)
            finally:
                connection.close()

    def hand(number: int) -> None:
        me = {"actor": people[number]}
        bare = do(share_actions.share_post, **me, post_id=post.pk)
        assert do(share_actions.share_post, **me, post_id=post.pk).pk == bare.pk
        quote = do(share_actions.share_post, **me, post_id=post.pk, text="words", client_id="once")
        if number % 2:
            do(post_actions.delete_post, **me, post_id=bare.pk)
        if number % 3 == 0:
            do(post_actions.edit_post, **me, post_id=quote.pk, audience="friends")
        if number % 4 == 1:
            do(post_actions.undo_delete_post, **me, post_id=bare.pk)
        if number % 10 == 0:
            do(post_actions.edit_post, actor=people[0], post_id=post.pk, text=f"edit {number}")

    assert at_once([lambda number=number: hand(number) for number in range(HANDS)]) == []
    post.refresh_from_db()
    bare = sum(number % 2 == 0 or number % 4 == 1 for number in range(HANDS))
    quotes = sum(number % 3 != 0 for number in range(HANDS))
    assert post.shares_count == bare + quotes
    assert (counts.recount_posts(), counts.recount_members()) == (0, 0)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_share_at_the_same_moment_stands_once() -> None:
    author, guest = make_user("author"), make_user("guest")
    post = make_post(author)
    found: list[int] = []

    def share() -> None:
        found.append(share_actions.share_post(actor=guest, post_id=post.pk).pk)

    assert at_once([share] * 12) == []
    post.refresh_from_db()
    assert (len(set(found)), post.shares_count) == (1, 1)

"""Counts that stand in rows, made anew by `manage.py recount`."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models.people import User
from feed.models.comments import Comment
from feed.models.polls import Poll, Vote
from feed.models.posts import BARE, COUNTED, Post
from feed.models.reactions import Reaction

BATCH = 200
Row = TypeVar("Row", bound=Model)


def recount_members() -> int:
    """User.posts_count from the posts there are; returns how many were wrong."""
    there = Post.objects.filter(author=OuterRef("pk"), deleted_at__isnull=True, audience__in=COUNTED).exclude(BARE)
    number = Coalesce(Subquery(there.order_by().values("author").annotate(n=Count("pk")).values("n")), 0)

    def mend(people: list[User]) -> int:
        locked = User.objects.filter(pk__in=[one.pk for one in people])
        return locked.exclude(posts_count=number).update(posts_count=number)

    return _in_batches(User.objects.all(), mend)


def recount_posts() -> int:
    """Counts of comments, shares and reactions from their rows; returns how many posts and comments were wrong."""
    return _in_batches(Post.objects.all(), _recount_posts) + _in_batches(
        Comment.objects.all(), lambda rows: _recount_reactions(rows, "comment", _recount_replies(rows))
    )


def recount_polls() -> int:
    """Counts of polls from their votes; returns how many were wrong."""
    return _in_batches(Post.objects.filter(poll__isnull=False).select_related("poll"), _recount_polls)


def _in_batches(rows: QuerySet[Row], mend: Callable[[list[Row]], int]) -> int:
    """Each batch is locked for itself, and no longer than it takes: meanwhile others react, comment and write."""
    wrong, last = 0, 0
    while True:
        with transaction.atomic():
            locked = rows.select_for_update(of=("self",), no_key=True).filter(pk__gt=last)
            batch = list(locked.order_by("pk")[:BATCH])
            wrong += mend(batch) if batch else 0
        if not batch:
            return wrong
        last = batch[-1].pk


def _recount_posts(posts: Sequence[Post]) -> int:
    comments = Counter(
        Comment.objects.filter(post__in=posts, deleted_at__isnull=True).values_list("post_id", flat=True)
    )
    shares = Counter(
        Post.objects.filter(shared__in=posts, deleted_at__isnull=True, audience__in=COUNTED).values_list(
            "shared_id", flat=True
        )
    )
    right = {post.pk: (comments[post.pk], shares[post.pk]) for post in posts}
    changed = [post for post in posts if (post.comments_count, post.shares_count) != right[post.pk]]
    for post in changed:
        post.comments_count, post.shares_count = right[post.pk]
    wrong = _recount_reactions(posts, "post", changed)
    Post.objects.bulk_update(changed, ["comments_count", "shares_count"])
    return wrong


def _recount_polls(posts: Sequence[Post]) -> int:
    """A poll is changed under the lock of its post."""
    found: dict[int, list[list[int]]] = {}
    for poll_id, chosen in Vote.objects.filter(poll__in=[post.pk for post in posts]).values_list("poll_id", "chosen"):
        found.setdefault(poll_id, []).append(chosen)
    changed = []
    for poll in (post.poll for post in posts):
        given = Counter(place for chosen in found.get(poll.pk, []) for place in chosen)
        right = [given[place] for place in range(len(poll.choices))], len(found.get(poll.pk, []))
        if right != (poll.votes, poll.voters_count):
            poll.votes, poll.voters_count = right
            changed.append(poll)
    Poll.objects.bulk_update(changed, ["votes", "voters_count"])
    return len(changed)


def _recount_replies(rows: Sequence[Comment]) -> list[Comment]:
    """Mends the counts of replies of locked comments; those that were wrong."""
    standing = Comment.objects.filter(parent__in=rows, deleted_at__isnull=True)
    found = Counter(standing.values_list("parent_id", flat=True))
    changed = [row for row in rows if row.replies_count != found[row.pk]]
    for row in changed:
        row.replies_count = found[row.pk]
    Comment.objects.bulk_update(changed, ["replies_count"])
    return changed


def _recount_reactions(rows: Sequence[Post] | Sequence[Comment], field: str, changed: Sequence[Any]) -> int:
    """Mends reactions of locked rows; how many rows were wrong, those in `changed` included."""
    found: dict[int, dict[str, int]] = {}
    kinds = Reaction.objects.filter(**{f"{field}__in": rows}).values_list(field, "kind")
    for id, kind, count in kinds.annotate(n=Count("pk")).order_by("kind"):
        found.setdefault(id, {})[kind] = count
    wrong = {row.pk for row in changed}
    for row in rows:
        right = found.get(row.pk, {})
        if row.reactions != right or row.reactions_count != sum(right.values()):
            row.reactions, row.reactions_count = right, sum(right.values())
            row.save(update_fields=["reactions", "reactions_count"])
            wrong.add(row.pk)
    return len(wrong)

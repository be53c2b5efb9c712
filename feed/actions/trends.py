"""Counting what is talked about, behind the requests: the sure lane's one worker adds votes, so that nobody who reacts
waits for anybody else who does. What is taken back keeps its vote: it was talked about, and a vote is one a day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from feed.access import trends as trend_access
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.models.reactions import Reaction
from feed.models.sources import Filing, SourceKind
from feed.models.trends import KEPT, PostTrend, PostVote, TagTrend, TagVote, warmth

BATCH = 1000
WRONG = 1e-6


@dataclass(frozen=True)
class Pair:
    """A table of heat, the table of its votes, and the column that says what both are about."""

    trends: type[PostTrend] | type[TagTrend]
    votes: type[PostVote] | type[TagVote]
    about: str

    def sql(self, statement: str) -> str:
        return statement.format(
            trends=self.trends._meta.db_table, votes=self.votes._meta.db_table, about=f"{self.about}_id"
        )


POSTS, TAGS = Pair(PostTrend, PostVote, "post"), Pair(TagTrend, TagVote, "source")

VOTE = """
    INSERT INTO {votes} ({about}, member_id, day, warmth) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
# The logarithm of the sum of both. Beyond e^-40 the smaller one changes no bit, and PostgreSQL refuses e^-1000.
WARM = """
    INSERT INTO {trends} ({about}, heat) VALUES (%s, %s) ON CONFLICT ({about}) DO UPDATE SET heat =
        CASE WHEN {trends}.heat > excluded.heat THEN {trends}.heat ELSE excluded.heat END
        + LN(1 + EXP(CASE WHEN ABS({trends}.heat - excluded.heat) < 40 THEN -ABS({trends}.heat - excluded.heat)
                     ELSE -40 END))
"""
ANEW = """
    INSERT INTO {trends} ({about}, heat)
    SELECT {about}, %(now)s + LN(SUM(EXP(warmth - %(now)s))) FROM {votes} WHERE warmth > %(oldest)s GROUP BY {about}
    ON CONFLICT ({about}) DO UPDATE SET heat = excluded.heat WHERE ABS({trends}.heat - excluded.heat) > %(wrong)s
"""


@transaction.atomic
def count_tags(*, post_id: int) -> None:
    """The author of a post uses the hashtags it stands under."""
    post = trend_access.counted_posts().filter(pk=post_id).only("author_id", "created_at").first()
    if post is None:
        return
    tags = Filing.objects.filter(post=post_id, source__kind=SourceKind.TAG).order_by("source")
    for source_id in tags.values_list("source_id", flat=True):
        _vote(TAGS, source_id, post.author_id, post.created_at)


@transaction.atomic
def count_reaction(*, post_id: int, user_id: int) -> None:
    _count(_told(Reaction.objects.filter(post=post_id, user=user_id), "user_id"))


@transaction.atomic
def count_comment(*, comment_id: int) -> None:
    _count(_told(Comment.objects.filter(pk=comment_id, deleted_at__isnull=True), "author_id"))


@transaction.atomic
def count_share(*, share_id: int) -> None:
    _count(_told(Post.objects.filter(pk=share_id, deleted_at__isnull=True), "author_id", about="shared"))


def _told(rows: QuerySet[Any], who: str, *, about: str = "post") -> Iterator[tuple[int, int, datetime]]:
    """What of these rows counts, as post, member, moment: not what is said to oneself."""
    seen = rows.filter(**{f"{about}__in": trend_access.counted_posts().values("pk")})
    seen = seen.exclude(**{who: F(f"{about}__author_id")})
    return seen.values_list(f"{about}_id", who, "created_at").iterator()


def _count(told: Iterable[tuple[int, int, datetime]]) -> None:
    for post_id, member_id, at in told:
        _vote(POSTS, post_id, member_id, at)


def _vote(pair: Pair, about: int, member_id: int, at: datetime) -> None:
    """One vote a day, however much somebody does. A repeat of an old fact changes nothing."""
    if at < timezone.now() - KEPT:
        return
    with connection.cursor() as cursor:
        cursor.execute(pair.sql(VOTE), [about, member_id, at.date(), warmth(at)])
        if cursor.rowcount:
            cursor.execute(pair.sql(WARM), [about, warmth(at)])


# -- The clock, and all anew -------------------------------------------------------------------------------------------


@transaction.atomic
def sweep() -> int:
    """Takes away a batch of what no longer counts; the clock calls it until nothing is left."""
    since = timezone.now() - KEPT
    gone = 0
    for pair in (POSTS, TAGS):
        old = list(pair.votes.objects.filter(day__lt=since.date()).order_by("day").values_list("pk", flat=True)[:BATCH])
        gone += pair.votes.objects.filter(pk__in=old).delete()[0]
        cold = pair.trends.objects.filter(heat__lt=warmth(since)).order_by("heat").values_list("pk", flat=True)[:BATCH]
        gone += pair.trends.objects.filter(pk__in=list(cold)).delete()[0]
    return gone


@transaction.atomic
def recount() -> int:
    """Votes from what was said in the last days, and heat from the votes; returns how many were wrong. What the worker
    adds at this very moment may be left out, and then is so until the next time."""
    _gather_votes()
    now = timezone.now()
    values = {"now": warmth(now), "oldest": warmth(now - KEPT), "wrong": WRONG}
    wrong = 0
    with connection.cursor() as cursor:
        for pair in (POSTS, TAGS):
            cursor.execute(pair.sql(ANEW), values)
            wrong += cursor.rowcount
    return wrong


def _gather_votes() -> None:
    since = timezone.now() - KEPT
    for part in _newest(Reaction.objects.filter(post__isnull=False), since):
        _add_votes(_told(Reaction.objects.filter(pk__in=part), "user_id"))
    for part in _newest(Comment.objects.filter(deleted_at__isnull=True), since):
        _add_votes(_told(Comment.objects.filter(pk__in=part), "author_id"))
    for part in _newest(Post.objects.filter(shared__isnull=False, deleted_at__isnull=True), since):
        _add_votes(_told(Post.objects.filter(pk__in=part), "author_id", about="shared"))
    for part in _newest(trend_access.counted_posts(), since):
        uses = Filing.objects.filter(post__in=part, source__kind=SourceKind.TAG)
        rows = uses.values_list("source_id", "post__author_id", "post__created_at")
        TagVote.objects.bulk_create(
            (TagVote(source_id=tag, member_id=one, day=at.date(), warmth=warmth(at)) for tag, one, at in rows),
            ignore_conflicts=True,
        )


def _add_votes(told: Iterable[tuple[int, int, datetime]]) -> None:
    PostVote.objects.bulk_create(
        (PostVote(post_id=post, member_id=one, day=at.date(), warmth=warmth(at)) for post, one, at in told),
        ignore_conflicts=True,
    )


def _newest(rows: QuerySet[Any], since: datetime) -> Iterator[list[int]]:
    """Ids in batches, from the newest on, as long as there are any from the last days."""
    below = 2**63 - 1
    while part := list(rows.filter(pk__lt=below).order_by("-pk").values_list("pk", "created_at")[:BATCH]):
        recent = [pk for pk, at in part if at >= since]
        if not recent:
            return
        yield recent
        below = part[-1][0]

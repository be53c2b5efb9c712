"""'For you': the newest of one's home and what is talked about, ranked by what can be said in a sentence each. `why`
says these sentences, made of the same numbers.

A walk holds its moment, the newest post it began with, and which posts it has shown: whatever happens meanwhile, none
comes twice, and none of those it began with is left out.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from accounts.access import mutes as mutes_access
from accounts.access import people as people_access
from accounts.models.people import User
from accounts.models.relations import Friendship
from core import errors, paging
from core.paging import Page
from feed.access import posts as post_access
from feed.access import tags as tag_access
from feed.access import trends as trend_access
from feed.models.posts import COUNTED, Post
from feed.models.sources import Filing, SourceKind
from feed.models.trends import lately
from feed.queries import cards, trends
from feed.queries import home as home_queries
from feed.serializers.explore import Reason

FROM_HOME = 500  # candidates: the newest of home,
FROM_TRENDS = 100  # and the warmest of all
FADES = timedelta(hours=12)  # a post is worth half
NEW = timedelta(hours=6)
REMEMBERED = timedelta(days=90)  # of what the viewer has done with somebody's posts

# What the viewer did with posts of others lately, of each kind the newest, by author.
ANSWERS = """
    SELECT p.author_id, SUM(one.reacted), SUM(one.said) FROM (
        SELECT * FROM (
            SELECT post_id, 1 AS reacted, 0 AS said, created_at FROM feed_reaction
            WHERE user_id = %(me)s AND post_id IS NOT NULL ORDER BY id DESC LIMIT 500
        ) AS reactions
        UNION ALL
        SELECT * FROM (
            SELECT post_id, 0 AS reacted, 1 AS said, created_at FROM feed_comment
            WHERE author_id = %(me)s AND deleted_at IS NULL ORDER BY id DESC LIMIT 500
        ) AS comments
    ) AS one JOIN feed_post p ON p.id = one.post_id
    WHERE one.created_at >= %(since)s AND p.author_id <> %(me)s GROUP BY p.author_id
"""


@dataclass(frozen=True)
class Features:
    """What is known of one post for one viewer at one moment; nothing else ranks it."""

    id: int
    age: timedelta
    friend: bool
    reacted: int  # by the viewer, to posts of its author
    said: int
    people: float  # who answered it lately, those of today whole

    @property
    def score(self) -> float:
        """In doublings."""
        fresh = -(self.age / FADES)
        near = math.log2(1 + self.reacted + 2 * self.said)
        return fresh + near + math.log2(1 + self.people) + (1 if self.friend else 0)


# -- The walk ----------------------------------------------------------------------------------------------------------


def for_you(viewer: User, cursor: str = "") -> Page[Post]:
    """The best of what the walk has not shown yet."""
    now = timezone.now().replace(microsecond=0)
    bound, shown = cards.TOP - 1, set[int]()
    if cursor:
        seconds, bound, packed = _begun(cursor)
        now, shown = datetime.fromtimestamp(seconds, UTC), _unpack(packed)
    left = [one for one in _candidates(viewer, bound, now) if one.id not in shown]
    left.sort(key=lambda one: (-one.score, -one.id))
    rows = cards.shown(viewer, [Post(pk=one.id) for one in left[: cards.PAGE]])
    if len(left) <= cards.PAGE:
        return Page(rows, "")
    bound = bound if cursor else max(one.id for one in left)
    seen = shown | {one.id for one in left[: cards.PAGE]}
    return Page(rows, paging.encode((int(now.timestamp()), bound, _pack(seen))))


def newest() -> int:
    """The newest post there is, whoever may see it: what a home has above it has come since. Ask before looking."""
    return Post.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _begun(cursor: str) -> tuple[int, int, str]:
    seconds, bound, packed = paging.decode(cursor, 3)
    if not (isinstance(seconds, int) and isinstance(bound, int) and isinstance(packed, str) and 0 < seconds < 2**33):
        raise errors.Invalid(field="cursor")
    return seconds, bound, packed


def _pack(ids: set[int]) -> str:
    """Steps from one to the next: some hundred of them go into an address."""
    ordered = [0, *sorted(ids)]
    return ".".join(f"{after - before:x}" for before, after in zip(ordered, ordered[1:], strict=False))


def _unpack(packed: str) -> set[int]:
    found, at = set[int](), 0
    try:
        for step in packed.split("."):
            at += int(step, 16)
            found.add(at)
    except ValueError:
        raise errors.Invalid(field="cursor") from None
    return found


def _candidates(viewer: User, bound: int, now: datetime) -> list[Features]:
    ids = home_queries.of_home(viewer, 0)(bound + 1, FROM_HOME)
    at_home = home_queries.subscribed(viewer).filter(pk__in=ids)
    warm = trend_access.trending_posts(viewer).filter(pk__in=trends.warmest_posts(FROM_TRENDS), pk__lte=bound)
    matches = mutes_access.muted_words(viewer)
    found = list(_values(viewer, at_home).union(_values(viewer, warm)))
    posts = [Post(pk=row["id"]) for row in found]
    if matches is not None:
        posts = cards.keep_unmuted(viewer, post_access.visible_posts, matches)(posts)
    heard = {post.pk for post in posts}
    answers = _answers(viewer, now)
    return [_features(row, answers, now) for row in found if row["id"] in heard]


# -- What is known -----------------------------------------------------------------------------------------------------


def _values(viewer: User, posts: QuerySet[Post]) -> QuerySet[Post, dict[str, Any]]:
    friend = Friendship.objects.filter(person_id=viewer.pk, friend_id=OuterRef("author_id"))
    known = posts.annotate(heat=F("trend__heat"), friend=Exists(friend))
    names = ("id", "author_id", "created_at", "reactions_count", "comments_count", "heat", "friend")
    return known.order_by().values(*names)


def _features(row: dict[str, Any], answers: dict[int, tuple[int, int]], now: datetime) -> Features:
    age = max(now - row["created_at"], timedelta())
    reacted, said = answers.get(row["author_id"], (0, 0))
    return Features(row["id"], age, bool(row["friend"]), reacted, said, _people(row, age, now))


def _people(row: dict[str, Any], age: timedelta, now: datetime) -> float:
    """By the trends; of posts for few, which stand in none, by the counts that all who see them see, and their age."""
    if row["heat"] is not None:
        return lately(row["heat"], now)
    return (row["reactions_count"] + row["comments_count"]) * 0.5 ** (age / timedelta(days=1))


def _answers(viewer: User, now: datetime) -> dict[int, tuple[int, int]]:
    since = connection.ops.adapt_datetimefield_value(now - REMEMBERED)
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, {"me": viewer.pk, "since": since})
        return {author: (int(reacted), int(said)) for author, reacted, said in cursor.fetchall()}


# -- Why ---------------------------------------------------------------------------------------------------------------


def why(viewer: User, post_id: int) -> tuple[Post, list[Reason]]:
    """A post that the viewer may see, and what brings it before them and moves it up, in the order of the sentences."""
    member = people_access.access_member(viewer)
    post = post_access.access_post(member, post_id)
    now = timezone.now()
    row = _values(member, Post.objects.filter(pk=post.pk)).get()
    known = _features(row, _answers(member, now), now)
    reasons = [*_brings(member, post), *_raises(known)]
    return post, reasons


def _brings(viewer: User, post: Post) -> list[Reason]:
    """Nothing does, where the viewer has muted or hidden it."""
    if not cards.keep_heard(viewer, post_access.heard_posts)([post]):
        return []
    found = []
    if post.author_id == viewer.pk:
        found.append(Reason("yours", True))
    elif people_access.followed_by(viewer).filter(followed=post.author_id).exists():
        found.append(Reason("follows", True, name=post.author.display_name))
    under = Filing.objects.filter(post=post.pk, source__kind=SourceKind.TAG, source=OuterRef("source"))
    tags = tag_access.followed_tags(viewer).filter(Exists(under)).order_by("source__name")
    found += [Reason("tag", True, name=name or "") for name in tags.values_list("source__name", flat=True)]
    warmest = trends.warmest_posts(FROM_TRENDS).values_list("pk", flat=True)
    if post.audience in COUNTED and not post.author.is_private and post.pk in set(warmest):
        found.append(Reason("trending", True))
    return found


def _raises(known: Features) -> list[Reason]:
    found = []
    if known.friend:
        found.append(Reason("friend"))
    if known.reacted:
        found.append(Reason("reacted", count=known.reacted))
    if known.said:
        found.append(Reason("said", count=known.said))
    if round(known.people):
        found.append(Reason("people", count=round(known.people)))
    if known.age < NEW:
        found.append(Reason("new"))
    return found

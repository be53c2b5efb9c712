"""The home feed, and what is a narrower one. Decision 0015 says how it stays flat in cost.

Candidates come from three places: entries that were copied, posts that still wait for it, and sources that are read
themselves. Below the floor of the entries all sources are read. What of it is shown is decided by `heard_posts`, and
by whether one of the sources is still subscribed to.
"""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from accounts.access import lists as lists_access
from accounts.access import people as people_access
from accounts.access.people import Viewer
from accounts.models.lists import PeopleList
from accounts.models.people import User
from accounts.models.relations import Follow
from core import prepared
from core.paging import Page
from feed.access import posts as post_access
from feed.models.posts import Post
from feed.models.sources import Filing, Subscription, SubscriptionState
from feed.queries import cards

NEW_LIMIT = 40
LOOKED_AT = 1000  # of the newest posts and follows, when it is asked whether homes know of them
SPAN = 200  # members at once, where all are gone through

# Sources, each with the newest post of the asked range: nobody else's can be among the `number` newest of all.
# Materialized, that each is looked up once, and not for the condition and for the order.
NEWEST = """
    WITH asked AS MATERIALIZED (
        SELECT one.source_id AS source_id, (
            SELECT MAX(f.post_id) FROM feed_filing f
            WHERE f.source_id = one.source_id AND f.post_id < %(below)s AND f.post_id > %(above)s
        ) AS newest FROM ({sources}) one
    )
    SELECT source_id, newest FROM asked WHERE newest IS NOT NULL ORDER BY newest DESC LIMIT %(number)s
"""
OF_ONE = """
    SELECT post_id FROM (
        SELECT post_id FROM feed_filing
        WHERE source_id = {source} AND post_id < %(below)s AND post_id > %(above)s
        ORDER BY post_id DESC LIMIT %(number)s
    ) AS part
"""
IN_ORDER = " ORDER BY post_id DESC LIMIT %(number)s"
# One plan for all on PostgreSQL; SQLite has no LATERAL, and plans the parts of a union at no cost.
OF_EACH = """
    SELECT post_id FROM UNNEST(%(ids)s::bigint[]) AS one (id) CROSS JOIN LATERAL (
        SELECT post_id FROM feed_filing
        WHERE source_id = one.id AND post_id < %(below)s AND post_id > %(above)s
        ORDER BY post_id DESC LIMIT %(number)s
    ) AS part ORDER BY post_id DESC LIMIT %(number)s
"""
FLOOR = "SELECT floor FROM feed_home WHERE member_id = %(member)s"
ALL = "SELECT source_id FROM feed_subscription WHERE member_id = %(member)s"
READ = f"{ALL} AND state > 0"
LISTED = """
    SELECT s.id AS source_id FROM accounts_listedperson p JOIN feed_source s ON s.person_id = p.person_id
    WHERE p.list_id = %(list)s
"""
# With the floor that goes with these entries: trimming raises it in the transaction that takes them away. What waits is
# little, and looked up by itself: from the subscriptions every post of every source would be read.
COPIED_OR_WAITING = """
    WITH filed AS MATERIALIZED (
        SELECT post_id, source_id FROM feed_filing
        WHERE is_waiting AND post_id < %(below)s AND post_id > %(above)s
    )
    SELECT post_id, floor FROM (
        SELECT COALESCE(MAX(floor), 0) AS floor FROM feed_home WHERE member_id = %(member)s
    ) AS kept LEFT JOIN (
        SELECT * FROM (
            SELECT post_id FROM feed_homeentry
            WHERE member_id = %(member)s AND post_id < %(below)s AND post_id > %(above)s
            ORDER BY post_id DESC LIMIT %(number)s
        ) AS copied
        UNION
        SELECT * FROM (
            SELECT filed.post_id FROM filed
            JOIN feed_subscription s ON s.source_id = filed.source_id AND s.member_id = %(member)s
            ORDER BY filed.post_id DESC LIMIT %(number)s
        ) AS waiting
    ) AS both_kinds ON TRUE ORDER BY post_id DESC LIMIT %(number)s
"""


def home(viewer: User, cursor: str = "") -> Page[Post]:
    """The viewer's own posts and those of what they subscribe to, strictly by time."""
    return cards.page_of_ids(viewer, of_home(viewer, 0), subscribed, cursor)


def new_posts(viewer: User, after: int) -> Page[Post]:
    """What home shows above the post `after`, newest first, at most 40. With a `next` there is more between the two:
    only the page anew has no hole."""
    return cards.page_of_ids(viewer, of_home(viewer, min(after, cards.TOP - 1)), subscribed, "", NEW_LIMIT)


def list_posts(viewer: User, list_id: int, cursor: str = "") -> tuple[PeopleList, Page[Post]]:
    """A list of the viewer's, and home narrowed to its people, followed or not."""
    row = lists_access.access_list(viewer, list_id)

    def fetch(below: int, number: int) -> list[int]:
        return _of_sources(LISTED, {"list": row.pk}, below, 0, number)

    return row, cards.page_of_ids(viewer, fetch, post_access.heard_posts, cursor)


def subscribed(viewer: Viewer) -> QuerySet[Post]:
    """What may come to the viewer: an entry may be older than an unfollow."""
    reads = Subscription.objects.filter(source=OuterRef("source"), member=people_access.viewer_id(viewer) or 0)
    # A value, and not whether it exists: that, PostgreSQL may turn around and read every post of every source.
    standing = Subquery(Filing.objects.filter(Exists(reads), post=OuterRef("pk")).values("post")[:1])
    return post_access.heard_posts(viewer).alias(standing=standing).filter(standing__isnull=False)


def of_home(viewer: User, above: int) -> cards.Fetch:
    """Candidates for a member's home above a post."""
    me = {"member": viewer.pk}
    kept = prepared.execute(FLOOR, me)
    floor = kept[0][0] if kept else 0

    def fetch(below: int, number: int) -> list[int]:
        nonlocal floor
        found: set[int] = set()
        bottom = max(above, floor)
        if below > bottom + 1:
            span = {"below": below, "above": bottom, "number": number}
            # In this order: what becomes a copy meanwhile is seen twice, and not in neither place.
            found.update(_of_sources(READ, me, below, bottom, number))
            rows = prepared.execute(COPIED_OR_WAITING, {**me, **span})
            found.update(id for id, _floor in rows if id)
            floor = max(floor, rows[0][1])
        if len(found) < number and above < floor:
            found.update(_of_sources(ALL, me, min(below, floor + 1), above, number))
        return sorted(found, reverse=True)[:number]

    return fetch


def _of_sources(sources: str, values: dict[str, int], below: int, above: int, number: int) -> list[int]:
    """The newest posts of many sources: at most one index lookup for each, then rows of those alone that count."""
    span: dict[str, Any] = {"below": below, "above": above, "number": number}
    newest = prepared.execute(NEWEST.format(sources=sources), {**values, **span})
    if not newest:
        return []
    # As many sources as posts are asked for: each has one at least above the last of these.
    span["above"] = newest[-1][1] - 1 if len(newest) == number else above
    ids = [source_id for source_id, _newest in newest]
    if connection.vendor == "postgresql":
        rows = prepared.execute(OF_EACH, {**span, "ids": ids})
    else:
        rows = prepared.execute(" UNION ".join(OF_ONE.format(source=int(id)) for id in ids) + IN_ORDER, span)
    return [id for (id,) in rows]


def members(handle: str | None = None) -> tuple[int, list[tuple[int, int]]]:
    """How many members have a home, of all or of one; and their ids as spans of some hundred."""
    rows = User.objects.order_by("pk")
    if handle:
        rows = people_access.by_reference(rows, handle)
    ids = list(rows.values_list("pk", flat=True))
    return len(ids), [(part[0], part[-1]) for part in (ids[at : at + SPAN] for at in range(0, len(ids), SPAN))]


# -- What doctor asks --------------------------------------------------------------------------------------------------


def unfiled() -> int:
    """How many of the newest posts and follows no home knows of: an older version has written them meanwhile."""
    posts = Post.objects.filter(is_brought=False).order_by("-pk").values_list("pk", flat=True)[:LOOKED_AT]
    filed = Exists(Filing.objects.filter(post=OuterRef("pk")))
    follows = Follow.objects.order_by("-pk").values_list("pk", flat=True)[:LOOKED_AT]
    known = Exists(Subscription.objects.filter(member=OuterRef("follower"), source__person=OuterRef("followed")))
    return (
        Post.objects.filter(~filed, pk__in=list(posts)).count()
        + Follow.objects.filter(~known, pk__in=list(follows)).count()
    )


def waiting_since() -> datetime | None:
    """When what waits longest to be copied into homes was written, or followed."""
    post = Filing.objects.filter(is_waiting=True).order_by("post").values_list("post__created_at", flat=True).first()
    row = Subscription.objects.filter(state=SubscriptionState.WAITING).order_by("pk")
    return min(filter(None, (post, row.values_list("created_at", flat=True).first())), default=None)

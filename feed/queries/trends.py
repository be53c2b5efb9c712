"""Pages of what is talked about, warmest first. Heat only grows, so that a walk downwards meets nothing twice; what
rises meanwhile stands at its top the next time."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.access import mutes as mutes_access
from accounts.access.people import Viewer
from core import errors, paging, prepared
from core.paging import Page
from feed.access import tags as tag_access
from feed.access import trends as trend_access
from feed.models.posts import Post
from feed.models.trends import PostTrend, TagTrend, lately
from feed.queries import cards

PAGE = 20
BY = ("mark", "pk")

Row = TypeVar("Row", PostTrend, TagTrend)


def trending_posts(viewer: Viewer, cursor: str = "", size: int = PAGE) -> Page[Post]:
    keep = cards.keep_heard(viewer, trend_access.trending_posts)
    page = paging.walk(_warmest(PostTrend.objects.all()), cursor=cursor, size=size, names=BY, keep=keep)
    return Page(cards.shown(viewer, page.rows), page.next)


def trending_tags(viewer: Viewer, cursor: str = "", size: int = PAGE) -> Page[TagTrend]:
    """Each with its source, `is_followed`, and `people`: about how many have used it lately."""
    matches = mutes_access.muted_words(viewer)
    now = timezone.now()

    def keep(rows: list[TagTrend]) -> list[TagTrend]:
        ids = [row.pk for row in rows]
        found = {row.pk: row for row in prepared.rows(_tags, viewer, ids, by="source__pk")}
        kept = [found[row.pk] for row in rows if row.pk in found]
        for row, before in zip(kept, (row for row in rows if row.pk in found), strict=True):
            row.heat = before.heat  # the cursor goes by the order in which they were found
            row.people = round(lately(row.heat, now))
        return [row for row in kept if matches is None or not matches(row.source.name or "")]

    return paging.walk(_warmest(TagTrend.objects.all()), cursor=cursor, size=size, names=BY, keep=keep)


def _tags(viewer: Viewer) -> QuerySet[TagTrend]:
    followed = tag_access.followed_tags(viewer).filter(source=OuterRef("pk"))
    return trend_access.trending_tags(viewer).select_related("source").annotate(is_followed=Exists(followed))


def warmest_posts(number: int) -> QuerySet[PostTrend, Any]:
    """Candidates that stand highest, for others' subqueries."""
    return PostTrend.objects.order_by("-heat", "-post").values("pk")[:number]


def _warmest(rows: QuerySet[Row]) -> Callable[[tuple[Any, ...] | None, int], list[Row]]:
    def fetch(after: tuple[Any, ...] | None, number: int) -> list[Row]:
        found = rows.filter(_cooler(*after)) if after else rows
        return list(found.order_by("-heat", "-pk")[:number])

    return fetch


def _cooler(mark: Any, pk: Any) -> Q:
    try:
        heat, pk = float(mark), int(pk)
    except ValueError:
        raise errors.Invalid(field="cursor") from None
    return Q(heat__lte=heat) & (Q(heat__lt=heat) | Q(pk__lt=pk))

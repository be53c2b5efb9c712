"""Pages of posts: candidates along an index, those the viewer may see, then all that their cards show, with a fixed
number of queries however long the list is.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors, paging
from core.paging import Page
from feed.access import hidden as hidden_access
from feed.access import mutes as mute_access
from feed.access import polls as poll_access
from feed.access import posts as post_access
from feed.access import saved as saved_access
from feed.models.posts import Post, PostPicture
from feed.models.reactions import Reaction

PAGE = 20
TOP = 2**63 - 1  # above every id
Keep = Callable[[list[Any]], list[Any]]
Fetch = Callable[[int, int], list[int]]  # ids below some post, as many as asked for while there are any


def cards(viewer: Viewer) -> QuerySet[Post]:
    """Visible posts with all that a card shows: author, pictures, the viewer's own reaction, and whether they mute
    its conversation, hide it, have saved it; its poll, what they voted for and whether they see the results."""
    mine = Reaction.objects.filter(post=OuterRef("pk"), user_id=accounts_access.viewer_id(viewer) or 0)
    return (
        post_access.visible_posts(viewer)
        .select_related("author", "preview__upload", "poll")
        .annotate(
            my_reaction=Subquery(mine.values("kind")[:1]),
            is_quiet=Exists(mute_access.muted_posts(viewer).filter(post=OuterRef("pk"))),
            is_hidden=hidden_access.hidden(viewer),
            is_saved=saved_access.saved(viewer),
            my_vote=Subquery(poll_access.votes_of(viewer).filter(poll=OuterRef("pk")).values("chosen")[:1]),
            sees_results=poll_access.sees_results(viewer),
        )
        .prefetch_related(Prefetch("pictures", PostPicture.objects.select_related("upload").order_by("position")))
    )


def page(
    viewer: Viewer, candidates: QuerySet[Post], cursor: str, size: int = PAGE, *, first: Sequence[int] = ()
) -> Page[Post]:
    """Candidates by id alone along their index, those the viewer may see, then the cards of one page; before them
    those of the posts in `first`."""
    keep = _keep(post_access.visible_posts(viewer))
    page = paging.page(candidates.only("pk"), cursor=cursor, size=size - len(first), keep=keep)
    return Page(in_order(cards(viewer), [*(Post(pk=id) for id in first), *page.rows]), page.next)


def page_of_ids(viewer: Viewer, fetch: Fetch, heard: QuerySet[Post], cursor: str, size: int = PAGE) -> Page[Post]:
    """A page of what is put before the viewer, without words that they mute, out of ids that are no queryset."""
    page = paging.walk(
        lambda after, number: [Post(pk=id) for id in fetch(_below(after), number)],
        cursor=cursor,
        size=size,
        keep=keep_heard(viewer, heard),
    )
    return Page(in_order(cards(viewer), page.rows), page.next)


def _below(after: tuple[Any, ...] | None) -> int:
    if after is None:
        return TOP
    if not isinstance(after[0], int):
        raise errors.Invalid(field="cursor")
    return after[0]


def _keep(visible: QuerySet[Any]) -> Keep:
    def keep(rows: list[Any]) -> list[Any]:
        seen = set(visible.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
        return [row for row in rows if row.pk in seen]

    return keep


def keep_heard(viewer: Viewer, heard: QuerySet[Any]) -> Keep:
    """As `_keep`, without what others say in words that the viewer mutes. Texts are read only where there are any."""
    matches = mutes_access.muted_words(viewer)
    if matches is None:
        return _keep(heard)
    me = accounts_access.viewer_id(viewer)

    def keep(rows: list[Any]) -> list[Any]:
        found = heard.filter(pk__in=[row.pk for row in rows]).values_list("pk", "author_id", *heard.model.WORDS)
        said = {pk for pk, author_id, *words in found if author_id == me or not matches(spoken(words))}
        return [row for row in rows if row.pk in said]

    return keep


def spoken(words: Sequence[str | list[str] | None]) -> str:
    """What the WORDS of a post or comment say: texts, and the choices of a poll."""
    return "\n".join(" ".join(one) if isinstance(one, list) else one or "" for one in words)


def keep_of_posts(viewer: Viewer) -> Keep:
    """Of rows about posts those whose post the viewer may see, each with the post and its author."""
    seen = post_access.visible_posts(viewer).select_related("author")

    def keep(rows: list[Any]) -> list[Any]:
        found = seen.in_bulk([row.post_id for row in rows])
        for row in rows:
            if row.post_id in found:
                row.post = found[row.post_id]
        return [row for row in rows if row.post_id in found]

    return keep


def in_order(rows: QuerySet[Any], wanted: Sequence[Any]) -> list[Any]:
    found = rows.in_bulk([row.pk for row in wanted])
    return [found[row.pk] for row in wanted if row.pk in found]

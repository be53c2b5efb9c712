"""Pages of posts: candidates along an index, those the viewer may see, then all that their cards show, with a fixed
number of queries however long the list is.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    OuterRef,
    QuerySet,
    Subquery,
)

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors, paging, prepared
from core.paging import Page
from feed.access import hidden as hidden_access
from feed.access import mutes as mute_access
from feed.access import polls as poll_access
from feed.access import posts as post_access
from feed.access import saved as saved_access
from feed.access import shares as share_access
from feed.models.comments import Comment
from feed.models.posts import WORDS, Post, PostPicture
from feed.models.reactions import Reaction

PAGE = 20
TOP = 2**63 - 1  # above every id
Keep = Callable[[list[Any]], list[Any]]
Seen = Callable[[Viewer], QuerySet[Any]]  # a function of a module, so that it is compiled once
Fetch = Callable[[int, int], list[int]]  # ids below some post, as many as asked for while there are any


def cards(viewer: Viewer) -> QuerySet[Post]:
    """Visible posts with what a card shows of one row each: author, poll and what it shares if the viewer may see that,
    their own reaction, vote and share, whether they see the poll's results, and whether they mute its conversation,
    hide it, have saved it. `filled` adds the rest."""
    mine = Reaction.objects.filter(post=OuterRef("pk"), user_id=accounts_access.viewer_id(viewer) or 0)
    return (
        post_access.visible_posts(viewer)
        .select_related("author", "preview__upload", "poll")
        .select_related("shared__author", "shared__preview__upload", "shared__poll")
        .annotate(
            shows_shared=post_access.shared_seen(viewer),
            folds_shared=ExpressionWrapper(post_access.shared_unwanted(viewer), output_field=BooleanField()),
            my_share=share_access.own_share(viewer),
            my_reaction=Subquery(mine.values("kind")[:1]),
            is_quiet=Exists(mute_access.muted_posts(viewer).filter(post=OuterRef("pk"))),
            is_hidden=hidden_access.hidden(viewer),
            is_saved=saved_access.saved(viewer),
            my_vote=Subquery(poll_access.votes_of(viewer).filter(poll=OuterRef("pk")).values("chosen")[:1]),
            sees_results=poll_access.sees_results(viewer),
        )
    )


class Place(NamedTuple):
    """Where a post stands in a list, of which nothing else is known yet."""

    id: int

    @property
    def pk(self) -> int:
        return self.id


def shown(viewer: Viewer, rows: Sequence[Post | Place]) -> list[Post]:
    """The cards of these posts, as far as the viewer may see them, in their order."""
    return filled(in_order(cards, viewer, rows))


def filled(rows: Iterable[Post]) -> list[Post]:
    """Cards with what they show of several rows each: of the posts and of those that they share in one query."""
    posts = list(rows)
    shown = [*posts, *(post.original for post in posts if post.original is not None)]
    found: dict[int, list[PostPicture]] = {}
    for row in prepared.rows(_pictures, None, [post.pk for post in shown], by="post__pk"):
        found.setdefault(row.post_id, []).append(row)
    for post in shown:
        post.attached = found.get(post.pk, [])
        for row in post.attached:
            row.post = post
    _show_once(posts)
    return posts


def _pictures(_viewer: Viewer) -> QuerySet[PostPicture]:
    return PostPicture.objects.select_related("upload").order_by("position")


def _show_once(posts: list[Post]) -> None:
    """Shares without words of what stands on the same page, by itself or in a share above, get `shown_at`, the post
    that shows it: nothing is repeated, and every post keeps its place in the walk."""
    places = {post.pk: post.pk for post in posts}
    for post in posts:
        if post.is_bare and post.original is not None:
            post.shown_at = places.get(post.original.pk)  # type: ignore[attr-defined]
            places.setdefault(post.original.pk, post.pk)


def page(
    viewer: Viewer, candidates: QuerySet[Post], cursor: str, size: int = PAGE, *, first: Sequence[int] = ()
) -> Page[Post]:
    """Candidates by id alone along their index, those the viewer may see, then the cards of one page; before them
    those of the posts in `first`."""
    keep = _keep(viewer, post_access.visible_posts)
    page = paging.page(candidates.only("pk"), cursor=cursor, size=size - len(first), keep=keep)
    return Page(shown(viewer, [*(Place(id) for id in first), *page.rows]), page.next)


def page_of_ids(viewer: Viewer, fetch: Fetch, heard: Seen, cursor: str, size: int = PAGE) -> Page[Post]:
    """A page of what is put before the viewer, without words that they mute, out of ids that are no queryset."""
    page = paging.walk(
        lambda after, number: [Place(id) for id in fetch(_below(after), number)],
        cursor=cursor,
        size=size,
        keep=keep_heard(viewer, heard),
    )
    return Page(shown(viewer, page.rows), page.next)


def _below(after: tuple[Any, ...] | None) -> int:
    if after is None:
        return TOP
    if not isinstance(after[0], int):
        raise errors.Invalid(field="cursor")
    return after[0]


def _keep(viewer: Viewer, seen: Seen) -> Keep:
    def keep(rows: list[Any]) -> list[Any]:
        found = set(prepared.rows(seen, viewer, [row.pk for row in rows], _ids))
        return [row for row in rows if row.pk in found]

    return keep


def _ids(rows: QuerySet[Any], _viewer: Viewer) -> QuerySet[Any, Any]:
    return rows.values_list("pk", flat=True)


def keep_heard(viewer: Viewer, heard: Seen) -> Keep:
    """As `_keep`, without what others say in words that the viewer mutes. Texts are read only where there are any."""
    matches = mutes_access.muted_words(viewer)
    return _keep(viewer, heard) if matches is None else keep_unmuted(viewer, heard, matches)


def keep_unmuted(viewer: Viewer, heard: Seen, matches: Callable[[str], bool]) -> Keep:
    """The same, where the viewer's muted words are known already."""
    me = accounts_access.viewer_id(viewer)

    def speaks(row: Post | Comment) -> bool:
        return row.author_id != me and matches(row.said)

    def keep(rows: list[Any]) -> list[Any]:
        found = prepared.rows(heard, viewer, [row.pk for row in rows], _said)
        texts = [(row, row.original if isinstance(row, Post) else None) for row in found]
        deaf = {row.pk for row, shared in texts if speaks(row) or (shared and speaks(shared))}
        shown = {row.pk for row, _shared in texts} - deaf
        return [row for row in rows if row.pk in shown]

    return keep


def _said(rows: QuerySet[Any], viewer: Viewer) -> QuerySet[Any]:
    """With the words of each; of a post also those of what it shares, which is put before the viewer as well."""
    if rows.model is not Post:
        return rows
    shown = rows.select_related("poll", "shared__poll").annotate(shows_shared=post_access.shared_seen(viewer))
    return shown.only("author_id", *WORDS, "shared__author_id", *(f"shared__{name}" for name in WORDS))


def keep_of_posts(viewer: Viewer) -> Keep:
    """Of rows about posts those whose post the viewer may see, each with the post and its author."""

    def keep(rows: list[Any]) -> list[Any]:
        posts = prepared.rows(post_access.visible_posts, viewer, [row.post_id for row in rows], post_access.with_author)
        found = {post.pk: post for post in posts}
        for row in rows:
            if row.post_id in found:
                row.post = found[row.post_id]
        return [row for row in rows if row.post_id in found]

    return keep


def in_order(seen: Seen, viewer: Viewer, wanted: Sequence[Any]) -> list[Any]:
    """The rows of `seen(viewer)` that are wanted, in that order."""
    found = {row.pk: row for row in prepared.rows(seen, viewer, [row.pk for row in wanted])}
    return [found[row.pk] for row in wanted if row.pk in found]

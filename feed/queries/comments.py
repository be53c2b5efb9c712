"""Comments of a post, and the threads they begin."""

from collections.abc import Sequence
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors, paging, prepared
from core.paging import Page
from feed.access import comments as comment_access
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.models.reactions import Reaction
from feed.queries import cards
from feed.queries.cards import Keep

COMMENTS_PAGE = 20
REPLIES_SHOWN = 2  # the last of a thread, under its first comment


def comments(viewer: Viewer, post: Post, cursor: str = "", size: int = COMMENTS_PAGE) -> Page[Comment]:
    """First-level comments of a post that the viewer sees and does not mute, newest first, each with its last
    `answers`; pages turn them around. One that is not for the viewer keeps its place, closed, while answers stand."""
    heard = _heard(viewer)
    candidates = comment_access.standing_comments(post).only("pk", "replies_count")
    page = paging.page(candidates, cursor=cursor, size=size, keep=_keep_threads(viewer, heard))
    return Page(_threads(viewer, page.rows, heard), page.next)


def comment(viewer: Viewer, id: int) -> Comment:
    """One comment with its post, and its last answers; NotFound if hidden or absent."""
    comment_access.access_comment(viewer, id)
    found = prepared.rows(_comment_rows, viewer, [id])
    if not found:  # gone between the two
        raise errors.NotFound
    return found[0] if found[0].parent_id else _with_answers(viewer, found, _heard(viewer))[0]


def replies(viewer: Viewer, id: int, cursor: str = "", size: int = COMMENTS_PAGE) -> Page[Comment]:
    """The replies of the thread that a comment stands in, newest first, that the viewer sees and does not mute."""
    row = comment_access.access_thread(viewer, id)
    return _replies(viewer, row, cursor, size)


def thread(viewer: Viewer, id: int, cursor: str = "") -> tuple[Comment, Comment]:
    """A comment as the viewer asked for it, and the first one of its thread with a page of `answers`: the last ones, or
    those up to the comment if it is a reply itself. Who asks for a thread sees its first one although they mute it."""
    asked = comment_access.access_thread(viewer, id)
    begin = cursor or (paging.encode((asked.pk + 1,)) if asked.parent_id else "")
    page = _replies(viewer, asked, begin, COMMENTS_PAGE)
    [first] = _open_or_closed(viewer, [Comment(pk=asked.parent_id or asked.pk)])
    first.answers, first.earlier = page.rows[::-1], page.next  # type: ignore[attr-defined]
    return (first if first.pk == asked.pk else asked), first


def is_heard(viewer: Viewer, row: Comment) -> bool:
    """Whether a visible comment is put before the viewer by itself."""
    return bool(_heard(viewer)([row]))


def _replies(viewer: Viewer, asked: Comment, cursor: str, size: int) -> Page[Comment]:
    candidates = Comment.objects.filter(parent_id=asked.parent_id or asked.pk, deleted_at__isnull=True).only("pk")
    page = paging.page(candidates, cursor=cursor, size=size, keep=_also(asked.pk, _heard(viewer)))
    return Page(cards.in_order(_comment_rows, viewer, page.rows), page.next)


def _heard(viewer: Viewer) -> Keep:
    return cards.keep_heard(viewer, comment_access.heard_comments)


def _also(id: int, heard: Keep) -> Keep:
    """What somebody asked for by its address is shown although they mute whose it is; access has let it through."""

    def keep(rows: list[Comment]) -> list[Comment]:
        found = {row.pk for row in heard(rows)} | {id}
        return [row for row in rows if row.pk in found]

    return keep


def _keep_threads(viewer: Viewer, heard: Keep) -> Keep:
    def keep(rows: list[Comment]) -> list[Comment]:
        shown = {row.pk for row in heard(rows)}
        for row in rows:
            row.is_gone = row.pk not in shown  # type: ignore[attr-defined]
        empty = [row.pk for row in rows if row.pk not in shown and row.replies_count]
        if empty:
            shown |= {row.pk for row in prepared.rows(_closed, viewer, empty)}
        return [row for row in rows if row.pk in shown]

    return keep


def _threads(viewer: Viewer, rows: Sequence[Comment], heard: Keep) -> list[Comment]:
    return _with_answers(viewer, _open_or_closed(viewer, rows), heard) if rows else []


def _open_or_closed(viewer: Viewer, rows: Sequence[Comment]) -> list[Comment]:
    """The rows in full where they are for the viewer; of the others the place and what hangs on it (`is_gone`)."""
    open_ones = [row.pk for row in rows if not getattr(row, "is_gone", False)]
    shown = {row.pk: row for row in prepared.rows(_comment_rows, viewer, open_ones)}
    missing = [row.pk for row in rows if row.pk not in shown]
    closed = Comment.objects.only("pk", "post_id", "parent_id", "replies_count").in_bulk(missing) if missing else {}
    for row in closed.values():
        row.is_gone = True  # type: ignore[attr-defined]
    found = {**closed, **shown}
    return [found[row.pk] for row in rows if row.pk in found]


def _with_answers(viewer: Viewer, rows: list[Comment], heard: Keep) -> list[Comment]:
    """Gives each of them its last `answers`, and `earlier`, the cursor of what stands before these."""
    ids = _last_replies(viewer, [row.pk for row in rows if row.replies_count])
    wanted = heard([Comment(pk=id) for id in ids]) if ids else []
    found: dict[int | None, list[Comment]] = {}
    for reply in cards.in_order(_comment_rows, viewer, wanted):
        found.setdefault(reply.parent_id, []).append(reply)
    for row in rows:
        answers = found.get(row.pk, [])
        more = answers and row.replies_count > len(answers)
        row.answers = answers  # type: ignore[attr-defined]
        row.earlier = paging.encode((answers[0].pk,)) if more else ""  # type: ignore[attr-defined]
    return [row for row in rows if row.answers or not getattr(row, "is_gone", False)]  # type: ignore[attr-defined]


def _last_replies(viewer: Viewer, parents: Sequence[int]) -> list[int]:
    """Ids in order of time."""
    return sorted(id for ids in prepared.rows(_last_places, viewer, parents) for id in ids if id)


def _last_places(viewer: Viewer) -> QuerySet[Comment, Any]:
    """One look along the index for each place of a thread: a long one costs no more."""
    newest = comment_access.heard_comments(viewer).filter(parent=OuterRef("pk")).order_by("-id").values("pk")
    places = {f"reply_{place}": Subquery(newest[place : place + 1]) for place in range(REPLIES_SHOWN)}
    return Comment.objects.values_list(*places.values())


def _closed(viewer: Viewer) -> QuerySet[Comment]:
    return comment_access.closed_comments(viewer, comment_access.heard_comments(viewer)).only("pk")


def _comment_rows(viewer: Viewer) -> QuerySet[Comment]:
    mine = Reaction.objects.filter(comment=OuterRef("pk"), user_id=accounts_access.viewer_id(viewer) or 0)
    return (
        comment_access.visible_comments(viewer)
        .select_related("author", "post", "picture")
        .annotate(my_reaction=Subquery(mine.values("kind")[:1]))
    )

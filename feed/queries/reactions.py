"""Who reacted."""

from accounts.access.people import Viewer
from core import paging
from core.paging import Page
from feed.access import comments as comment_access
from feed.access import posts as post_access
from feed.access import reactions as reaction_access
from feed.access.reactions import Target
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.models.reactions import Reaction
from feed.queries import cards


def reactors_of_post(viewer: Viewer, id: int, *, kind: str = "", cursor: str = "") -> tuple[Post, Page[Reaction]]:
    """A post, and who reacted to it, newest first; of one kind if that is named."""
    post = post_access.access_post(viewer, id)
    return post, _page(viewer, post, kind, cursor)


def reactors_of_comment(viewer: Viewer, id: int, *, kind: str = "", cursor: str = "") -> tuple[Comment, Page[Reaction]]:
    """The same of a comment."""
    comment = comment_access.access_comment(viewer, id)
    return comment, _page(viewer, comment, kind, cursor)


def _page(viewer: Viewer, target: Target, kind: str, cursor: str) -> Page[Reaction]:
    candidates = reaction_access.reactions_to(target)
    if kind:
        candidates = candidates.filter(kind=kind.replace("\0", ""))
    visible = reaction_access.visible_reactions(viewer, target).select_related("user")

    def keep(rows: list[Reaction]) -> list[Reaction]:
        found = visible.in_bulk([row.pk for row in rows])
        return [found[row.pk] for row in rows if row.pk in found]

    return paging.page(candidates.only("pk"), cursor=cursor, size=cards.PAGE, keep=keep)

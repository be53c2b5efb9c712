"""Comments of a post."""

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import paging
from core.paging import Page
from feed.access import comments as comment_access
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.models.reactions import Reaction
from feed.queries import cards

COMMENTS_PAGE = 20


def comments(viewer: Viewer, post: Post, cursor: str = "", size: int = COMMENTS_PAGE) -> Page[Comment]:
    """Comments of a post that the viewer sees and does not mute, newest first; pages turn them around."""
    candidates = Comment.objects.filter(post=post, deleted_at__isnull=True).only("pk")
    keep = cards.keep_heard(viewer, comment_access.heard_comments(viewer))
    page = paging.page(candidates, cursor=cursor, size=size, keep=keep)
    return Page(cards.in_order(_comment_rows(viewer), page.rows), page.next)


def comment(viewer: Viewer, id: int) -> Comment:
    """One comment with its post; NotFound if hidden or absent."""
    comment_access.access_comment(viewer, id)
    return _comment_rows(viewer).select_related("post").get(pk=id)


def is_heard(viewer: Viewer, row: Comment) -> bool:
    """Whether a visible comment is put before the viewer by itself."""
    return bool(cards.keep_heard(viewer, comment_access.heard_comments(viewer))([row]))


def _comment_rows(viewer: Viewer) -> QuerySet[Comment]:
    mine = Reaction.objects.filter(comment=OuterRef("pk"), user_id=accounts_access.viewer_id(viewer) or 0)
    return (
        comment_access.visible_comments(viewer)
        .select_related("author", "post")
        .annotate(my_reaction=Subquery(mine.values("kind")[:1]))
    )

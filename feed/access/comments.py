"""Who may see comments, and do what to them."""

from typing import Literal

from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors
from feed.access import posts as post_access
from feed.models.comments import Comment


def visible_comments(viewer: Viewer) -> QuerySet[Comment]:
    """Every comment the viewer may see: that of somebody they may see, under a post they may see."""
    comments = Comment.objects.filter(
        accounts_access.present("author__"),
        deleted_at__isnull=True,
        post__in=post_access.visible_posts(viewer).values("pk"),
    )
    blocked = accounts_access.blocked_between(viewer, "author_id")
    return comments if blocked is None else comments.exclude(blocked)


def heard_comments(viewer: Viewer) -> QuerySet[Comment]:
    """Visible comments by people whom the viewer does not mute."""
    return visible_comments(viewer).exclude(mutes_access.muted(viewer))


def access_comment(
    viewer: Viewer, id: int, *, to: Literal["see", "react", "delete"] = "see", lock: bool = False
) -> Comment:
    """One visible comment. Its author and the author of the post may delete it."""
    if to != "see":
        accounts_access.access_member(viewer)
    comment = (
        post_access.locked(visible_comments(viewer), lock)
        .select_related("author", "post__author")
        .filter(pk=id)
        .first()
    )
    if comment is None:
        raise errors.NotFound
    if to == "delete" and accounts_access.viewer_id(viewer) not in (comment.author_id, comment.post.author_id):
        raise errors.NotAllowed
    return comment


def access_deleted_comment(viewer: Viewer, id: int, *, lock: bool = False) -> Comment:
    """A comment that the viewer deleted a moment ago, under a post they may still see."""
    member = accounts_access.access_member(viewer)
    since = timezone.now() - post_access.UNDO
    gone = Comment.objects.filter(
        pk=id, deleted_by=member, deleted_at__gte=since, post__in=post_access.visible_posts(viewer).values("pk")
    )
    comment = post_access.locked(gone, lock).first()
    if comment is None:
        raise errors.NotFound
    return comment

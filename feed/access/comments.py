"""Who may see comments, and do what to them."""

from typing import Literal

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors, prepared
from feed.access import posts as post_access
from feed.models.comments import Comment
from feed.models.posts import Post
from uploads.models import Upload


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
    viewer: Viewer, id: int, *, to: Literal["see", "answer", "react", "edit", "delete"] = "see", lock: bool = False
) -> Comment:
    """One visible comment. Its author may edit it; they and the author of the post may delete it."""
    if to != "see":
        accounts_access.access_member(viewer)
    comment: Comment | None = prepared.row(visible_comments, viewer, id, _with_people_locked if lock else _with_people)
    if comment is None:
        raise errors.NotFound
    if to == "edit" and accounts_access.viewer_id(viewer) != comment.author_id:
        raise errors.NotAllowed
    if to == "delete" and accounts_access.viewer_id(viewer) not in (comment.author_id, comment.post.author_id):
        raise errors.NotAllowed
    return comment


def _with_people(rows: QuerySet[Comment], _viewer: Viewer) -> QuerySet[Comment]:
    return rows.select_related("author", "post__author")


def _with_people_locked(rows: QuerySet[Comment], viewer: Viewer) -> QuerySet[Comment]:
    return post_access.locked(_with_people(rows, viewer), lock=True)


def access_thread(viewer: Viewer, id: int) -> Comment:
    """A comment whose thread the viewer may look at: one they see, or a first-level one that is gone for them while
    there are replies that they see."""
    found: Comment | None = prepared.row(visible_comments, viewer, id) or prepared.row(closed_comments, viewer, id)
    if found is None:
        raise errors.NotFound
    return found


def standing_comments(post: Post) -> QuerySet[Comment]:
    """Candidates for the list under a post: first-level comments that stand, or that hold their place for replies."""
    standing = Q(deleted_at__isnull=True) | Q(replies_count__gt=0)
    return Comment.objects.filter(standing, post=post, parent__isnull=True)


def closed_comments(viewer: Viewer, replies: QuerySet[Comment] | None = None) -> QuerySet[Comment]:
    """First-level comments that hold their place for replies: those the viewer sees, or these of them. What they said
    is not for the viewer unless `visible_comments` says so."""
    standing = visible_comments(viewer) if replies is None else replies
    return Comment.objects.filter(Exists(standing.filter(parent=OuterRef("pk"))))


def visible_pictures(viewer: Viewer, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Of the uploads of comments, those in a comment the viewer may see (asked by the uploads room)."""
    return uploads.filter(Exists(visible_comments(viewer).filter(picture=OuterRef("pk"))))


def access_deleted_comment(viewer: Viewer, id: int, *, lock: bool = False) -> Comment:
    """A comment that the viewer deleted a moment ago, under a post they may still see."""
    member = accounts_access.access_member(viewer)
    since = timezone.now() - post_access.UNDO
    gone = Comment.objects.filter(
        pk=id,
        author__isnull=False,
        deleted_by=member,
        deleted_at__gte=since,
        post__in=post_access.visible_posts(viewer).values("pk"),
    )
    comment = post_access.locked(gone, lock).first()
    if comment is None:
        raise errors.NotFound
    return comment

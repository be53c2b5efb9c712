"""Who may see posts and comments, and do what to them. Blocks, suspension, privacy, audience: all decided here."""

from datetime import timedelta
from typing import Literal, TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors
from feed.models import Comment, MutedPost, Post, PostPicture
from uploads.models import Upload

UNDO = timedelta(seconds=30)

To = Literal["see", "comment", "react", "edit"]
Row = TypeVar("Row", Post, Comment)


def visible_posts(viewer: Viewer) -> QuerySet[Post]:
    """Every post the viewer may see; the one definition that all others start from."""
    posts = Post.objects.filter(
        accounts_access.present("author__"),
        accounts_access.open_to(viewer, "author__"),
        accounts_access.included(viewer),
        deleted_at__isnull=True,
    )
    blocked = accounts_access.blocked_between(viewer, "author_id")
    return posts if blocked is None else posts.exclude(blocked)


def visible_comments(viewer: Viewer) -> QuerySet[Comment]:
    """Every comment the viewer may see: that of somebody they may see, under a post they may see."""
    comments = Comment.objects.filter(
        accounts_access.present("author__"), deleted_at__isnull=True, post__in=visible_posts(viewer).values("pk")
    )
    blocked = accounts_access.blocked_between(viewer, "author_id")
    return comments if blocked is None else comments.exclude(blocked)


def heard_posts(viewer: Viewer) -> QuerySet[Post]:
    """Visible posts by people whom the viewer does not mute: what may be put before them unasked."""
    return visible_posts(viewer).exclude(mutes_access.muted(viewer))


def heard_comments(viewer: Viewer) -> QuerySet[Comment]:
    """Visible comments by people whom the viewer does not mute."""
    return visible_comments(viewer).exclude(mutes_access.muted(viewer))


def muted_posts(viewer: Viewer) -> QuerySet[MutedPost]:
    """Conversations that the viewer mutes now."""
    return MutedPost.objects.filter(mutes_access.standing(), member_id=accounts_access.viewer_id(viewer) or 0)


def access_post(viewer: Viewer, id: int, *, to: To = "see", lock: bool = False) -> Post:
    """One visible post that the viewer may do `to` to. Hidden and absent answer alike."""
    if to != "see":
        accounts_access.access_member(viewer)
    post = _locked(visible_posts(viewer), lock).select_related("author").filter(pk=id).first()
    if post is None:
        raise errors.NotFound
    if to == "edit" and post.author_id != accounts_access.viewer_id(viewer):
        raise errors.NotAllowed
    return post


def access_comment(
    viewer: Viewer, id: int, *, to: Literal["see", "react", "delete"] = "see", lock: bool = False
) -> Comment:
    """One visible comment. Its author and the author of the post may delete it."""
    if to != "see":
        accounts_access.access_member(viewer)
    comment = _locked(visible_comments(viewer), lock).select_related("author", "post__author").filter(pk=id).first()
    if comment is None:
        raise errors.NotFound
    if to == "delete" and accounts_access.viewer_id(viewer) not in (comment.author_id, comment.post.author_id):
        raise errors.NotAllowed
    return comment


def access_deleted_post(viewer: Viewer, id: int) -> Post:
    """One's own post, deleted a moment ago; locked."""
    member = accounts_access.access_member(viewer)
    since = timezone.now() - UNDO
    post = _locked(Post.objects.filter(pk=id, author=member, deleted_at__gte=since), lock=True).first()
    if post is None:
        raise errors.NotFound
    return post


def access_deleted_comment(viewer: Viewer, id: int, *, lock: bool = False) -> Comment:
    """A comment that the viewer deleted a moment ago, under a post they may still see."""
    member = accounts_access.access_member(viewer)
    since = timezone.now() - UNDO
    gone = Comment.objects.filter(
        pk=id, deleted_by=member, deleted_at__gte=since, post__in=visible_posts(viewer).values("pk")
    )
    comment = _locked(gone, lock).first()
    if comment is None:
        raise errors.NotFound
    return comment


def _locked(rows: QuerySet[Row], lock: bool) -> QuerySet[Row]:
    return rows.select_for_update(of=("self",), no_key=True) if lock else rows


def visible_pictures(viewer: Viewer, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Of the uploads of posts, those under a post the viewer may see (asked by the uploads room)."""
    seen = PostPicture.objects.filter(post__in=visible_posts(viewer).values("pk"))
    return uploads.filter(pk__in=seen.values("upload"))

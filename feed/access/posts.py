"""Who may see posts, and do what to them. Blocks, suspension, privacy, audience: all decided here."""

from datetime import timedelta
from typing import Literal, TypeVar

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors, prepared
from feed.access import hidden as hidden_access
from feed.models.comments import Comment
from feed.models.posts import BARE, Post, PostPicture
from uploads.models import Upload

UNDO = timedelta(seconds=30)


To = Literal["see", "comment", "react", "vote", "edit", "delete"]


Row = TypeVar("Row", Post, Comment)


def visible_posts(viewer: Viewer) -> QuerySet[Post]:
    """Every post the viewer may see; the one definition that all others start from. A share without words is its
    original's, and seen by who may see both."""
    return Post.objects.filter(_seen(viewer), ~BARE | _seen(viewer, "shared__"))


def _seen(viewer: Viewer, post: str = "") -> Q:
    """The rules, of the post at the end of a path such as "shared__"."""
    rules = (
        accounts_access.present(f"{post}author__")
        & accounts_access.open_to(viewer, f"{post}author__")
        & accounts_access.included(viewer, f"{post}author", f"{post}audience")
        & Q(**{f"{post}deleted_at__isnull": True})
    )
    blocked = accounts_access.blocked_between(viewer, f"{post}author_id")
    return rules if blocked is None else rules & ~Q(blocked)


def shared_seen(viewer: Viewer) -> "ExpressionWrapper[Q]":
    """True for shares whose original the viewer may see."""
    return ExpressionWrapper(Q(shared__isnull=False) & _seen(viewer, "shared__"), output_field=BooleanField())


def shared_unwanted(viewer: Viewer) -> Q:
    """Shares of what the viewer hides, or of somebody whom they mute."""
    return Q(mutes_access.muted(viewer, "shared__author_id")) | Q(hidden_access.hidden(viewer, "shared_id"))


def heard_posts(viewer: Viewer) -> QuerySet[Post]:
    """Visible posts that the viewer does not hide, by people whom they do not mute: what may be put before them
    unasked."""
    heard = visible_posts(viewer).exclude(mutes_access.muted(viewer)).exclude(hidden_access.hidden(viewer))
    return heard.filter(~BARE | ~shared_unwanted(viewer))


def access_post(viewer: Viewer, id: int, *, to: To = "see", lock: bool = False) -> Post:
    """One visible post that the viewer may do `to` to. Hidden and absent answer alike."""
    if to != "see":
        accounts_access.access_member(viewer)
    post: Post | None = prepared.row(visible_posts, viewer, id, _with_author_locked if lock else with_author)
    if post is None and to == "delete":  # one's share of what one may not see any more, and others may
        own = Post.objects.filter(author_id=accounts_access.viewer_id(viewer), deleted_at__isnull=True)
        post = locked(own, lock).select_related("author").filter(pk=id).first()
    if post is None:
        raise errors.NotFound
    if to in ("edit", "delete") and post.author_id != accounts_access.viewer_id(viewer):
        raise errors.NotAllowed
    if to == "comment" and post.comments_off:
        raise errors.NotAllowed(_("Comments are off under this post."))
    return post


def with_author(rows: QuerySet[Row], _viewer: Viewer) -> QuerySet[Row]:
    return rows.select_related("author")


def _with_author_locked(rows: QuerySet[Post], viewer: Viewer) -> QuerySet[Post]:
    return locked(with_author(rows, viewer), lock=True)


def access_deleted_post(viewer: Viewer, id: int) -> Post:
    """One's own post, deleted a moment ago; locked."""
    member = accounts_access.access_member(viewer)
    since = timezone.now() - UNDO
    post = locked(Post.objects.filter(pk=id, author=member, deleted_at__gte=since), lock=True).first()
    if post is None:
        raise errors.NotFound
    return post


def locked(rows: QuerySet[Row], lock: bool) -> QuerySet[Row]:
    return rows.select_for_update(of=("self",), no_key=True) if lock else rows


def visible_pictures(viewer: Viewer, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Of the uploads of posts, those under a post the viewer may see (asked by the uploads room)."""
    seen = PostPicture.objects.filter(post__in=visible_posts(viewer).values("pk"))
    return uploads.filter(pk__in=seen.values("upload"))

"""Every write of comments, under the lock of their post: it holds the counts of the post and of every thread on it."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models.people import User
from core import errors, outbox, text
from feed import events, realtime
from feed.access import comments as comment_access
from feed.access import posts as post_access
from feed.actions import writing
from feed.models.comments import COMMENT_LIMIT, Comment
from feed.models.posts import Post
from uploads.actions import using as uploads_using


@transaction.atomic
def comment(
    *,
    actor: User,
    post_id: int,
    text: str,
    parent: int | None = None,
    picture: Any = None,
    alt: str = "",
    client_id: str | None = None,
) -> Comment:
    """A comment under a post, or a reply to the comment `parent`, with one of the actor's uploads (its key) if they
    like. A `client_id` used before: that comment."""
    post = post_access.access_post(actor, post_id, to="comment", lock=True)
    answered = _answered(actor, post, parent)
    words = _words(text, answered, actor)
    if not words and not picture:
        raise errors.Invalid(_("Write something, or add a picture."), field="text")
    made = Comment(
        post=post,
        author=actor,
        parent_id=(answered.parent_id or answered.pk) if answered else None,
        text=words,
        html=writing.render(words),
        client_id=writing.client(client_id),
    )
    earlier = writing.insert(made)
    if earlier is not None:
        if earlier.post_id != post.pk:
            raise errors.Conflict(field="client_id")
        return earlier
    _take_picture(made, actor, [picture] if picture else [], alt)
    _count(post, made, +1)
    outbox.emit(
        events.CommentCreated(comment_id=made.pk, post_id=post.pk, author_id=actor.pk, parent_id=made.parent_id)
    )
    realtime.comment_added(post, made)
    realtime.counts_changed(post)
    return made


@transaction.atomic
def edit_comment(*, actor: User, comment_id: int, text: str) -> Comment:
    """Other words; the picture stays."""
    seen = comment_access.access_comment(actor, comment_id, to="edit")
    post = post_access.access_post(actor, seen.post_id, lock=True)
    row = comment_access.access_comment(actor, comment_id, to="edit", lock=True)
    words = writing.words(text, COMMENT_LIMIT)
    if not words and not row.picture_id:
        raise errors.Invalid(_("Write something, or delete the comment."), field="text")
    if words == row.text:
        return row
    row.text, row.html, row.edited_at = words, writing.render(words), timezone.now()
    row.save(update_fields=["text", "html", "edited_at"])
    outbox.emit(events.CommentEdited(comment_id=row.pk, post_id=post.pk, author_id=actor.pk))
    realtime.comment_changed(post, row)
    return row


@transaction.atomic
def delete_comment(*, actor: User, comment_id: int) -> Comment:
    """By its author or the author of the post; `undo_delete_comment` brings it back for half a minute. Replies to it
    stay."""
    seen = comment_access.access_comment(actor, comment_id, to="delete")
    post = post_access.access_post(actor, seen.post_id, lock=True)
    gone = comment_access.access_comment(actor, comment_id, to="delete", lock=True)
    gone.deleted_at, gone.deleted_by = timezone.now(), actor
    gone.save(update_fields=["deleted_at", "deleted_by"])
    _count(post, gone, -1)
    if gone.picture_id:
        uploads_using.detach_uploads(actor=actor, upload_ids=[gone.picture_id], after=writing.DISCARD_AFTER)
    outbox.emit(events.CommentDeleted(comment_id=gone.pk, post_id=post.pk, author_id=gone.author_id or 0))
    realtime.comment_removed(post, gone)
    realtime.counts_changed(post)
    return gone


@transaction.atomic
def undo_delete_comment(*, actor: User, comment_id: int) -> Comment:
    """Whoever deleted it takes that back."""
    seen = comment_access.access_deleted_comment(actor, comment_id)
    post = post_access.access_post(actor, seen.post_id, lock=True)
    back = comment_access.access_deleted_comment(actor, comment_id, lock=True)
    back.deleted_at = back.deleted_by = None
    back.save(update_fields=["deleted_at", "deleted_by"])
    _count(post, back, +1)
    if back.picture_id:
        uploads_using.keep_uploads(actor=actor, upload_ids=[back.picture_id])
    outbox.emit(events.CommentRestored(comment_id=back.pk, post_id=post.pk, author_id=back.author_id or 0))
    realtime.comment_added(post, back)
    realtime.counts_changed(post)
    return back


@transaction.atomic
def discard_comment_pictures(*, ever: bool = False) -> int:
    """Gives up the pictures of comments that are gone for good, themselves or with their post; the clock calls it."""
    given_up = 0
    for deleted in ("deleted_at", "post__deleted_at"):  # two statements: an OR over both goes over no index
        gone = Comment.objects.filter(
            writing.gone(deleted, ever=ever), picture__isnull=False, picture__discarded_at__isnull=True
        ).order_by(deleted)
        ids = [id for id in gone.values_list("picture_id", flat=True)[: writing.BATCH] if id]
        given_up += uploads_using.detach_uploads(actor=None, upload_ids=ids) if ids else 0
    return given_up


def _answered(actor: User, post: Post, id: int | None) -> Comment | None:
    """The comment that is answered. The post is locked, so nobody deletes it meanwhile."""
    if id is None:
        return None
    try:
        row = comment_access.access_comment(actor, id, to="answer")
    except errors.NotFound:
        row = None
    if row is None or row.post_id != post.pk:
        raise errors.NotFound(_("What you answer to is not there any more."), field="parent")
    return row


def _words(given: str, answered: Comment | None, actor: User) -> str:
    """In the second level an answer says whom it answers, for it stands under the first."""
    words = writing.words(given, COMMENT_LIMIT)
    if not words or answered is None or answered.parent_id is None or answered.author in (None, actor):
        return words
    handle = answered.author.handle
    if handle.lower() in text.mentions(words):
        return words
    return writing.words(f"@{handle} {words}", COMMENT_LIMIT + len(handle) + 2)


def _take_picture(made: Comment, actor: User, keys: Sequence[Any], alt: str) -> None:
    for upload in uploads_using.attach_uploads(actor=actor, keys=keys, purpose="comment", limit=1):
        made.picture, made.alt = upload, writing.alt(alt or upload.alt)
        made.save(update_fields=["picture", "alt"])


def _count(post: Post, row: Comment, step: int) -> None:
    """`post` is locked, so that its new number is known without reading it again."""
    Post.objects.filter(pk=post.pk).update(comments_count=writing.stepped("comments_count", step))
    post.comments_count = max(0, post.comments_count + step)
    if row.parent_id:
        Comment.objects.filter(pk=row.parent_id).update(replies_count=writing.stepped("replies_count", step))

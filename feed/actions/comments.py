"""Every write of comments, under the lock of their post."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models.people import User
from core import errors, outbox
from feed import events, realtime
from feed.access import comments as comment_access
from feed.access import posts as post_access
from feed.actions import writing
from feed.models.comments import COMMENT_LIMIT, Comment
from feed.models.posts import Post


@transaction.atomic
def comment(*, actor: User, post_id: int, text: str, client_id: str | None = None) -> Comment:
    """A comment under a post; a `client_id` used before: that comment."""
    post = post_access.access_post(actor, post_id, to="comment", lock=True)
    words = writing.words(text, COMMENT_LIMIT)
    if not words:
        raise errors.Invalid(_("Write something first."), field="text")
    made = Comment(post=post, author=actor, text=words, html=writing.render(words), client_id=writing.client(client_id))
    earlier = writing.insert(made)
    if earlier is not None:
        if earlier.post_id != post.pk:
            raise errors.Conflict(field="client_id")
        return earlier
    _count_comment(post, +1)
    outbox.emit(events.CommentCreated(comment_id=made.pk, post_id=post.pk, author_id=actor.pk))
    realtime.comment_added(post, made)
    realtime.counts_changed(post)
    return made


@transaction.atomic
def delete_comment(*, actor: User, comment_id: int) -> Comment:
    """By its author or the author of the post; `undo_delete_comment` brings it back for half a minute."""
    seen = comment_access.access_comment(actor, comment_id, to="delete")
    post = post_access.access_post(actor, seen.post_id, lock=True)
    gone = comment_access.access_comment(actor, comment_id, to="delete", lock=True)
    gone.deleted_at, gone.deleted_by = timezone.now(), actor
    gone.save(update_fields=["deleted_at", "deleted_by"])
    _count_comment(post, -1)
    outbox.emit(events.CommentDeleted(comment_id=gone.pk, post_id=post.pk, author_id=gone.author_id))
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
    _count_comment(post, +1)
    outbox.emit(events.CommentRestored(comment_id=back.pk, post_id=post.pk, author_id=back.author_id))
    realtime.comment_added(post, back)
    realtime.counts_changed(post)
    return back


def _count_comment(post: Post, step: int) -> None:
    """`post` is locked, so that its new number is known without reading it again."""
    Post.objects.filter(pk=post.pk).update(comments_count=writing.stepped("comments_count", step))
    post.comments_count = max(0, post.comments_count + step)

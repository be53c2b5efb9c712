"""Every write of posts.

Whatever changes a count holds the lock of the row the count stands in; the post's lock comes before the comment's, and
both before a member's, so that nothing deadlocks.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from accounts.models.relations import Audience
from core import errors, outbox
from feed import events, realtime
from feed.access import posts as post_access
from feed.actions import filing, previews, writing
from feed.models.posts import COUNTED, PICTURES_LIMIT, TEXT_LIMIT, Post, PostPicture
from uploads.actions import using as uploads_using


@transaction.atomic
def create_post(
    *,
    actor: User,
    text: str = "",
    audience: str = Audience.MEMBERS,
    pictures: Sequence[Any] = (),
    alts: Sequence[str] = (),
    client_id: str | None = None,
    show_preview: bool = True,
) -> Post:
    """A post with the actor's uploads (keys) and their descriptions. A `client_id` used before: that post again."""
    accounts_access.access_member(actor)
    words = writing.words(text, TEXT_LIMIT)
    if not words and not pictures:
        raise errors.Invalid(_("Write something, or add a picture."), field="text")
    post = Post(
        author=actor,
        text=words,
        html=writing.render(words),
        audience=writing.audience(audience),
        client_id=writing.client(client_id),
        preview=previews.want(actor=actor, words=words) if show_preview else None,
        show_preview=show_preview,
    )
    earlier = writing.insert(post)
    if earlier is not None:
        return earlier
    described = dict(zip([str(key).lower() for key in pictures], alts, strict=False))
    uploads = uploads_using.attach_uploads(actor=actor, keys=pictures, purpose="post", limit=PICTURES_LIMIT)
    if len(uploads) > 1 and any(upload.is_film for upload in uploads):
        raise errors.Invalid(_("A post shows pictures, or one video or sound."), field="uploads")
    PostPicture.objects.bulk_create(
        PostPicture(
            post=post, upload=upload, position=place, alt=writing.alt(described.get(str(upload.key)) or upload.alt)
        )
        for place, upload in enumerate(uploads)
    )
    _count_post(post, +1)
    filing.file_post(post)
    outbox.emit(events.PostCreated(post_id=post.pk, author_id=actor.pk, audience=post.audience))
    return post


@transaction.atomic
def edit_post(*, actor: User, post_id: int, text: str | None = None, audience: str | None = None) -> Post:
    """Changes words or audience; None leaves them."""
    post = post_access.access_post(actor, post_id, to="edit", lock=True)
    group, counted = realtime.post_group(post), post.audience in COUNTED
    words = post.text if text is None else writing.words(text, TEXT_LIMIT)
    if not words and not PostPicture.objects.filter(post=post).exists():
        raise errors.Invalid(_("Write something, or delete the post."), field="text")
    wanted = post.audience if audience is None else writing.audience(audience)
    if (words, wanted) == (post.text, post.audience):
        return post
    if words != post.text:
        post.text, post.html, post.edited_at = words, writing.render(words), timezone.now()
        post.preview = previews.want(actor=actor, words=words) if post.show_preview else None
    widened, post.audience = post.audience == Audience.ONLY_ME != wanted, wanted
    post.save(update_fields=["text", "html", "audience", "edited_at", "preview"])
    if counted != (post.audience in COUNTED):
        writing.change_posts_count(post.author_id, -1 if counted else +1)
    if filing.refile_tags(post) or widened:
        filing.refile_post(post)
    outbox.emit(events.PostEdited(post_id=post.pk, author_id=post.author_id, audience=post.audience))
    realtime.post_changed(post, group=group)
    return post


@transaction.atomic
def delete_post(*, actor: User, post_id: int) -> Post:
    """Gone for everybody at once; `undo_delete_post` brings it back for half a minute."""
    post = post_access.access_post(actor, post_id, to="edit", lock=True)
    post.deleted_at = timezone.now()
    post.save(update_fields=["deleted_at"])
    _count_post(post, -1)
    uploads_using.detach_uploads(actor=actor, upload_ids=_pictures(post), after=writing.DISCARD_AFTER)
    outbox.emit(events.PostDeleted(post_id=post.pk, author_id=post.author_id))
    realtime.post_removed(post)
    return post


@transaction.atomic
def undo_delete_post(*, actor: User, post_id: int) -> Post:
    post = post_access.access_deleted_post(actor, post_id)
    post.deleted_at = None
    post.save(update_fields=["deleted_at"])
    _count_post(post, +1)
    uploads_using.keep_uploads(actor=actor, upload_ids=_pictures(post))
    outbox.emit(events.PostRestored(post_id=post.pk, author_id=post.author_id))
    return post


@transaction.atomic
def discard_pictures() -> int:
    """Gives up the pictures of posts whose deletion can no longer be undone; the clock calls it."""
    since = timezone.now() - writing.DISCARD_AFTER
    gone = PostPicture.objects.filter(post__deleted_at__lt=since, upload__discarded_at__isnull=True)
    ids = list(gone.order_by("pk").values_list("upload_id", flat=True)[: writing.BATCH])
    return uploads_using.detach_uploads(actor=None, upload_ids=ids) if ids else 0


def _pictures(post: Post) -> list[int]:
    return list(post.pictures.order_by("pk").values_list("upload_id", flat=True))


def _count_post(post: Post, step: int) -> None:
    if post.audience in COUNTED:
        writing.change_posts_count(post.author_id, step)

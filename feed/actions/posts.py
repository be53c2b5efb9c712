"""Every write of posts.

Whatever changes a count holds the lock of the row the count stands in; the post's lock comes before the comment's, and
both before a member's, so that nothing deadlocks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from accounts.models.relations import Audience
from core import errors, outbox
from core import text as core_text
from feed import events, realtime
from feed.access import posts as post_access
from feed.actions import drafting, filing, pictured, pins, polls, revisions, sharing, writing
from feed.models.comments import Comment
from feed.models.posts import TEXT_LIMIT, WARNING_LIMIT, Post, PostPicture
from uploads.actions import previews as card_actions
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
    warning: str = "",
    comments_off: bool = False,
    poll: Mapping[str, Any] | None = None,
) -> Post:
    """A post with the actor's uploads (keys) and their descriptions; `poll` as `polls.add_poll` wants it. A `client_id`
    used before: that post again."""
    accounts_access.access_member(actor)
    words = writing.words(text, TEXT_LIMIT)
    if not words and not pictures:
        raise errors.Invalid(
            _("Write the question.") if poll else _("Write something, or add a picture."), field="text"
        )
    name = writing.client(client_id)
    drafting.become_post(author=actor, client_id=name, keys=pictures)  # their locks come before all others
    post = Post(
        author=actor,
        text=words,
        html=writing.render(words),
        audience=writing.audience(audience),
        client_id=name,
        preview=card_actions.want(actor=actor, link=core_text.first_link(words)) if show_preview else None,
        show_preview=show_preview,
        warning=writing.line(warning, WARNING_LIMIT, field="warning"),
        comments_off=comments_off,
    )
    earlier = writing.insert(post)
    if earlier is not None:
        return earlier
    pictured.set_pictures(post, actor, pictures, alts, is_new=True)
    if poll is not None:
        polls.add_poll(actor=actor, post=post, wanted=poll)
    _count_post(post, +1)
    filing.file_post(post)
    outbox.emit(events.PostCreated(post_id=post.pk, author_id=actor.pk, audience=post.audience))
    return post


@transaction.atomic
def edit_post(
    *,
    actor: User,
    post_id: int,
    text: str | None = None,
    audience: str | None = None,
    pictures: Sequence[Any] | None = None,
    alts: Sequence[str] = (),
    warning: str | None = None,
) -> Post:
    """Changes words, warning, audience, or the pictures: all of them, in their order. None leaves them. What it said
    before is kept."""
    sharing.lock_original(post_id)
    post = post_access.access_post(actor, post_id, to="edit", lock=True)
    group, counted, weight = realtime.post_group(post), post.is_counted, sharing.weight(post)
    words = post.text if text is None else writing.words(text, TEXT_LIMIT)
    repictured = pictures is not None and not post.is_share and pictured.set_pictures(post, actor, pictures, alts)
    if not words and not post.is_bare and not PostPicture.objects.filter(post=post).exists():
        raise errors.Invalid(_("Write something, or delete the post."), field="text")
    wanted = post.audience if audience is None else sharing.audience(actor, post, writing.audience(audience))
    warns = post.warning if warning is None else writing.line(warning, WARNING_LIMIT, field="warning")
    if (words, warns, wanted) == (post.text, post.warning, post.audience) and not repictured:
        return post
    if (words, warns) != (post.text, post.warning):
        revisions.keep_revision(actor=actor, post=post)
        post.edited_at, post.warning = timezone.now(), warns
    if repictured:
        post.edited_at = timezone.now()
    if words != post.text:
        post.text, post.html = words, writing.render(words)
        post.preview = card_actions.want(actor=actor, link=core_text.first_link(words)) if post.show_preview else None
    readdressed = post.audience != wanted
    widened, post.audience = post.audience == Audience.ONLY_ME != wanted, wanted
    post.save(update_fields=["text", "html", "warning", "audience", "edited_at", "preview"])
    sharing.add(post, sharing.weight(post) - weight)
    if counted != post.is_counted:
        writing.change_posts_count(post.author_id, -1 if counted else +1)
    if filing.refile_tags(post) or widened:
        filing.refile_post(post)
    outbox.emit(events.PostEdited(post_id=post.pk, author_id=post.author_id, audience=post.audience))
    realtime.post_changed(post, group=group)
    if readdressed:
        sharing.look_again(post)
    return post


@transaction.atomic
def delete_post(*, actor: User, post_id: int) -> Post:
    """Gone for everybody at once; `undo_delete_post` brings it back for half a minute."""
    sharing.lock_original(post_id)
    post = post_access.access_post(actor, post_id, to="delete", lock=True)
    post.deleted_at = timezone.now()
    post.save(update_fields=["deleted_at"])
    _count_post(post, -1)
    uploads_using.detach_uploads(actor=actor, upload_ids=_uploads(post), after=writing.DISCARD_AFTER)
    outbox.emit(events.PostDeleted(post_id=post.pk, author_id=post.author_id))
    realtime.post_removed(post)
    return post


@transaction.atomic
def undo_delete_post(*, actor: User, post_id: int) -> Post:
    sharing.lock_original(post_id)
    post = post_access.access_deleted_post(actor, post_id)
    pins.fit_pin(actor=actor, post=post)
    post.deleted_at = None
    try:
        with transaction.atomic():
            post.save(update_fields=["deleted_at"])
    except IntegrityError:
        raise errors.Conflict(_("You have shared this again meanwhile.")) from None
    _count_post(post, +1)
    uploads_using.keep_uploads(actor=actor, upload_ids=_uploads(post))
    outbox.emit(events.PostRestored(post_id=post.pk, author_id=post.author_id))
    sharing.look_again(post)
    return post


@transaction.atomic
def discard_pictures(*, ever: bool = False) -> int:
    """Gives up the pictures of posts whose deletion can no longer be undone; the clock calls it."""
    gone = PostPicture.objects.filter(writing.gone("post__deleted_at", ever=ever), upload__discarded_at__isnull=True)
    ids = list(gone.order_by("post__deleted_at").values_list("upload_id", flat=True)[: writing.BATCH])
    return uploads_using.detach_uploads(actor=None, upload_ids=ids) if ids else 0


def _uploads(post: Post) -> list[int]:
    """Its pictures, and those of the comments that stand under it."""
    said = Comment.objects.filter(post=post, deleted_at__isnull=True, picture__isnull=False)
    rows = (post.pictures.values_list("upload_id", flat=True), said.values_list("picture_id", flat=True))
    return sorted({id for ids in rows for id in ids if id})


def _count_post(post: Post, step: int) -> None:
    sharing.add(post, sharing.weight(post) * step)
    if post.is_counted:
        writing.change_posts_count(post.author_id, step)

"""Pinning posts to one's own profile. The member's row is locked: it stands for how many they have pinned."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.models.people import User
from core import errors, outbox
from feed import events
from feed.access import pins as pin_access
from feed.access import posts as post_access
from feed.models.posts import PINS, Post


@transaction.atomic
def pin_post(*, actor: User, post_id: int) -> Post:
    """It stands first on the actor's profile. Doing it again changes nothing."""
    post = post_access.access_post(actor, post_id, to="edit", lock=True)
    if post.pinned_at is not None:
        return post
    if not _has_room(actor):
        words = ngettext(
            "%(n)s post at most can be pinned. Unpin one first.",
            "%(n)s posts at most can be pinned. Unpin one first.",
            PINS,
        )
        raise errors.Conflict(words % {"n": PINS})
    _set(post, pinned=True)
    return post


@transaction.atomic
def unpin_post(*, actor: User, post_id: int) -> Post:
    post = post_access.access_post(actor, post_id, to="edit", lock=True)
    if post.pinned_at is not None:
        _set(post, pinned=False)
    return post


@transaction.atomic
def fit_pin(*, actor: User, post: Post) -> None:
    """Part of taking a deletion back, before the locked post stands again: others may have its place by now."""
    if post.pinned_at is not None and not _has_room(actor):
        _set(post, pinned=False)


def _has_room(actor: User) -> bool:
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    return pin_access.has_room(actor)


def _set(post: Post, *, pinned: bool) -> None:
    post.pinned_at = timezone.now() if pinned else None
    post.save(update_fields=["pinned_at"])
    outbox.emit(events.PostPinned(post_id=post.pk, author_id=post.author_id, pinned=pinned))

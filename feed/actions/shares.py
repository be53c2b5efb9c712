"""Sharing posts. A share is a post of whoever shares; it is edited, deleted and brought back as every other."""

from django.db import IntegrityError, transaction

from accounts.models.people import User
from accounts.models.relations import Audience
from core import errors, outbox
from feed import events
from feed.access import shares as share_access
from feed.actions import filing, sharing, writing
from feed.models.posts import BARE, TEXT_LIMIT, Post


@transaction.atomic
def share_post(
    *,
    actor: User,
    post_id: int,
    text: str = "",
    audience: str = Audience.MEMBERS,
    client_id: str | None = None,
) -> Post:
    """A share with words or without; of a share, that of the first original. A second one without words is the first
    again, as is one with a `client_id` used before."""
    original = share_access.access_original(actor, post_id, lock=True)
    words = writing.words(text, TEXT_LIMIT)
    made = Post(
        author=actor,
        text=words,
        html=writing.render(words),
        audience=share_access.no_wider(writing.audience(audience), original),
        client_id=writing.client(client_id),
        show_preview=False,  # what it shows is the original
        is_share=True,
        shared=original,
    )
    earlier = _insert(made)
    if earlier is not None:
        if earlier.shared_id != original.pk:
            raise errors.Conflict(field="client_id")
        return earlier
    sharing.add(made, sharing.weight(made))
    if made.is_counted:
        writing.change_posts_count(actor.pk, +1)
    filing.file_post(made)
    outbox.emit(events.PostCreated(post_id=made.pk, author_id=actor.pk, audience=made.audience))
    outbox.emit(events.PostShared(post_id=original.pk, share_id=made.pk, user_id=actor.pk))
    return made


def _insert(made: Post) -> Post | None:
    """Inserts, or returns what stood there before: the share of that `client_id`, or the one without words."""
    try:
        return writing.insert(made)
    except IntegrityError:
        found = Post.objects.filter(BARE, author=made.author, shared=made.shared, deleted_at__isnull=True).first()
        if found is None:
            raise
        return found

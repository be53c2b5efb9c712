"""What the author of a post switches on and off."""

from django.db import transaction

from accounts.models.people import User
from core import outbox
from feed import events, realtime
from feed.access import posts as post_access
from feed.models.posts import Post


@transaction.atomic
def switch_comments(*, actor: User, post_id: int, on: bool) -> Post:
    """Off: what is written under it stays, and nobody writes more. Doing it again changes nothing."""
    post = post_access.access_post(actor, post_id, to="edit", lock=True)
    if post.comments_off != on:
        return post
    post.comments_off = not on
    post.save(update_fields=["comments_off"])
    outbox.emit(events.CommentsSwitched(post_id=post.pk, author_id=post.author_id, on=on))
    realtime.post_changed(post, group=realtime.post_group(post))
    return post

"""Which posts show the card of their link."""

from django.db import transaction

from accounts.models.people import User
from core import text
from feed import realtime
from feed.access import posts as post_access
from feed.models.posts import Post
from feed.queries import previews as preview_queries
from uploads.actions import previews as card_actions


@transaction.atomic
def show_preview(*, actor: User, post_id: int, shown: bool) -> Post:
    """The author shows the card of a post's link, or takes it away. Doing it again changes nothing."""
    post = post_access.access_post(actor, post_id, to="edit", lock=True)
    if shown and post.preview_id is None:
        post.preview = card_actions.want(actor=actor, link=text.first_link(post.text))
    elif post.show_preview == shown:
        return post
    post.show_preview = shown
    post.save(update_fields=["show_preview", "preview"])
    realtime.post_changed(post, group=realtime.post_group(post))
    return post


@transaction.atomic
def tell(*, actor: None, preview_id: int) -> None:
    """A worker has fetched a card: open pages ask for the posts that show it."""
    for post in preview_queries.shown_by(preview_id):
        realtime.post_changed(post, group=realtime.post_group(post))

"""Hiding a post from oneself. Nobody is told."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from core import errors
from feed.access import hidden as hidden_access
from feed.access import posts as post_access
from feed.models.hidden import HiddenPost
from feed.models.posts import Post


@transaction.atomic
def hide_post(*, actor: User, post_id: int) -> Post:
    """A post is not put before the actor any more, from their next look. Hiding again changes nothing."""
    accounts_access.access_member(actor)
    post = post_access.access_post(actor, post_id)
    if post.author_id == actor.pk:
        raise errors.Invalid(_("This is your own: you can change or delete it."))
    HiddenPost.objects.bulk_create([HiddenPost(member=actor, post=post)], ignore_conflicts=True)
    return post


@transaction.atomic
def unhide_post(*, actor: User, post_id: int) -> None:
    """Doing it again changes nothing; also for posts that one may not see any more."""
    accounts_access.access_member(actor)
    if 0 < post_id < 2**63:
        hidden_access.hidden_posts(actor).filter(post_id=post_id).delete()

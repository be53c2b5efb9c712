"""Muting the conversation under a post."""

from django.db import transaction

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.models.mutes import Span
from accounts.models.people import User
from feed import realtime
from feed.access import posts as post_access
from feed.models.mutes import MutedPost
from feed.models.posts import Post


@transaction.atomic
def mute_post(*, actor: User, post_id: int, span: str = Span.EVER) -> Post:
    """The conversation under a post says nothing by itself to the actor. Muting again sets another end."""
    accounts_access.access_member(actor)
    post = post_access.access_post(actor, post_id)
    row = MutedPost(member=actor, post=post, until=mutes_access.end_of(span))
    MutedPost.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["member", "post"], update_fields=["until"]
    )
    realtime.look_again(actor.pk)
    return post


@transaction.atomic
def unmute_post(*, actor: User, post_id: int) -> None:
    """Doing it again changes nothing; also for posts that one may not see any more."""
    accounts_access.access_member(actor)
    if 0 < post_id < 2**63 and MutedPost.objects.filter(member=actor, post_id=post_id).delete()[0]:
        realtime.look_again(actor.pk)


@transaction.atomic
def forget_muted_posts() -> None:
    """Forgets mutes that have ended; nothing shows of them in any case."""
    MutedPost.objects.exclude(mutes_access.standing()).delete()

"""Every write of polls and votes, under the lock of the post."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models.people import User
from core import errors, outbox
from feed import events, realtime
from feed.access import polls as poll_access
from feed.actions import choosing
from feed.models.polls import LONGEST, SHORTEST, Poll, Vote
from feed.models.posts import Post


@transaction.atomic
def add_poll(*, actor: User, post: Post, wanted: Mapping[str, Any]) -> Poll:
    """Part of making a post: its `choices`, whether it `is_multiple`, and in how many seconds it ends (`ends_in`; None:
    never). It stays as it is."""
    choices, ends_in = choosing.clean(wanted["choices"]), wanted.get("ends_in")
    if ends_in is not None and not SHORTEST.total_seconds() <= ends_in <= LONGEST.total_seconds():
        raise errors.Invalid(_("A poll ends after five minutes to thirty days."), field="ends_in")
    return Poll.objects.create(
        post=post,
        choices=choices,
        votes=[0] * len(choices),
        is_multiple=bool(wanted.get("is_multiple")),
        ends_at=None if ends_in is None else timezone.now() + timedelta(seconds=ends_in),
    )


@transaction.atomic
def vote(*, actor: User, post_id: int, choices: Sequence[int]) -> Post:
    """The actor's choices by their places, instead of what they chose before."""
    post, poll = poll_access.access_poll(actor, post_id)
    chosen = sorted(set(choices))
    if not chosen:
        raise errors.Invalid(_("Choose something first."), field="choices")
    if not 0 <= chosen[0] <= chosen[-1] < len(poll.choices):
        raise errors.Invalid(_("That is none of the choices."), field="choices")
    if len(chosen) > 1 and not poll.is_multiple:
        raise errors.Invalid(_("This poll takes one choice."), field="choices")
    _set_vote(actor, post, poll, chosen)
    return post


@transaction.atomic
def take_back_vote(*, actor: User, post_id: int) -> Post:
    post, poll = poll_access.access_poll(actor, post_id)
    _set_vote(actor, post, poll, [])
    return post


def _set_vote(actor: User, post: Post, poll: Poll, chosen: list[int]) -> None:
    """Writes the vote and the counts; the post is locked."""
    own = Vote.objects.filter(poll=poll, member=actor)
    before = own.values_list("chosen", flat=True).first() or []
    if before == chosen:
        return
    if chosen:
        row = Vote(poll=poll, member=actor, chosen=chosen)
        Vote.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["poll", "member"], update_fields=["chosen", "created_at"]
        )
    else:
        own.delete()
    poll.count(before, -1)
    poll.count(chosen, +1)
    poll.save(update_fields=["votes", "voters_count"])
    outbox.emit(events.PollVoted(post_id=post.pk))
    realtime.poll_changed(post, poll)
    if bool(before) != bool(chosen):
        realtime.look_again(actor.pk)  # they now see the results, or no longer do

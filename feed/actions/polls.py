"""Every write of polls and votes, under the lock of the post."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models.people import User
from core import errors, outbox
from feed import events, realtime
from feed.access import polls as poll_access
from feed.actions import writing
from feed.models.polls import CHOICE_LIMIT, CHOICES_LEAST, CHOICES_MOST, LONGEST, SHORTEST, Poll, Vote
from feed.models.posts import Post


@transaction.atomic
def add_poll(*, actor: User, post: Post, wanted: Mapping[str, Any]) -> Poll:
    """Part of making a post: its `choices`, whether it `is_multiple`, and in how many seconds it ends (`ends_in`; None:
    never). It stays as it is."""
    choices, ends_in = clean_choices(wanted["choices"]), wanted.get("ends_in")
    if ends_in is not None and not SHORTEST.total_seconds() <= ends_in <= LONGEST.total_seconds():
        raise errors.Invalid(_("A poll ends after five minutes to thirty days."), field="ends_in")
    return Poll.objects.create(
        post=post,
        choices=choices,
        votes=[0] * len(choices),
        is_multiple=bool(wanted.get("is_multiple")),
        ends_at=None if ends_in is None else timezone.now() + timedelta(seconds=ends_in),
    )


def clean_choices(given: Sequence[str]) -> list[str]:
    choices = [writing.line(one, CHOICE_LIMIT, field="poll") for one in given]
    if not CHOICES_LEAST <= len(choices) <= CHOICES_MOST or not all(choices):
        raise errors.Invalid(_("A poll has two to ten choices, none of them empty."), field="poll")
    if len({one.casefold() for one in choices}) < len(choices):
        raise errors.Invalid(_("Two of these choices are the same."), field="poll")
    return choices


def brought(given: object) -> Poll | None:
    """The poll of a post from elsewhere, before its post is there. A file can say anything: nobody here has voted."""
    row = given if isinstance(given, dict) else {}
    listed = row.get("choices")
    texts = [one.get("text") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    try:
        choices = clean_choices([one for one in texts if isinstance(one, str)])
        ends_at = parse_datetime(str(row.get("ends_at")))
    except (errors.Invalid, ValueError):
        return None
    if ends_at is not None:
        ends_at = None if timezone.is_naive(ends_at) else min(ends_at, timezone.now() + LONGEST)
    is_multiple = row.get("is_multiple") is True
    return Poll(choices=choices, votes=[0] * len(choices), is_multiple=is_multiple, ends_at=ends_at)


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

"""Polls in conversations. How one stands is in its message, and changes under the conversation's lock."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from chat.access import polls as poll_access
from chat.actions import keeping, marking
from chat.actions import messages as message_actions
from chat.models.conversations import Conversation
from chat.models.messages import Message, MessageKind
from chat.models.polls import (
    CHOICE_LIMIT,
    CHOICES_LEAST,
    CHOICES_MOST,
    LONGEST,
    QUESTION_LIMIT,
    SHORTEST,
    Poll,
    Vote,
)
from core import errors, text


@transaction.atomic
def create_poll(
    *,
    actor: User,
    conversation_id: int,
    client_id: uuid.UUID,
    question: str,
    choices: Sequence[str],
    is_multiple: bool = False,
    is_anonymous: bool = False,
    ends_in: int | None = None,
) -> message_actions.Ack:
    """A message in which the others vote; `ends_in` seconds, None: until its author ends it. It stays as it is."""
    accounts_access.access_member(actor)
    words = text.clean(question, limit=QUESTION_LIMIT, field="question")
    if not words:
        raise errors.Invalid(_("Ask something first."), field="question")
    if ends_in is not None and not SHORTEST.total_seconds() <= ends_in <= LONGEST.total_seconds():
        raise errors.Invalid(_("A poll ends after five minutes to thirty days."), field="ends_in")
    ends_at = None if ends_in is None else timezone.now() + timedelta(seconds=ends_in)
    data = Poll.fresh(_clean(choices), is_multiple=is_multiple, is_anonymous=is_anonymous, ends_at=ends_at)
    draft = message_actions.Draft(actor.pk, conversation_id, client_id, words, kind=MessageKind.POLL.value, data=data)
    return message_actions.send_draft(actor=actor, draft=draft)


def _clean(given: Sequence[str]) -> list[str]:
    choices = [" ".join(text.clean(one, limit=CHOICE_LIMIT, field="choices").split()) for one in given]
    if not CHOICES_LEAST <= len(choices) <= CHOICES_MOST or not all(choices):
        raise errors.Invalid(_("A poll has two to ten choices, none of them empty."), field="choices")
    if len({one.casefold() for one in choices}) < len(choices):
        raise errors.Invalid(_("Two of these choices are the same."), field="choices")
    return choices


@transaction.atomic
def vote(*, actor: User, conversation_id: int, seq: int, choices: Sequence[int]) -> Message:
    """The actor's choices by their places, instead of what they chose before; none: the vote is taken back."""
    conversation, message, poll = _take(actor, conversation_id, seq)
    chosen = sorted(set(choices))
    if chosen and not 0 <= chosen[0] <= chosen[-1] < len(poll.choices):
        raise errors.Invalid(_("That is none of the choices."), field="choices")
    if len(chosen) > 1 and not poll.is_multiple:
        raise errors.Invalid(_("This poll takes one choice."), field="choices")
    own = Vote.objects.filter(message=message, member=actor)
    before = own.values_list("chosen", flat=True).first() or []
    if before == chosen:
        return message
    if poll.is_over:
        raise errors.Conflict(_("This poll is over."))
    if chosen:
        row = Vote(message=message, member=actor, chosen=chosen)
        Vote.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["message", "member"], update_fields=["chosen", "created_at"]
        )
    else:
        own.delete()
    marking.mark(actor, message)  # the actor's other devices look again
    poll.count(before, -1)
    poll.count(chosen, +1)
    keeping.keep(conversation, message, only="votes", data=poll.as_data())
    return message


@transaction.atomic
def close_poll(*, actor: User, conversation_id: int, seq: int) -> Message:
    """Its author ends it. Doing it again changes nothing."""
    conversation, message, poll = _take(actor, conversation_id, seq)
    if message.sender_id != actor.pk:
        raise errors.NotAllowed(_("Only who asked can end a poll."))
    if not poll.is_over:
        poll.closed_at = timezone.now()
        keeping.keep(conversation, message, data=poll.as_data())
    return message


def _take(actor: User, conversation_id: int, seq: int) -> tuple[Conversation, Message, Poll]:
    conversation, message = keeping.take(actor, conversation_id, seq, part=True)
    return conversation, message, poll_access.poll_of(message)

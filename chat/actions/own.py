"""What a member makes of messages and conversations for themselves. Nobody else learns of it; the member's other
devices do, by `sync`: the number of the latest change of what is theirs alone."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from chat import realtime
from chat.access import conversations as conversation_access
from chat.actions import marking
from chat.models.conversations import DRAFT_LIMIT, Membership
from chat.models.messages import MessageMark
from core import errors, text

PINS_LIMIT = 10


@transaction.atomic
def star_message(*, actor: User, conversation_id: int, seq: int, starred: bool) -> None:
    message = conversation_access.access_message(actor, conversation_id, seq)
    marking.mark(actor, message, starred_at=timezone.now() if starred else None)


@transaction.atomic
def hide_message(*, actor: User, conversation_id: int, seq: int) -> None:
    """Deletes it for the actor alone; also what is deleted for everyone, whose place goes then, too."""
    rows = conversation_access.visible_messages(actor).filter(conversation_id=conversation_id, seq=seq)
    message = rows.first() if 0 < seq < 2**63 else None
    if message is None:
        raise errors.NotFound
    marking.mark(actor, message, hidden_at=timezone.now(), starred_at=None)


@transaction.atomic
def change_conversation(*, actor: User, conversation_id: int, changes: Mapping[str, Any]) -> None:
    """`muted_until` (nothing of it is told until then; None: it speaks again), `archived`, `pinned`, `draft`: whichever
    are given."""
    number, now = marking.next_sync(actor), timezone.now()  # locks: two pins at once are counted one after the other
    columns: dict[str, Any] = {}
    if "muted_until" in changes:
        columns["muted_until"] = changes["muted_until"]
    if "archived" in changes:
        columns["archived_at"] = now if changes["archived"] else None
    if "pinned" in changes:
        others = Membership.objects.filter(user=actor, pinned_at__isnull=False).exclude(conversation_id=conversation_id)
        if changes["pinned"] and others.count() >= PINS_LIMIT:
            raise errors.Conflict(_("You have pinned so many already. Unpin one first."), field="pinned")
        columns["pinned_at"] = now if changes["pinned"] else None
    if "draft" in changes:
        columns |= _draft(changes["draft"])
    _keep(actor, conversation_id, number, **columns)


@transaction.atomic
def clear_conversation(*, actor: User, conversation_id: int) -> None:
    """All that was said so far goes for the actor alone; what is said next brings the conversation back."""
    conversation = conversation_access.access_conversation(actor, conversation_id, lock=True)
    number = marking.next_sync(actor)
    starred = MessageMark.objects.filter(user=actor, message__conversation=conversation, starred_at__isnull=False)
    starred.update(starred_at=None, sync=number)
    read = {"read_seq": conversation.last_seq, "own_after": 0, "unread": False}
    _keep(actor, conversation_id, number, cleared_seq=conversation.last_seq, active_at=None, **read)


@transaction.atomic
def keep_draft(*, actor: User, conversation_id: int, text: str) -> None:
    """What the actor has begun to write; the newest wins."""
    _keep(actor, conversation_id, **_draft(text))


def _draft(given: str) -> dict[str, Any]:
    words = text.clean(given, limit=DRAFT_LIMIT, field="draft")
    return {"draft": words, "draft_at": timezone.now() if words else None}


def _keep(actor: User, conversation_id: int, number: int = 0, **changes: Any) -> None:
    """Changes the actor's membership of a conversation that they see."""
    rows = conversation_access.visible_memberships(actor).filter(conversation_id=conversation_id)
    mine = rows.values_list("pk", flat=True).first() if 0 < conversation_id < 2**63 else None
    if mine is None:
        raise errors.NotFound
    number = number or marking.next_sync(actor)
    Membership.objects.filter(pk=mine).update(**changes, sync=number)
    realtime.push_own(actor.pk, number)

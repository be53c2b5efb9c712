"""How far members have read."""

import dataclasses

from django.db import transaction
from django.db.models import Q

from accounts.models.people import User
from chat import realtime
from chat.access import conversations as conversation_access
from chat.models.conversations import Membership
from chat.models.messages import Message, MessageKind


@dataclasses.dataclass(frozen=True)
class ReadMark:
    """How far a member has read, and how much is left."""

    seq: int
    unread: int


@transaction.atomic
def mark_read(*, actor: User, conversation_id: int, seq: int) -> ReadMark:
    """Moves the actor's mark forward, never back, and tells the others."""
    conversation = conversation_access.access_conversation(actor, conversation_id, lock=True)
    mine = Membership.objects.select_for_update(no_key=True).get(conversation=conversation, user_id=actor.pk)
    seq = min(max(seq, 0), conversation.last_seq)
    if seq > mine.read_seq and not mine.is_request:  # who was asked reads unnoticed
        mine.read_seq = seq
        mine.own_after = 0
        if seq < conversation.last_seq:
            later = Message.objects.filter(conversation=conversation, seq__gt=seq)
            mine.own_after = later.filter(Q(sender_id=actor.pk) | Q(kind=MessageKind.SYSTEM)).count()
        mine.unread = mine.unread_of(conversation) > 0
        Membership.objects.filter(pk=mine.pk).update(
            read_seq=mine.read_seq, own_after=mine.own_after, unread=mine.unread
        )
        realtime.push_read(conversation, actor.pk, mine.read_seq, mine.unread_of(conversation))
    return ReadMark(seq=mine.read_seq, unread=mine.unread_of(conversation))

"""Message requests: who is written to or added by somebody they do not know answers first."""

from django.db import transaction

from accounts.models.people import User
from chat import realtime
from chat.access import conversations as conversation_access
from chat.actions import groups
from chat.models.conversations import Conversation, Membership
from core import errors


@transaction.atomic
def accept(*, actor: User, conversation_id: int) -> Conversation:
    """From now on it is a conversation like others; accepting again changes nothing."""
    conversation = conversation_access.access_conversation(actor, conversation_id, lock=True)
    mine = Membership.objects.filter(conversation=conversation, user=actor)
    if conversation.is_group:
        groups.come_in(actor=actor, group=conversation)
    elif mine.filter(is_request=True).update(is_request=False, active_at=conversation.last_message_at):
        conversation.members_version += 1
        conversation.rev += 1
        conversation.info_rev = conversation.rev
        conversation.save(update_fields=["members_version", "rev", "info_rev"])
        realtime.push_changed([conversation.pk], {conversation.pk: conversation.members_version})
        realtime.push_membership([actor.pk], conversation.pk, is_member=True)
    return conversation


@transaction.atomic
def decline(*, actor: User, conversation_id: int) -> None:
    """Of two people: it is gone from the actor's requests until the other writes again, and they are told nothing. Of a
    group: the actor is no longer asked."""
    conversation = conversation_access.access_conversation(actor, conversation_id, lock=True)
    mine = Membership.objects.get(conversation=conversation, user=actor)
    if not mine.is_request:
        raise errors.Conflict
    if conversation.is_group:
        groups.leave(actor=actor, conversation_id=conversation.pk)
    else:
        # What was said so far is done with; what comes next stands as a request again.
        done = {"read_seq": conversation.last_seq, "own_after": 0, "unread": False}
        Membership.objects.filter(pk=mine.pk).update(active_at=None, **done)

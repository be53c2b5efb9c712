"""Reactions to messages. A member has one at most on each, in their mark of it; the numbers stand in the message."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from chat.actions import keeping, marking
from chat.events import MessageReacted
from chat.models.messages import Message, MessageKind, MessageMark
from core import errors, limits, outbox, reactions

ANSWERING = limits.Limit("chat-answering", 120, 60)  # reactions and votes of one member, given and taken back


@transaction.atomic
def react(*, actor: User, conversation_id: int, seq: int, kind: str) -> Message:
    """Instead of what the actor gave before; empty: nothing any more. The same again changes nothing."""
    if kind:
        kind = reactions.clean_reaction(kind)
    conversation, message = keeping.take(actor, conversation_id, seq, part=True)
    if message.kind == MessageKind.SYSTEM:
        raise errors.Conflict(_("Nobody reacts to notices."))
    own = MessageMark.objects.filter(user=actor, message=message)
    before = own.values_list("reaction", flat=True).first() or ""
    if before != kind:
        marking.mark(actor, message, reaction=kind)
        keeping.write(conversation, message, only="reactions", reactions=keeping.recount(message, before, kind))
        outbox.emit(
            MessageReacted(
                conversation_id=conversation.pk, seq=message.seq, rev=message.rev, member_id=actor.pk, kind=kind
            )
        )
    return message

"""Parts of actions: a message is taken under the lock of its conversation, changed, and shown as it is now."""

from collections import Counter

from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from chat import realtime
from chat.access import conversations as conversation_access
from chat.events import MessageChanged
from chat.models.conversations import Conversation
from chat.models.messages import Message, MessageKind, MessageMark
from chat.models.polls import Vote
from chat.queries import filling
from core import errors, outbox


def take(actor: User, conversation_id: int, seq: int, *, part: bool = False) -> tuple[Conversation, Message]:
    """`part`: for what others see as the actor's own doing; who was asked in answers first."""
    conversation = conversation_access.access_conversation(actor, conversation_id, lock=True)
    message = conversation_access.access_message(actor, conversation.pk, seq)
    told = conversation_access.told_memberships().filter(conversation=conversation, user=actor)
    if part and not told.exists():
        raise errors.Conflict(_("Accept first: you were asked, and have not answered."))
    return conversation, message


def write(conversation: Conversation, message: Message, *, only: str = "", **changes: object) -> None:
    """A change under the conversation's lock; after commit it is shown. `only`: all that is another."""
    conversation.rev += 1
    message.rev = conversation.rev
    for name, value in changes.items():
        setattr(message, name, value)
    message.save(update_fields=["rev", *(name.removesuffix("_id") for name in changes)])
    Conversation.objects.filter(pk=conversation.pk).update(rev=conversation.rev)
    filling.fill([message])
    realtime.push_messages([message], {conversation.pk: conversation.members_version}, only=only)


def keep(conversation: Conversation, message: Message, *, only: str = "", **changes: object) -> None:
    """`write`, announced."""
    write(conversation, message, only=only, **changes)
    outbox.emit(MessageChanged(conversation_id=conversation.pk, seq=message.seq, rev=message.rev))


def strip(messages: list[Message]) -> None:
    """What hangs on messages whose words go for everyone: reactions and votes; the card and the poll stand in the rows,
    which the caller writes."""
    MessageMark.objects.filter(message__in=messages).exclude(reaction="").update(reaction="")
    Vote.objects.filter(message__in=messages).delete()
    for message in messages:
        message.reactions = message.link_id = None
        if message.kind != MessageKind.SYSTEM:  # a notice goes on saying what happened
            message.data = None


def recount(message: Message, before: str, after: str) -> dict[str, int] | None:
    """The numbers with one reaction taken away and another given; None: there are none."""
    counts = Counter(message.reactions or {})
    counts[before] -= 1
    counts[after] += 1
    return {kind: number for kind, number in sorted(counts.items()) if kind and number > 0} or None

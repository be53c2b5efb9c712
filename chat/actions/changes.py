"""What becomes of a message after it was sent. Each change has a `rev`, and is shown as the message it is now."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from chat import realtime
from chat.access import conversations as conversation_access
from chat.events import MessageChanged
from chat.models.conversations import Conversation, Membership
from chat.models.messages import TEXT_LIMIT, Message, MessageKind, MessageVersion
from core import errors, outbox, text

PINS_LIMIT = 50


@transaction.atomic
def edit_message(*, actor: User, conversation_id: int, seq: int, text: str) -> Message:
    """Other words; those before stay for moderators. The same words again change nothing."""
    conversation, message = _take(actor, conversation_id, seq)
    if message.sender_id != actor.pk:
        raise errors.NotAllowed(_("Only who wrote a message can edit it."))
    if message.kind != MessageKind.TEXT or message.is_forwarded:
        raise errors.Conflict(_("Only words of your own can be edited."))
    words = _clean(text)
    if words != message.text:
        now = timezone.now()
        MessageVersion.objects.create(message=message, text=message.text, created_at=now)
        _keep(conversation, message, text=words, edited_at=now)
    return message


def _clean(given: str) -> str:
    words = text.clean(given, limit=TEXT_LIMIT)
    if not words:
        raise errors.Invalid(_("Write something, or delete the message."), field="text")
    return words


@transaction.atomic
def delete_message(*, actor: User, conversation_id: int, seq: int) -> None:
    """For everyone: the message stays in its place without its words. One's own, and as an admin of a group others'.
    The words stay as a version for as long as moderators may look them up."""
    conversation, message = _take(actor, conversation_id, seq)
    if message.kind == MessageKind.SYSTEM or not (message.sender_id == actor.pk or _leads(actor, conversation)):
        raise errors.NotAllowed(_("Only who wrote a message, or an admin, can delete it for everyone."))
    now = timezone.now()
    MessageVersion.objects.create(message=message, text=message.text, created_at=now)
    changes: dict[str, Any] = {"text": "", "mentions": [], "data": None, "reply_seq": None, "pinned_at": None}
    _keep(conversation, message, **changes, deleted_at=now, deleted_by_id=actor.pk)


@transaction.atomic
def set_pinned(*, actor: User, conversation_id: int, seq: int, pinned: bool) -> Message:
    """Stands at the top for everybody: of two people for both to say, in a group for admins."""
    conversation, message = _take(actor, conversation_id, seq)
    if conversation.is_group and not _leads(actor, conversation):
        raise errors.NotAllowed(_("Admins choose what is pinned here."))
    if message.kind == MessageKind.SYSTEM:
        raise errors.Conflict(_("Notices cannot be pinned."))
    if pinned != (message.pinned_at is not None):
        others = Message.objects.filter(conversation=conversation, pinned_at__isnull=False)
        if pinned and others.count() >= PINS_LIMIT:
            raise errors.Conflict(_("So much is pinned already. Unpin something first."))
        _keep(conversation, message, pinned_at=timezone.now() if pinned else None)
    return message


def _take(actor: User, conversation_id: int, seq: int) -> tuple[Conversation, Message]:
    conversation = conversation_access.access_conversation(actor, conversation_id, lock=True)
    return conversation, conversation_access.access_message(actor, conversation.pk, seq)


def _leads(actor: User, conversation: Conversation) -> bool:
    return conversation.is_group and Membership.objects.get(conversation=conversation, user=actor).leads


def _keep(conversation: Conversation, message: Message, **changes: object) -> None:
    """Writes a change under the conversation's lock, and shows the message as it is now after commit."""
    conversation.rev += 1
    message.rev = conversation.rev
    for name, value in changes.items():
        setattr(message, name, value)
    message.save(update_fields=["rev", *(name.removesuffix("_id") for name in changes)])
    Conversation.objects.filter(pk=conversation.pk).update(rev=conversation.rev)
    realtime.push_messages([message], {conversation.pk: conversation.members_version})
    outbox.emit(MessageChanged(conversation_id=conversation.pk, seq=message.seq, rev=message.rev))

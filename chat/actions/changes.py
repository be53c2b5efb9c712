"""What becomes of a message after it was sent. Each change has a `rev`, and is shown as the message it is now."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from chat import rules
from chat.actions import files, keeping
from chat.models.conversations import Conversation, Membership
from chat.models.files import MessageFile
from chat.models.messages import TEXT_LIMIT, Message, MessageKind, MessageVersion
from core import errors, text
from uploads.actions import previews as card_actions

PINS_LIMIT = 50


@transaction.atomic
def edit_message(*, actor: User, conversation_id: int, seq: int, text: str) -> Message:
    """Other words; those before stay for moderators. The same words again change nothing."""
    words = _clean(text)
    link = rules.first_link(words)
    card = card_actions.want(actor=actor, link=link)
    conversation, message = keeping.take(actor, conversation_id, seq)
    if message.sender_id != actor.pk:
        raise errors.NotAllowed(_("Only who wrote a message can edit it."))
    if message.kind != MessageKind.TEXT or message.is_forwarded or message.sticker:
        raise errors.Conflict(_("Only words of your own can be edited."))
    if not words and not message.files_count:
        raise errors.Invalid(_("Write something, or delete the message."), field="text")
    if words != message.text:
        now = timezone.now()
        MessageVersion.objects.create(message=message, text=message.text, created_at=now)
        # A card that its sender took away comes back only for another link.
        same = rules.first_link(message.text) == link
        shown: dict[str, Any] = {} if same else {"link_id": card.pk if card else None}
        keeping.keep(conversation, message, text=words, edited_at=now, **shown)
    return message


def _clean(given: str) -> str:
    return text.clean(given, limit=TEXT_LIMIT)


@transaction.atomic
def delete_message(*, actor: User, conversation_id: int, seq: int) -> None:
    """For everyone: the message stays in its place without its words. One's own, and as an admin of a group others'.
    The words stay as a version for as long as moderators may look them up."""
    conversation, message = keeping.take(actor, conversation_id, seq)
    if message.kind == MessageKind.SYSTEM or not (message.sender_id == actor.pk or _leads(actor, conversation)):
        raise errors.NotAllowed(_("Only who wrote a message, or an admin, can delete it for everyone."))
    now = timezone.now()
    if message.files_count:  # first the uploads' rows, then the message's: as whoever purges it
        files.let_go(MessageFile.objects.filter(message=message))
    said = [message.text or message.sticker, *(message.data or {}).get("choices", [])]
    MessageVersion.objects.create(message=message, text="\n".join(said)[:TEXT_LIMIT], created_at=now)
    keeping.strip([message])
    nothing: dict[str, Any] = {"text": "", "sticker": "", "mentions": [], "data": None, "reply_seq": None}
    nothing |= {"reactions": None, "link_id": None, "files_count": 0, "pinned_at": None}
    keeping.keep(conversation, message, **nothing, deleted_at=now, deleted_by_id=actor.pk)


@transaction.atomic
def set_pinned(*, actor: User, conversation_id: int, seq: int, pinned: bool) -> Message:
    """Stands at the top for everybody: of two people for both to say, in a group for admins."""
    conversation, message = keeping.take(actor, conversation_id, seq)
    if conversation.is_group and not _leads(actor, conversation):
        raise errors.NotAllowed(_("Admins choose what is pinned here."))
    if message.kind == MessageKind.SYSTEM:
        raise errors.Conflict(_("Notices cannot be pinned."))
    if pinned != (message.pinned_at is not None):
        others = Message.objects.filter(conversation=conversation, pinned_at__isnull=False)
        if pinned and others.count() >= PINS_LIMIT:
            raise errors.Conflict(_("So much is pinned already. Unpin something first."))
        keeping.keep(conversation, message, pinned_at=timezone.now() if pinned else None)
    return message


def _leads(actor: User, conversation: Conversation) -> bool:
    return conversation.is_group and Membership.objects.get(conversation=conversation, user=actor).leads

"""Notices: messages of the conversation itself. They take their place in its order, and are unread for nobody.

They carry ids; whoever reads gets the words in their own language (queries.notices). Parts of actions that hold the
conversation's lock."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.utils import timezone

from chat import realtime
from chat.events import ConversationChanged, MembersChanged
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message, MessageKind
from core import outbox


def add_notice(
    conversation: Conversation, what: str, *, by: int | None, people: Iterable[int] = (), **more: Any
) -> Message:
    """The row only: whoever changes several things saves the conversation's counters once, with `keep`."""
    conversation.last_seq += 1
    conversation.rev += 1
    conversation.info_rev = conversation.rev
    data = {"what": what, **({"people": sorted(people)} if people else {}), **more}
    Membership.objects.filter(conversation=conversation).update(own_after=F("own_after") + 1)
    return Message.objects.create(
        conversation=conversation,
        seq=conversation.last_seq,
        rev=conversation.rev,
        sender_id=by,
        client_id=uuid.uuid4(),
        kind=MessageKind.SYSTEM,
        text="",
        data=data,
        created_at=timezone.now(),
    )


def keep(conversation: Conversation, notices: Iterable[Message] = (), *, sight: bool = False) -> None:
    """Writes the counters, and shows and announces what came. `sight`: who is in it, or as what, is another."""
    if sight:
        conversation.members_version += 1
    conversation.save(
        update_fields=["last_seq", "rev", "info_rev", "members_version", "members_count", "last_message_at"]
    )
    versions = {conversation.pk: conversation.members_version}
    if sight:
        realtime.push_changed([conversation.pk], versions)
        outbox.emit(MembersChanged(conversation_id=conversation.pk, members_version=conversation.members_version))
    realtime.push_messages(notices, versions)
    outbox.emit(ConversationChanged(conversation_id=conversation.pk, rev=conversation.info_rev))

"""What is one member's alone, as JSON."""

from typing import Any

from rest_framework import serializers

from chat import frames
from chat.models.conversations import DRAFT_LIMIT, Membership
from chat.models.messages import MessageMark


def changes(found: Any) -> frames.OwnChanges:
    """queries.own.OwnChanges for the socket and the API."""
    conversations = [conversation(row) for row in found.memberships]
    return frames.OwnChanges(found.sync, found.reload, conversations, [message(row) for row in found.marks])


def conversation(row: Membership) -> frames.OwnConversation:
    return frames.OwnConversation(
        conversation=row.conversation_id,
        muted_until=row.muted_until,
        is_archived=row.archived_at is not None,
        is_pinned=row.pinned_at is not None,
        cleared_seq=row.cleared_seq,
        draft=row.draft,
    )


def message(row: MessageMark) -> frames.OwnMessage:
    return frames.OwnMessage(
        conversation=row.message.conversation_id,
        seq=row.message.seq,
        is_starred=row.starred_at is not None,
        is_hidden=row.hidden_at is not None,
        reaction=row.reaction,
    )


class OwnConversationOut(serializers.Serializer[Any]):
    conversation = serializers.IntegerField()
    muted_until = serializers.DateTimeField(allow_null=True)
    is_archived = serializers.BooleanField()
    is_pinned = serializers.BooleanField()
    cleared_seq = serializers.IntegerField(help_text="You cleared it up to here.")
    draft = serializers.CharField()


class OwnMessageOut(serializers.Serializer[Any]):
    conversation = serializers.IntegerField()
    seq = serializers.IntegerField()
    is_starred = serializers.BooleanField()
    is_hidden = serializers.BooleanField(help_text="You deleted it for yourself.")
    reaction = serializers.CharField(help_text="What you gave; empty: nothing.")


class OwnChangesOut(serializers.Serializer[Any]):
    sync = serializers.IntegerField(help_text="Ask for what comes after this the next time.")
    reload = serializers.BooleanField(help_text="There is too much: ask for everything anew.")
    conversations = OwnConversationOut(many=True)
    messages = OwnMessageOut(many=True)


class OwnIn(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    muted_until = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Nothing of it is told until then; null: it speaks again."
    )
    archived = serializers.BooleanField(required=False)
    pinned = serializers.BooleanField(required=False, help_text="It stands first in your list.")
    draft = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=DRAFT_LIMIT,
        trim_whitespace=False,
        help_text="On all your devices.",
    )

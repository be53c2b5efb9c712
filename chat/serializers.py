"""Chat as JSON: the payloads of the socket and the shapes of the API's document."""

from typing import Any

import msgspec
from rest_framework import serializers

from accounts.serializers import people as accounts_serializers
from chat import frames
from chat.models import TEXT_LIMIT, Message


def message(row: Message) -> frames.Message:
    """One message, the same for every member."""
    return frames.Message(**_message(row))


def said(row: Message, *, members_version: int) -> frames.Said:
    return frames.Said(**_message(row), members_version=members_version)


def _message(row: Message) -> dict[str, Any]:
    return {
        "conversation": row.conversation_id,
        "seq": row.seq,
        "rev": row.rev,
        "id": row.pk,
        "sender": row.sender_id,
        "client_id": row.client_id,
        "text": row.text,
        "created_at": row.created_at,
    }


def sent(outcome: Any) -> frames.Sent:
    """Where a message stands (actions.Ack)."""
    return frames.Sent(outcome.id, outcome.seq, outcome.rev, outcome.created_at, outcome.again)


def missed(found: Any) -> frames.Missed:
    """What a client has not seen of one conversation (queries.Missed)."""
    return frames.Missed(found.rev, found.reload, found.read, [message(row) for row in found.messages])


def chat(shown: Any) -> dict[str, Any]:
    """A conversation as one member sees it (queries.Chat)."""
    return {
        "id": shown.conversation.pk,
        "kind": shown.conversation.kind,
        "other": accounts_serializers.person(shown.other) if shown.other else None,
        "last_seq": shown.conversation.last_seq,
        "rev": shown.conversation.rev,
        "read_seq": shown.mine.read_seq,
        "other_read_seq": shown.other_read_seq,
        "unread": shown.unread,
        "last_message": msgspec.structs.asdict(message(shown.last)) if shown.last else None,
    }


class MessageOut(serializers.Serializer[Any]):
    conversation = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="Place in the conversation, without holes.")
    rev = serializers.IntegerField(help_text="Number of its latest change; ask for what is above yours.")
    id = serializers.IntegerField()
    sender = serializers.IntegerField(allow_null=True, help_text="Null: a member who left.")
    client_id = serializers.UUIDField()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()


class ConversationOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    other = accounts_serializers.Person(allow_null=True, help_text="The other of the two.")
    last_seq = serializers.IntegerField()
    rev = serializers.IntegerField()
    read_seq = serializers.IntegerField(help_text="How far you have read.")
    other_read_seq = serializers.IntegerField(help_text="How far the other has read.")
    unread = serializers.IntegerField()
    last_message = MessageOut(allow_null=True)


class ConversationList(serializers.Serializer[Any]):
    results = ConversationOut(many=True)
    next = serializers.CharField(allow_null=True)


class MessageList(serializers.Serializer[Any]):
    """Messages in order. `older` and `newer` say whether there are more on that side."""

    results = MessageOut(many=True)
    older = serializers.BooleanField()
    newer = serializers.BooleanField()


class Opening(serializers.Serializer[Any]):
    user = serializers.IntegerField(min_value=1, help_text="With whom.")


class Sending(serializers.Serializer[Any]):
    client_id = serializers.UUIDField(help_text="Your own, fresh for each message; sent twice it stands once.")
    text = serializers.CharField(max_length=TEXT_LIMIT, trim_whitespace=False)


class Reading(serializers.Serializer[Any]):
    seq = serializers.IntegerField(min_value=1)


class Read(serializers.Serializer[Any]):
    read_seq = serializers.IntegerField()
    unread = serializers.IntegerField()


class Ack(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    seq = serializers.IntegerField()
    rev = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    again = serializers.BooleanField(help_text="This client_id stood already; nothing was sent twice.")


class Range(serializers.Serializer[Any]):
    before = serializers.IntegerField(min_value=1, required=False)
    after = serializers.IntegerField(min_value=0, required=False)


class Unread(serializers.Serializer[Any]):
    conversations = serializers.IntegerField(help_text="Conversations with something unread, 100 at most.")

"""Messages as JSON: the payloads of the socket and the shapes of the API's document."""

from typing import Any

import msgspec
from rest_framework import serializers

from chat import frames
from chat.access import stickers as sticker_access
from chat.models.files import FILES_LIMIT
from chat.models.messages import TEXT_LIMIT, Message, MessageKind
from chat.models.stickers import ID_LENGTH
from chat.serializers import files as file_serializers
from chat.serializers import groups as group_serializers
from chat.serializers import marks as mark_serializers
from uploads import serializers as upload_serializers


def message(row: Message) -> frames.Message:
    """One message, the same for every member."""
    return frames.Message(**_message(row))


def shown(row: Message) -> dict[str, Any]:
    """The same for the API, which leaves nothing out."""
    said = message(row)
    files = [msgspec.structs.asdict(one) for one in said.files]
    return {**msgspec.structs.asdict(said), "files": files, "poll": msgspec.to_builtins(said.poll)}


def said(row: Message, *, members_version: int, only: str = "") -> frames.Said:
    return frames.Said(**_message(row), members_version=members_version, only=only)


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
        "kind": row.kind,
        "reply": row.reply_seq,
        "is_forwarded": row.is_forwarded,
        "mentions": row.mentions,
        "data": row.data if row.kind == MessageKind.SYSTEM else None,
        "edited_at": row.edited_at,
        "is_deleted": row.deleted_at is not None,
        "is_pinned": row.pinned_at is not None,
        "expires_at": row.expires_at,
        "is_closed": row.is_closed,
        "files": [file_serializers.file(one) for one in row.carried],
        "sticker": sticker(sticker_access.sticker(row.sticker)) if row.sticker else None,
        **mark_serializers.marks(row),
    }


def sticker(shown: sticker_access.Shown) -> frames.Sticker:
    return {"id": shown.id, "url": shown.url, "name": shown.name}


def sent(outcome: Any) -> frames.Sent:
    """Where a message stands (actions.Ack)."""
    return frames.Sent(outcome.id, outcome.seq, outcome.rev, outcome.created_at, outcome.again)


def missed(found: Any) -> frames.Missed:
    """What a client has not seen of one conversation (queries.Missed)."""
    card = group_serializers.card(found.card) if found.card else None
    rows = [message(row) for row in found.messages]
    return frames.Missed(found.rev, found.reload, found.read, rows, card, found.delivered)


class StickerOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    url = serializers.CharField(help_text="A square picture, or one that is shown in a square.")
    name = serializers.CharField(help_text="For those who do not see it.")


class MessageOut(serializers.Serializer[Any]):
    conversation = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="Place in the conversation, without holes.")
    rev = serializers.IntegerField(help_text="Number of its latest change; ask for what is above yours.")
    id = serializers.IntegerField()
    sender = serializers.IntegerField(allow_null=True, help_text="Null: a member who left.")
    client_id = serializers.UUIDField()
    text = serializers.CharField(help_text="Plain; empty where it is deleted.")
    created_at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=MessageKind.choices)
    reply = serializers.IntegerField(allow_null=True, help_text="The `seq` of what it answers.")
    is_forwarded = serializers.BooleanField()
    mentions = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of members that it names.")
    data = serializers.DictField(allow_null=True, help_text="Of a notice: what happened.")  # type: ignore[assignment]
    edited_at = serializers.DateTimeField(allow_null=True)
    is_deleted = serializers.BooleanField()
    is_pinned = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    is_closed = serializers.BooleanField(help_text="A block parts you from who said it: in its place, without words.")
    files = file_serializers.FileOut(many=True, help_text="What it carries; then `text` may be empty.")
    sticker = StickerOut(allow_null=True, help_text="Said instead of words.")
    reactions = mark_serializers.ReactionsField(allow_null=True)
    poll = mark_serializers.MessagePollOut(allow_null=True)
    card = upload_serializers.PreviewOut(allow_null=True, help_text="Of its first link, once that is fetched.")


class MessageList(serializers.Serializer[Any]):
    """Messages in order. `older` and `newer` say whether there are more on that side."""

    results = MessageOut(many=True)
    older = serializers.BooleanField()
    newer = serializers.BooleanField()


class Sending(serializers.Serializer[Any]):
    client_id = serializers.UUIDField(help_text="Your own, fresh for each message; sent twice it stands once.")
    text = serializers.CharField(
        max_length=TEXT_LIMIT, trim_whitespace=False, required=False, default="", allow_blank=True
    )
    sticker = serializers.CharField(
        max_length=ID_LENGTH, required=False, default="", allow_blank=True, help_text="Its id, instead of words."
    )
    reply = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, help_text="The `seq` of what it answers."
    )
    files = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        default=list,
        max_length=FILES_LIMIT,
        help_text="Keys of your own uploads (`message` or `voice`) that are ready; with them `text` may be empty.",
    )


class Ack(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    seq = serializers.IntegerField()
    rev = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    again = serializers.BooleanField(help_text="This client_id stood already; nothing was sent twice.")


class Range(serializers.Serializer[Any]):
    before = serializers.IntegerField(min_value=1, required=False)
    after = serializers.IntegerField(min_value=0, required=False)


class Editing(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=TEXT_LIMIT, trim_whitespace=False, allow_blank=True)


class Deleting(serializers.Serializer[Any]):
    whose = serializers.ChoiceField(
        choices=["everyone", "mine"], default="everyone", help_text="For everyone, or for yourself alone."
    )


class Forwarding(serializers.Serializer[Any]):
    to = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The conversation to say it in.")
    client_id = serializers.UUIDField(help_text="Your own, fresh for each message; sent twice it stands once.")


class StarredList(serializers.Serializer[Any]):
    results = MessageOut(many=True)
    next = serializers.CharField(allow_null=True)

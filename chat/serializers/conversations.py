"""Conversations as JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.serializers import people as accounts_serializers
from chat.frames import RESUME_CONVERSATIONS
from chat.models.conversations import Role, Who
from chat.serializers import messages as message_serializers


def chat(shown: Any) -> dict[str, Any]:
    """A conversation as one member sees it (queries.Chat)."""
    return {
        "id": shown.conversation.pk,
        "kind": shown.conversation.kind,
        "other": accounts_serializers.person(shown.other) if shown.other else None,
        "title": shown.title,
        "picture": shown.face.avatar_url if shown.face else "",
        "about": shown.conversation.about,
        "members_count": shown.conversation.members_count if shown.is_group else 2,
        "role": shown.mine.role if shown.is_group else None,
        "is_request": shown.mine.is_request,
        "awaits_answer": shown.awaits,
        "may_write": shown.may_write,
        "who_adds": shown.conversation.who_adds,
        "who_writes": shown.conversation.who_writes,
        "shows_history": shown.conversation.shows_history,
        "lifetime": shown.conversation.lifetime,
        "last_seq": shown.conversation.last_seq,
        "rev": shown.conversation.rev,
        "read_seq": shown.mine.read_seq,
        "other_read_seq": shown.other_read_seq,
        "other_delivered_seq": shown.other_delivered_seq,
        "unread": shown.unread,
        "last_message": message_serializers.shown(shown.last) if shown.last else None,
    }


class ConversationOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    other = accounts_serializers.Person(allow_null=True, help_text="The other of the two; null in groups.")
    title = serializers.CharField(help_text="Name of the group or of the other; empty: a member who left.")
    picture = serializers.CharField()
    about = serializers.CharField(help_text="Of a group.")
    members_count = serializers.IntegerField()
    role = serializers.ChoiceField(choices=Role.choices, allow_null=True, help_text="Yours in a group.")
    is_request = serializers.BooleanField(help_text="You were asked: accept or decline.")
    awaits_answer = serializers.BooleanField(help_text="The other was asked; until then 5 messages at most.")
    may_write = serializers.BooleanField()
    who_adds = serializers.ChoiceField(choices=Who.choices)
    who_writes = serializers.ChoiceField(choices=Who.choices)
    shows_history = serializers.BooleanField()
    lifetime = serializers.IntegerField(help_text="Seconds after which what is said disappears; 0: never.")
    last_seq = serializers.IntegerField()
    rev = serializers.IntegerField()
    read_seq = serializers.IntegerField(help_text="How far you have read.")
    other_read_seq = serializers.IntegerField(help_text="How far the other has read, where both show that; else 0.")
    other_delivered_seq = serializers.IntegerField(help_text="How far a device of the other has it, likewise.")
    unread = serializers.IntegerField()
    last_message = message_serializers.MessageOut(allow_null=True)


class ConversationList(serializers.Serializer[Any]):
    results = ConversationOut(many=True)
    next = serializers.CharField(allow_null=True)


class Opening(serializers.Serializer[Any]):
    user = serializers.IntegerField(min_value=1, help_text="With whom.")


class Reading(serializers.Serializer[Any]):
    seq = serializers.IntegerField(min_value=1)


class Delivering(serializers.Serializer[Any]):
    conversations = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        help_text="Id of the conversation: the last `seq` that this device has. 100 at most.",
    )

    def validate_conversations(self, given: dict[str, int]) -> dict[int, int]:
        if len(given) > RESUME_CONVERSATIONS or not all(id.isdecimal() and len(id) < 19 for id in given):
            raise serializers.ValidationError(_("Ids of conversations, 100 at most."))
        return {int(id): seq for id, seq in given.items()}


class Read(serializers.Serializer[Any]):
    read_seq = serializers.IntegerField()
    unread = serializers.IntegerField()


class Unread(serializers.Serializer[Any]):
    conversations = serializers.IntegerField(help_text="Conversations with something unread, 100 at most.")

"""What a member has decided about the chat, and marks of messages, as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import people as accounts_serializers
from chat.models.members import ChatMember, Circle, Writers


def own(row: ChatMember) -> dict[str, Any]:
    return {"writers": row.writers, "presence": row.presence, "shows_reading": row.shows_reading}


def marks(found: Any) -> dict[str, Any]:
    """queries.marks.Marks."""
    return {
        "read": found.read,
        "delivered": found.delivered,
        "results": [accounts_serializers.person(row.user) for row in found.rows],
        "next": found.next or None,
    }


class ChatSettings(serializers.Serializer[Any]):
    writers = serializers.ChoiceField(choices=Writers.choices, help_text="Who may begin a conversation with you.")
    presence = serializers.ChoiceField(
        choices=Circle.choices, help_text="Who sees when you are here; you see it of the same people, if they let you."
    )
    shows_reading = serializers.BooleanField(
        help_text="Others see what has reached you and what you have read; without it you do not see theirs either."
    )


class Which(serializers.Serializer[Any]):
    which = serializers.ChoiceField(
        choices=["read", "delivered"], default="read", help_text="Who has read it, or who has it and has not read it."
    )


class MarksOut(serializers.Serializer[Any]):
    read = serializers.IntegerField(help_text="How many have read it, of those who show that.")
    delivered = serializers.IntegerField(help_text="How many others have it on a device.")
    results = accounts_serializers.Person(many=True, help_text="Empty in groups above 50 members.")
    next = serializers.CharField(allow_null=True)

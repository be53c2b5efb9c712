"""What stands on a message beside its words: reactions, a poll, the card of its link."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import people as accounts_serializers
from chat import frames
from chat.models.messages import Message, MessageKind, MessageMark
from chat.models.polls import CHOICE_LIMIT, CHOICES_LEAST, CHOICES_MOST, LONGEST, QUESTION_LIMIT, SHORTEST, Poll, Vote
from core.reactions import KIND_LENGTH
from uploads import serializers as upload_serializers

ID_MOST = 2**63 - 1


def marks(row: Message) -> dict[str, Any]:
    """Asks for the card that `queries.cards` has filled in."""
    return {
        "reactions": row.reactions,
        "poll": poll(row),
        "card": upload_serializers.preview(row.link) if row.link_id and row.link and row.link.is_ready else None,
    }


def poll(row: Message) -> frames.Poll | None:
    if row.kind != MessageKind.POLL or not row.data:
        return None
    one = Poll(row.data)
    return frames.Poll(
        choices=[frames.Choice(*pair) for pair in zip(one.choices, one.votes, strict=True)],
        voters=one.voters,
        is_multiple=one.is_multiple,
        is_anonymous=one.is_anonymous,
        ends_at=one.ends_at,
        closed_at=one.closed_at,
    )


def reactor(row: MessageMark) -> dict[str, Any]:
    return {"person": accounts_serializers.person(row.user), "kind": row.reaction}


def voter(row: Vote) -> dict[str, Any]:
    return {"person": accounts_serializers.person(row.member), "choices": row.chosen}


class ReactionsField(serializers.DictField):
    """Kind to number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.IntegerField(), **kwargs)


class MessageReactionIn(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=KIND_LENGTH, help_text="One of /api/v1/reactions.")


class MessageReactor(serializers.Serializer[Any]):
    person = accounts_serializers.Person()
    kind = serializers.CharField()


class MessageReactorPage(serializers.Serializer[Any]):
    results = MessageReactor(many=True)
    next = serializers.CharField(allow_null=True)


class ReactorsOf(serializers.Serializer[Any]):
    kind = serializers.CharField(required=False, max_length=KIND_LENGTH, help_text="Only of this one.")


class MessageChoiceOut(serializers.Serializer[Any]):
    text = serializers.CharField()
    votes = serializers.IntegerField()


class MessagePollOut(serializers.Serializer[Any]):
    """The question is the message's text."""

    choices = MessageChoiceOut(many=True)
    voters = serializers.IntegerField(help_text="How many have voted, also those whom you may not see.")
    is_multiple = serializers.BooleanField(help_text="One may choose several.")
    is_anonymous = serializers.BooleanField(help_text="Who voted for what is shown to nobody.")
    ends_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True, help_text="Its author ended it before.")


class MessagePollIn(serializers.Serializer[Any]):
    client_id = serializers.UUIDField(help_text="Your own, fresh for each message; sent twice it stands once.")
    question = serializers.CharField(max_length=QUESTION_LIMIT)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=CHOICE_LIMIT), min_length=CHOICES_LEAST, max_length=CHOICES_MOST
    )
    is_multiple = serializers.BooleanField(required=False, default=False)
    is_anonymous = serializers.BooleanField(required=False, default=False)
    ends_in = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=int(SHORTEST.total_seconds()),
        max_value=int(LONGEST.total_seconds()),
        help_text="Seconds from now; null: until you end it.",
    )


class MessageVoteIn(serializers.Serializer[Any]):
    choices = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=CHOICES_MOST - 1),
        max_length=CHOICES_MOST,
        help_text="Places of what you choose, counted from 0; they replace what you chose before.",
    )


class MessageVoteOut(serializers.Serializer[Any]):
    choices = serializers.ListField(child=serializers.IntegerField(), help_text="What you have chosen.")


class MessageVoter(serializers.Serializer[Any]):
    person = accounts_serializers.Person()
    choices = serializers.ListField(child=serializers.IntegerField())


class MessageVoterPage(serializers.Serializer[Any]):
    results = MessageVoter(many=True)
    next = serializers.CharField(allow_null=True)

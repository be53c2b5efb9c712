"""Polls as JSON."""

from typing import Any

from rest_framework import serializers

from feed.models.polls import CHOICE_LIMIT, CHOICES_LEAST, CHOICES_MOST, LONGEST, SHORTEST, Poll
from feed.models.posts import Post


def poll_of(row: Post) -> Poll | None:
    """Asks for the poll that `queries` fetched along."""
    return getattr(row, "poll", None)


def counts(poll: Poll, *, results: bool) -> dict[str, Any]:
    """What changes in a poll; `votes` of each choice is for those who see the results."""
    return {"post": poll.pk, "voters": poll.voters_count, "votes": poll.votes if results else None}


def poll(row: Post) -> dict[str, Any] | None:
    """The poll of a post as `queries` annotated it for the viewer."""
    one = poll_of(row)
    if one is None:
        return None
    results = bool(getattr(row, "sees_results", False))
    votes = one.votes if results else [None] * len(one.choices)
    return {
        "choices": [{"text": text, "votes": number} for text, number in zip(one.choices, votes, strict=True)],
        "is_multiple": one.is_multiple,
        "voters_count": one.voters_count,
        "ends_at": one.ends_at,
        "is_over": one.is_over(),
        "my_vote": getattr(row, "my_vote", None) or [],
    }


class ChoiceOut(serializers.Serializer[Any]):
    text = serializers.CharField()
    votes = serializers.IntegerField(
        allow_null=True, help_text="Null until you have voted, unless the poll is over or yours."
    )


class PollOut(serializers.Serializer[Any]):
    choices = ChoiceOut(many=True)
    is_multiple = serializers.BooleanField(help_text="One may choose several.")
    voters_count = serializers.IntegerField(help_text="How many have voted; who, nobody learns.")
    ends_at = serializers.DateTimeField(allow_null=True)
    is_over = serializers.BooleanField()
    my_vote = serializers.ListField(
        child=serializers.IntegerField(), help_text="The places of what you have chosen, counted from 0."
    )


class PollIn(serializers.Serializer[Any]):
    choices = serializers.ListField(
        child=serializers.CharField(max_length=CHOICE_LIMIT), min_length=CHOICES_LEAST, max_length=CHOICES_MOST
    )
    is_multiple = serializers.BooleanField(required=False, default=False)
    ends_in = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=int(SHORTEST.total_seconds()),
        max_value=int(LONGEST.total_seconds()),
        help_text="Seconds from when the post is made; null: it does not end.",
    )


class VoteIn(serializers.Serializer[Any]):
    choices = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=CHOICES_MOST - 1),
        max_length=CHOICES_MOST,
        help_text="Places of what you choose, counted from 0; they replace what you chose before.",
    )

"""Reactions as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import people as accounts_serializers
from core.reactions import EMOJI_LIMIT, KIND_LENGTH, Kind
from feed.models.reactions import Reaction


def kind(one: Kind) -> dict[str, str]:
    return {"kind": one.kind, "emoji": one.emoji, "name": one.name}


def reactor(row: Reaction) -> dict[str, Any]:
    return {"person": accounts_serializers.person(row.user), "kind": row.kind, "created_at": row.created_at}


class KindOut(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="What a reaction is given as, and counted under.")
    emoji = serializers.CharField(help_text="Empty for those that clients have drawings of: like, love, laugh, ...")
    name = serializers.CharField()


class KindsOut(serializers.Serializer[Any]):
    results = KindOut(many=True)


class KindIn(serializers.Serializer[Any]):
    """One that is drawn, by its kind; or one's own, by emoji and name."""

    kind = serializers.CharField(required=False, allow_blank=True, max_length=KIND_LENGTH)
    emoji = serializers.CharField(required=False, allow_blank=True, max_length=EMOJI_LIMIT * 2)
    name = serializers.CharField(required=False, allow_blank=True, max_length=200)


class KindsIn(serializers.Serializer[Any]):
    reactions = KindIn(many=True, max_length=100)  # type: ignore[call-arg]


class ReactionIn(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=KIND_LENGTH, help_text="One of /api/v1/reactions.")


class Reactions(serializers.Serializer[Any]):
    """What stands after a reaction."""

    reactions = serializers.DictField(child=serializers.IntegerField())
    reactions_count = serializers.IntegerField()
    my_reaction = serializers.CharField(allow_null=True)


class Reactor(serializers.Serializer[Any]):
    person = accounts_serializers.Person()
    kind = serializers.CharField()
    created_at = serializers.DateTimeField()


class ReactorPage(serializers.Serializer[Any]):
    results = Reactor(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")

"""Reactions as JSON."""

from typing import Any

from rest_framework import serializers

from feed.models.reactions import ReactionKind


class ReactionIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=ReactionKind.choices)


class Reactions(serializers.Serializer[Any]):
    """What stands after a reaction."""

    reactions = serializers.DictField(child=serializers.IntegerField())
    reactions_count = serializers.IntegerField()
    my_reaction = serializers.ChoiceField(choices=ReactionKind.choices, allow_null=True)

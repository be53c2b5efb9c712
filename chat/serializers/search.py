"""What somebody looks for among their messages, and what was found, as JSON."""

from typing import Any

from rest_framework import serializers

from chat.models.words import HAS
from chat.serializers.messages import MessageOut


class Asking(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=100, required=False, default="", allow_blank=True, help_text="Words.")
    conversation = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False, help_text="Only there.")
    sender = serializers.CharField(max_length=60, required=False, default="", help_text="Only from this handle.")
    since = serializers.DateField(required=False, help_text="A day of your time zone; it counts.")
    until = serializers.DateField(required=False, help_text="A day of your time zone; it counts.")
    has = serializers.ChoiceField(choices=HAS, required=False, default="", allow_blank=True)


class FoundList(serializers.Serializer[Any]):
    results = MessageOut(many=True)
    next = serializers.CharField(allow_null=True)


class Day(serializers.Serializer[Any]):
    day = serializers.DateField(help_text="A day of your time zone.")


class Place(serializers.Serializer[Any]):
    after = serializers.IntegerField(help_text="The `seq` after which that day begins, or what came next.")

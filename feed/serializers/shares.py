"""Shares as JSON; a share itself is shown as every post."""

from typing import Any

from rest_framework import serializers

from accounts.models.relations import Audience
from feed.models.posts import TEXT_LIMIT


class ShareIn(serializers.Serializer[Any]):
    text = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        help_text=f"Up to {TEXT_LIMIT} characters; without words it stands once.",
    )
    audience = serializers.ChoiceField(
        choices=Audience.choices, default=Audience.MEMBERS, help_text="Not wider than that of the shared post."
    )
    client_id = serializers.CharField(
        required=False, allow_null=True, default=None, max_length=64, help_text="Yours; a repeat stands once."
    )

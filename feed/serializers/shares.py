"""Shares as JSON; a share itself is shown as every post."""

from typing import Any

from rest_framework import serializers

from accounts.models.relations import Audience
from feed.models.posts import TEXT_LIMIT, Post


def lost_share(row: Post) -> dict[str, Any]:
    """Nothing of what it shares."""
    return {"id": row.pk, "audience": row.audience, "created_at": row.created_at}


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


class LostShareOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    audience = serializers.ChoiceField(choices=Audience.choices)
    created_at = serializers.DateTimeField()


class LostSharePage(serializers.Serializer[Any]):
    results = LostShareOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")

"""Hidden posts as JSON."""

from typing import Any

from rest_framework import serializers

from feed.models.hidden import HiddenPost


def hidden_post(row: HiddenPost) -> dict[str, Any]:
    return {"post": row.post_id, "url": row.post.get_absolute_url(), "created_at": row.created_at}


class HiddenPostOut(serializers.Serializer[Any]):
    post = serializers.IntegerField()
    url = serializers.CharField()
    created_at = serializers.DateTimeField(help_text="When you hid it.")


class HiddenPostPage(serializers.Serializer[Any]):
    results = HiddenPostOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")

"""Muted conversations as JSON."""

from typing import Any

from rest_framework import serializers

from feed.models.mutes import MutedPost


def muted_post(row: MutedPost) -> dict[str, Any]:
    return {"post": row.post_id, "url": row.post.get_absolute_url(), "until": row.until}


class MutedPostOut(serializers.Serializer[Any]):
    post = serializers.IntegerField()
    url = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True, help_text="Null: for ever.")


class MutedPostPage(serializers.Serializer[Any]):
    results = MutedPostOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")

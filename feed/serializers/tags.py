"""Hashtags as JSON."""

from typing import Any

from rest_framework import serializers

from core import text
from feed.models.sources import Subscription


def tag(row: Subscription) -> dict[str, Any]:
    name = row.source.name or ""
    return {"name": name, "url": text.tag_url(name), "since": row.created_at}


class TagOut(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Folded: without case and accents.")
    url = serializers.CharField()
    since = serializers.DateTimeField()


class TagPage(serializers.Serializer[Any]):
    results = TagOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")

"""Hashtags that complete what is typed, as JSON."""

from typing import Any

from rest_framework import serializers

from core import text


def tag(name: str) -> dict[str, Any]:
    return {"name": name, "url": text.tag_url(name)}


class Tag(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Folded: without case and accents.")
    url = serializers.CharField()


class Tags(serializers.Serializer[Any]):
    results = Tag(many=True)

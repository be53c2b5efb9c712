"""Sticker packs as JSON."""

from typing import Any

from rest_framework import serializers

from chat.access import stickers as sticker_access
from chat.serializers.messages import StickerOut


def pack(shown: sticker_access.Pack) -> dict[str, Any]:
    """What can be sent of it, named in the reader's language."""
    stickers = [{"id": one.id, "url": one.url, "name": one.label} for one in shown.given]
    return {"key": shown.key, "name": shown.label, "stickers": stickers}


class PackOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    stickers = StickerOut(many=True)


class PackList(serializers.Serializer[Any]):
    results = PackOut(many=True)

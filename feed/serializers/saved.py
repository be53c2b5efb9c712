"""Collections of saved posts as JSON; the posts themselves are as everywhere."""

from typing import Any

from rest_framework import serializers

from feed.models.saved import NAME_LENGTH, Collection


def collection(row: Collection) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "url": row.get_absolute_url(), "created_at": row.created_at}


class CollectionOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    url = serializers.CharField()
    created_at = serializers.DateTimeField()


class Collections(serializers.Serializer[Any]):
    results = CollectionOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null: they come at once, 100 at most.")


class CollectionIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=NAME_LENGTH)


class SaveIn(serializers.Serializer[Any]):
    collection = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="One of your collections; null: in none. Left out: it stays in the one it is in.",
    )

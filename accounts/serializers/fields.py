"""Fields of profiles and crops of pictures as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.models.fields import LABEL_LENGTH, VALUE_LENGTH, FieldKind, ProfileField
from accounts.models.relations import Audience


def field(row: ProfileField) -> dict[str, str]:
    return {"kind": row.kind, "label": row.label, "value": row.value}


def own_field(row: ProfileField) -> dict[str, str]:
    return {**field(row), "audience": row.audience}


class Field(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=FieldKind.choices)
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=LABEL_LENGTH, allow_blank=True, default="", help_text="Title of a link, name of an own field."
    )
    value = serializers.CharField(
        max_length=VALUE_LENGTH, help_text="A birthday is 1991-04-09, or --04-09 without its year; a link is https."
    )


class OwnField(Field):
    audience = serializers.ChoiceField(choices=Audience.choices)


class Crop(serializers.Serializer[Any]):
    """A piece of the upright picture, in parts of its width and height."""

    x = serializers.FloatField(min_value=0, max_value=1)
    y = serializers.FloatField(min_value=0, max_value=1)
    width = serializers.FloatField(min_value=0, max_value=1)
    height = serializers.FloatField(min_value=0, max_value=1)


class OwnPictureIn(serializers.Serializer[Any]):
    upload = serializers.UUIDField(help_text="Your ready upload with this purpose (avatar, cover).")
    crop = Crop(required=False, allow_null=True, help_text="Without it the middle is taken.")

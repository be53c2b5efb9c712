"""An upload as JSON: for its owner through the API and over the socket, and for those who see what it hangs on."""

from typing import Any

from rest_framework import serializers

from uploads.models import Upload


class PictureOut(serializers.Serializer[Upload]):
    """What a page needs to show a picture; its links end within the hour."""

    key = serializers.UUIDField()
    url = serializers.CharField(source="src", help_text="640 pixels wide, or what is next to it.")
    srcset = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    color = serializers.CharField(help_text="#rrggbb, until the picture is there.")
    animated = serializers.BooleanField()
    alt = serializers.CharField()


class UploadOut(PictureOut):
    """The same for the owner, with how far it is. Links are empty until it is ready."""

    purpose = serializers.CharField()
    state = serializers.ChoiceField(choices=Upload.State.choices)
    reason = serializers.CharField(help_text="Why it failed, as a code; empty otherwise.")
    detail = serializers.CharField(source="trouble", help_text="The same as a sentence.")
    name = serializers.CharField()
    bytes = serializers.IntegerField()
    type = serializers.CharField()


class UploadIn(serializers.Serializer[Upload]):
    file = serializers.FileField(allow_empty_file=True)
    purpose = serializers.CharField(max_length=32)
    alt = serializers.CharField(required=False, allow_blank=True, default="", max_length=Upload.ALT_LENGTH)


class PieceIn(serializers.Serializer[Upload]):
    """A rectangle in parts of the whole: 0 is left or top, 1 is right or bottom."""

    left = serializers.FloatField(min_value=0, max_value=1)
    top = serializers.FloatField(min_value=0, max_value=1)
    width = serializers.FloatField(min_value=0, max_value=1)
    height = serializers.FloatField(min_value=0, max_value=1)


def present(upload: Upload) -> dict[str, Any]:
    """For the owner."""
    return dict(UploadOut(upload).data)


def present_picture(upload: Upload) -> dict[str, Any]:
    """For everybody who may see it."""
    return dict(PictureOut(upload).data)

"""Drafts and scheduled posts as JSON, for their author alone."""

from typing import Any

from rest_framework import serializers

from accounts.models.relations import Audience
from feed.models.drafts import Draft
from feed.serializers import posts as post_serializers
from uploads import serializers as upload_serializers


def draft(row: Draft) -> dict[str, Any]:
    return {
        "id": row.pk,
        "client_id": row.client_id,
        "revision": row.revision,
        "url": row.get_absolute_url(),
        "text": row.text,
        "audience": row.audience,
        "show_preview": row.show_preview,
        "pictures": [
            {**upload_serializers.present_picture(one.upload), "alt": one.alt}
            for one in row.pictures.all()
            if one.upload
        ],
        "parts": row.parts,
        "in_composer": not row.is_kept,
        "publish_at": row.publish_at,
        "trouble": row.trouble,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


class DraftOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    client_id = serializers.CharField(help_text="What the post will have; saving under it again changes this draft.")
    revision = serializers.IntegerField(help_text="How often it was saved.")
    url = serializers.CharField()
    text = serializers.CharField()
    audience = serializers.ChoiceField(choices=Audience.choices)
    show_preview = serializers.BooleanField()
    pictures = upload_serializers.PictureOut(many=True)
    parts = serializers.DictField(help_text="What else the post will have, by the names that creating a post takes.")
    in_composer = serializers.BooleanField(help_text="What stands in the composer on every device; there is one.")
    publish_at = serializers.DateTimeField(allow_null=True, help_text="It becomes a post then, by itself.")
    trouble = serializers.CharField(help_text="Why it could not become one at that time; empty otherwise.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DraftPage(serializers.Serializer[Any]):
    results = DraftOut(many=True)
    next = serializers.CharField(allow_null=True)


class DraftIn(post_serializers.PostIn):
    """Everything a post may have, and when it shall appear."""

    publish_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="A minute to a year from now, with its offset."
    )
    in_composer = serializers.BooleanField(
        required=False, default=False, help_text="It takes the composer's place; what stood there is kept."
    )
    revision = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, help_text="The one you changed, else 409; 0: none."
    )


class DraftPatch(DraftIn):
    client_id = None  # type: ignore[assignment]
    in_composer = None  # type: ignore[assignment]

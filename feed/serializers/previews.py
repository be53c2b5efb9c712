"""Cards of links as JSON."""

from typing import Any

from rest_framework import serializers

from feed.models.previews import LinkPreview
from uploads import serializers as upload_serializers


def preview(row: LinkPreview | None) -> dict[str, Any] | None:
    if row is None:
        return None
    picture = row.upload if row.upload is not None and row.upload.is_ready else None
    return {
        "url": row.url,
        "host": row.host,
        "title": row.title,
        "description": row.description,
        "site_name": row.site_name,
        "picture": upload_serializers.present_picture(picture) if picture is not None else None,
    }


class PreviewOut(serializers.Serializer[Any]):
    """What the page says of itself; plain words, never markup."""

    url = serializers.CharField()
    host = serializers.CharField(help_text="In ASCII, so that no letter looks like another.")
    title = serializers.CharField()
    description = serializers.CharField()
    site_name = serializers.CharField()
    picture = upload_serializers.PictureOut(allow_null=True)

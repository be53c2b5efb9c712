"""The one video or sound of a post as JSON."""

from typing import Any

from feed.models.posts import PostPicture
from uploads import serializers as upload_serializers


def films(row: PostPicture | None) -> dict[str, Any]:
    """`video` and `audio`, of which at most one is there."""
    shown = {**upload_serializers.present_film(row.shown), "alt": row.alt} if row else None
    medium = row.upload.medium if row else ""
    return {"video": shown if medium == "video" else None, "audio": shown if medium == "audio" else None}

"""An upload as JSON: for its owner through the API and over the socket, and for those who see what it hangs on."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from uploads import docks, frames
from uploads.models import LinkPreview, Slot, Upload

WAYS = 100  # addresses in one answer


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


class SourceOut(serializers.Serializer[Any]):
    url = serializers.CharField()
    type = serializers.CharField()
    width = serializers.IntegerField(help_text="0 for sounds.")
    height = serializers.IntegerField()
    bytes = serializers.IntegerField()


class TrackOut(serializers.Serializer[Any]):
    url = serializers.CharField(help_text="WebVTT.")
    language = serializers.CharField()
    label = serializers.CharField(help_text="The language in its own words.")  # type: ignore[assignment]


class SoundOut(serializers.Serializer[Upload]):
    """What a player needs; its links end within the hour."""

    key = serializers.UUIDField()
    alt = serializers.CharField()
    duration = serializers.FloatField(source="exact_seconds", help_text="Seconds.")
    sources = SourceOut(many=True, help_text="MP4 (H.264, AAC) or M4A (AAC), the largest first.")
    captions = TrackOut(source="tracks", many=True)


class VideoOut(SoundOut):
    poster = serializers.CharField(source="poster_url")
    color = serializers.CharField(help_text="#rrggbb, until the poster is there.")
    width = serializers.IntegerField(help_text="Of the video as it came, upright.")
    height = serializers.IntegerField()


class UploadOut(PictureOut):
    """The same for the owner, with how far it is. Links are empty until it is ready."""

    purpose = serializers.CharField()
    state = serializers.ChoiceField(choices=Upload.State.choices)
    reason = serializers.CharField(help_text="Why it failed, as a code; empty otherwise.")
    detail = serializers.CharField(source="trouble", help_text="The same as a sentence.")
    name = serializers.CharField()
    bytes = serializers.IntegerField()
    type = serializers.CharField()
    medium = serializers.ChoiceField(choices=Upload.Medium.choices)
    progress = serializers.IntegerField(help_text="Percent prepared, of a video or a sound.")
    can_retry = serializers.BooleanField(help_text="It failed, and trying again (`/retry`) may help.")
    duration = serializers.FloatField(source="exact_seconds", help_text="Seconds; 0 for pictures.")
    sources = SourceOut(many=True)
    captions = TrackOut(source="tracks", many=True)


class UploadIn(serializers.Serializer[Upload]):
    file = serializers.FileField(allow_empty_file=True)
    purpose = serializers.CharField(max_length=32)
    alt = serializers.CharField(required=False, allow_blank=True, default="", max_length=Upload.ALT_LENGTH)


class DescriptionIn(serializers.Serializer[Upload]):
    alt = serializers.CharField(allow_blank=True, max_length=Upload.ALT_LENGTH)


class PieceIn(serializers.Serializer[Upload]):
    """A rectangle in parts of the whole: 0 is left or top, 1 is right or bottom."""

    left = serializers.FloatField(min_value=0, max_value=1)
    top = serializers.FloatField(min_value=0, max_value=1)
    width = serializers.FloatField(min_value=0, max_value=1)
    height = serializers.FloatField(min_value=0, max_value=1)


class CaptionsIn(serializers.Serializer[Upload]):
    file = serializers.FileField(help_text="A WebVTT file (.vtt) in UTF-8.")
    language = serializers.CharField(max_length=16, help_text="As in <track srclang>: en, pt-br.")


class SlotIn(serializers.Serializer[Slot]):
    """What will come."""

    purpose = serializers.CharField(max_length=32)
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=255)
    type = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)
    bytes = serializers.IntegerField(min_value=0, max_value=2**53, help_text="Exactly.")
    alt = serializers.CharField(required=False, allow_blank=True, default="", max_length=Upload.ALT_LENGTH)


class WayOut(serializers.Serializer[docks.Way]):
    """How to send one part: its bytes as the body (PUT), or as the last field, `file`, of a form (POST)."""

    number = serializers.IntegerField(help_text="Counted from 1.")
    bytes = serializers.IntegerField(help_text="Exactly so many of the file, beginning at (number - 1) * part_bytes.")
    method = serializers.ChoiceField(choices=["PUT", "POST"])
    url = serializers.CharField()
    form = serializers.DictField(child=serializers.CharField(), help_text="Its fields before the file; empty for PUT.")


class SlotOut(serializers.Serializer[dict[str, Any]]):
    """Where to send what, and what has arrived. Addresses are good for 15 minutes; ask again for new ones."""

    key = serializers.UUIDField(help_text="Of the upload, once it is finished.")
    bytes = serializers.IntegerField()
    part_bytes = serializers.IntegerField(help_text="Of every part but the last.")
    parts = serializers.IntegerField(help_text="How many there are.")
    arrived = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers of parts that are there.")
    ways = WayOut(many=True, help_text="For the next parts that are not; when they are there, ask again.")
    ends_at = serializers.DateTimeField(help_text="Of these addresses.")
    opening = serializers.BooleanField(
        help_text="The storage is being asked: nothing is known of what has arrived, and there are no addresses yet. "
        "Ask for the slot again in half a second."
    )


def present_slot(slot: Slot, arrived: dict[int, int]) -> dict[str, Any]:
    """For its owner."""
    there = [number for number in range(1, slot.parts + 1) if arrived.get(number) == slot.size_of(number)]
    opening = slot.asked_at is not None
    missing = [] if opening else sorted(set(range(1, slot.parts + 1)) - set(there))[:WAYS]
    dock = docks.dock()
    said = {
        "key": slot.key,
        "bytes": slot.bytes,
        "part_bytes": slot.part_bytes,
        "parts": slot.parts,
        "arrived": there,
        "ways": [dock.way(slot, number) for number in missing],
        "ends_at": timezone.now() + docks.OPEN,
        "opening": opening,
    }
    return dict(SlotOut(said).data)


def present(upload: Upload) -> dict[str, Any]:
    """For the owner."""
    return dict(UploadOut(upload).data)


def progress(upload: Upload) -> frames.Progress:
    """What the owner hears while it is prepared."""
    return frames.Progress(str(upload.key), upload.state, upload.progress)


def present_film(upload: Upload) -> dict[str, Any]:
    """A video or a sound, for everybody who may see it."""
    kind = VideoOut if upload.medium == Upload.Medium.VIDEO else SoundOut
    return dict(kind(upload).data)


def present_picture(upload: Upload) -> dict[str, Any]:
    """For everybody who may see it."""
    return dict(PictureOut(upload).data)


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
        "picture": present_picture(picture) if picture is not None else None,
    }


class PreviewOut(serializers.Serializer[Any]):
    """What the page says of itself; plain words, never markup."""

    url = serializers.CharField()
    host = serializers.CharField(help_text="In ASCII, so that no letter looks like another.")
    title = serializers.CharField()
    description = serializers.CharField()
    site_name = serializers.CharField()
    picture = PictureOut(allow_null=True)

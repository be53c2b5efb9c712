"""What messages carry, as JSON: the same for every member, for links to media are the same for all readers."""

from typing import Any

import msgspec
from django.urls import reverse
from rest_framework import serializers

from chat import frames
from chat.models.files import FileKind, MessageFile
from uploads.models import Upload


def file(row: MessageFile) -> frames.File:
    """Its upload is fetched with it."""
    upload = row.upload
    shown = upload.medium != Upload.Medium.FILE
    path = [row.conversation_id, row.message.seq, upload.key]
    return frames.File(
        key=upload.key,
        kind=row.kind,
        medium=upload.medium,
        type=upload.type,
        bytes=upload.bytes,
        url=first_link(upload) if shown else reverse("chat:api_file", args=path),
        name=row.name,
        alt=upload.alt,
        width=upload.width,
        height=upload.height,
        color=upload.color,
        poster=upload.poster_url if upload.medium == Upload.Medium.VIDEO else "",
        duration=upload.exact_seconds,
        peaks=upload.peaks,
    )


def first_link(upload: Upload) -> str:
    """Of a video or sound the best one; `/uploads/{key}/picture` and `/film` say all, and say them anew."""
    return str(upload.sources[0]["url"]) if upload.sources else upload.src


def listed(row: MessageFile) -> dict[str, Any]:
    """One of the files of a conversation, with the message that carries it."""
    said = file(row)
    return {
        **msgspec.structs.asdict(said),
        "seq": row.message.seq,
        "sender": row.message.sender_id,
        "created_at": row.message.created_at,
    }


class FileOut(serializers.Serializer[Any]):
    key = serializers.UUIDField(help_text="Of the upload.")
    kind = serializers.ChoiceField(choices=FileKind.choices)
    medium = serializers.ChoiceField(choices=Upload.Medium.choices)
    type = serializers.CharField(help_text="Of what was sent, by content.")
    bytes = serializers.IntegerField(help_text="Of what was sent.")
    url = serializers.CharField(help_text="Shows or plays it, and ends within the hour; a file is taken along from it.")
    name = serializers.CharField(help_text="Of a file; empty for what is shown.")
    alt = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    color = serializers.CharField(help_text="#rrggbb, until the picture is there.")
    poster = serializers.CharField(help_text="Of a video.")
    duration = serializers.FloatField(help_text="Seconds; 0 for what does not play.")
    peaks = serializers.ListField(
        child=serializers.IntegerField(), help_text="How loud a sound is from beginning to end, of 100."
    )


class ListedFileOut(FileOut):
    seq = serializers.IntegerField(help_text="Of the message that carries it.")
    sender = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()


class FileList(serializers.Serializer[Any]):
    results = ListedFileOut(many=True)
    next = serializers.CharField(allow_null=True)


class FilesAsked(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=FileKind.choices, default=FileKind.MEDIA)
    cursor = serializers.CharField(required=False, default="", allow_blank=True, help_text="`next` of the page before.")

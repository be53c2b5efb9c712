"""Export, import and deletion as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.models.archives import Archive, ArchiveState, Import
from accounts.models.life import Departure


def archive(row: Archive) -> dict[str, Any]:
    """How far a zip is."""
    return {
        "state": row.state,
        "percent": row.percent,
        "reason": row.reason,
        "bytes": row.bytes,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "expires_at": row.expires_at,
    }


def bringing(row: Import) -> dict[str, Any]:
    return {**archive(row), "report": row.report}


def departure(row: Departure) -> dict[str, Any]:
    return {"asked_at": row.asked_at, "due_at": row.due_at, "take_messages": row.take_messages}


class ExportOut(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=ArchiveState.choices)
    percent = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True, help_text="Why it waits for another attempt, or failed: a code.")
    bytes = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Until then it can be fetched.")


class Report(serializers.Serializer[Any]):
    posts = serializers.IntegerField(required=False, help_text="Posts that came.")
    before = serializers.IntegerField(required=False, help_text="Posts that were here already.")
    refused = serializers.IntegerField(required=False, help_text="Posts that could not be read.")
    pictures = serializers.IntegerField(required=False)
    people = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Handles of theirs that somebody here has, too."
    )
    left = serializers.DictField(
        child=serializers.IntegerField(), required=False, help_text="What belongs to other people's things stays there."
    )


class ImportOut(ExportOut):
    report = Report()


class ImportIn(serializers.Serializer[Any]):
    file = serializers.FileField()
    only_me = serializers.BooleanField(default=False, help_text="For the member's eyes only, whatever it was.")


class DeletionIn(serializers.Serializer[Any]):
    password = serializers.CharField(
        default="", trim_whitespace=False, help_text="Without one: log in, and ask within 15 minutes."
    )
    take_messages = serializers.BooleanField(default=False, help_text="Take along what was written to others.")


class DeletionOut(serializers.Serializer[Any]):
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="Until then it can be stopped.")
    take_messages = serializers.BooleanField()

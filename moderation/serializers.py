"""Reports as JSON: for whoever made them, and for moderators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.urls import reverse
from rest_framework import serializers

from accounts.models.people import User
from accounts.serializers import people as people_serializers
from chat.models.files import MessageFile
from chat.serializers import files as file_serializers
from moderation.models import WORDS_LIMIT, Reason, Report


def report(row: Report) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "subject": row.subject_id,
        "reason": row.reason,
        "words": row.words,
        "created_at": row.changed_at,
    }


class ReportIn(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=20, help_text="person, post or comment.")
    subject = serializers.IntegerField(min_value=1, help_text="The id of what you report.")
    reason = serializers.ChoiceField(choices=Reason.choices)
    words = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        help_text=f"What a moderator should know, up to {WORDS_LIMIT} characters.",
    )


class ReportOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    subject = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=Reason.choices)
    words = serializers.CharField()
    created_at = serializers.DateTimeField()


# -- For moderators ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """A thing and what is said about it, the latest first. `seen` and `number` say which reports these are; `files` is
    what it carries that stands nowhere else for moderators."""

    first: Report
    label: str
    member: User
    url: str
    reports: Sequence[Report]
    number: int
    seen: datetime
    files: Sequence[MessageFile] = ()


def group(row: Group) -> dict[str, Any]:
    return {
        "report": row.first.pk,
        "kind": row.first.kind,
        "subject": row.first.subject_id,
        "url": row.url,
        "member": people_serializers.person(row.member),
        "number": row.number,
        "seen": row.seen,
        "reports": [
            {**report(one), "copy": one.copy, "reporter": people_serializers.person(one.reporter)}
            for one in row.reports
        ],
        "files": [_file(one, row.first) for one in row.files],
    }


def _file(one: MessageFile, first: Report) -> dict[str, Any]:
    """As those who see the message have it, but for where it is taken along from."""
    said = msgspec.structs.asdict(file_serializers.file(one))
    if one.upload.is_file:
        said["url"] = reverse("moderation:api_file", args=[first.pk, one.upload.key])
    return said


class ReportRead(ReportOut):
    copy = serializers.CharField(help_text="What it said when it was reported.")
    reporter = people_serializers.Person()


class ReportGroup(serializers.Serializer[Any]):
    report = serializers.IntegerField(help_text="The first report of this thing; close them all by it.")
    kind = serializers.CharField()
    subject = serializers.IntegerField()
    url = serializers.CharField()
    member = people_serializers.Person(help_text="Whose it is.")
    number = serializers.IntegerField(help_text="How many reports are open.")
    seen = serializers.DateTimeField(help_text="When the latest was written.")
    reports = ReportRead(many=True, help_text="The latest of them.")
    files = file_serializers.FileOut(
        many=True, help_text="What a message carries still; yours to see as long as it waits."
    )


class ReportGroups(serializers.Serializer[Any]):
    results = ReportGroup(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")


class CloseIn(serializers.Serializer[Any]):
    """Which reports you had before you, as the list said."""

    seen = serializers.DateTimeField()
    number = serializers.IntegerField(min_value=1)

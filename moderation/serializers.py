"""Reports as JSON, for whoever made them."""

from typing import Any

from rest_framework import serializers

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

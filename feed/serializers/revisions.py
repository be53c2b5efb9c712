"""Versions of posts as JSON."""

from typing import Any

from rest_framework import serializers

from feed.models.revisions import Revision


def revision(row: Revision) -> dict[str, Any]:
    return {"text": row.text, "html": row.html, "warning": row.warning, "written_at": row.written_at}


class RevisionOut(serializers.Serializer[Any]):
    text = serializers.CharField()
    html = serializers.CharField()
    warning = serializers.CharField()
    written_at = serializers.DateTimeField(help_text="From when the post said this.")


class RevisionPage(serializers.Serializer[Any]):
    results = RevisionOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")

"""Comments as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import people as accounts_serializers
from feed.models.comments import COMMENT_LIMIT, Comment
from feed.models.reactions import ReactionKind


def comment(row: Comment) -> dict[str, Any]:
    """A comment as `queries` annotated it for the viewer."""
    return {
        "id": row.pk,
        "post": row.post_id,
        "url": row.get_absolute_url(),
        "author": accounts_serializers.person(row.author),
        "text": row.text,
        "html": row.html,
        "reactions": row.reactions,
        "reactions_count": row.reactions_count,
        "my_reaction": getattr(row, "my_reaction", None),
        "created_at": row.created_at,
    }


class CommentOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    post = serializers.IntegerField()
    url = serializers.CharField()
    author = accounts_serializers.Person()
    text = serializers.CharField()
    html = serializers.CharField()
    reactions = serializers.DictField(child=serializers.IntegerField())
    reactions_count = serializers.IntegerField()
    my_reaction = serializers.ChoiceField(choices=ReactionKind.choices, allow_null=True)
    created_at = serializers.DateTimeField()


class CommentPage(serializers.Serializer[Any]):
    results = CommentOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")


class CommentIn(serializers.Serializer[Any]):
    text = serializers.CharField(trim_whitespace=False, help_text=f"Up to {COMMENT_LIMIT} characters.")
    client_id = serializers.CharField(required=False, allow_null=True, default=None, max_length=64)

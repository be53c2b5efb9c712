"""Comments as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import people as accounts_serializers
from feed.models.comments import COMMENT_LIMIT, Comment
from feed.models.posts import ALT_LIMIT
from uploads import serializers as upload_serializers


def comment(row: Comment) -> dict[str, Any]:
    """A comment as `queries` annotated it for the viewer, a first-level one with its last replies."""
    return {**_row(row), "replies": [_row(answer) for answer in getattr(row, "answers", [])]}


def _row(row: Comment) -> dict[str, Any]:
    gone = getattr(row, "is_gone", False)
    said = _nothing() if gone or row.author is None else _said(row, accounts_serializers.person(row.author))
    return {
        "id": row.pk,
        "post": row.post_id,
        "parent": row.parent_id,
        "url": row.get_absolute_url(),
        "is_gone": gone,
        **said,
        "replies_count": row.replies_count,
    }


def _said(row: Comment, author: accounts_serializers.PersonDict) -> dict[str, Any]:
    picture = {**upload_serializers.present_picture(row.picture), "alt": row.alt} if row.picture else None
    return {
        "author": author,
        "text": row.text,
        "html": row.html,
        "picture": picture,
        "reactions": row.reactions,
        "reactions_count": row.reactions_count,
        "my_reaction": getattr(row, "my_reaction", None),
        "created_at": row.created_at,
        "edited_at": row.edited_at,
    }


def _nothing() -> dict[str, Any]:
    words = {"author": None, "text": "", "html": "", "picture": None, "created_at": None, "edited_at": None}
    return {**words, "reactions": {}, "reactions_count": 0, "my_reaction": None}


class ReplyOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    post = serializers.IntegerField()
    parent = serializers.IntegerField(  # type: ignore[assignment]
        allow_null=True, help_text="Of a reply: the first-level comment it hangs on."
    )
    url = serializers.CharField()
    is_gone = serializers.BooleanField(help_text="Only its place is left, for the replies: no author, no words.")
    author = accounts_serializers.Person(allow_null=True)
    text = serializers.CharField()
    html = serializers.CharField()
    picture = upload_serializers.PictureOut(allow_null=True)
    reactions = serializers.DictField(child=serializers.IntegerField())
    reactions_count = serializers.IntegerField()
    my_reaction = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True)
    edited_at = serializers.DateTimeField(allow_null=True)
    replies_count = serializers.IntegerField()


class CommentOut(ReplyOut):
    replies = ReplyOut(many=True, help_text="The last ones, in order of time; all: /api/v1/comments/{id}/replies.")


class CommentPage(serializers.Serializer[Any]):
    results = CommentOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")


class CommentPictureIn(serializers.Serializer[Any]):
    key = serializers.UUIDField(help_text="The key of an upload of yours for the purpose `comment` that is ready.")
    alt = serializers.CharField(required=False, allow_blank=True, default="", max_length=ALT_LIMIT)


class CommentIn(serializers.Serializer[Any]):
    text = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        help_text=f"Up to {COMMENT_LIMIT} characters; may be empty beside a picture.",
    )
    parent = serializers.IntegerField(  # type: ignore[assignment]
        required=False,
        allow_null=True,
        default=None,
        help_text="The comment that this answers. An answer to a reply hangs on the first-level comment, and names "
        "whom it answers.",
    )
    picture = CommentPictureIn(required=False, allow_null=True, default=None)
    client_id = serializers.CharField(required=False, allow_null=True, default=None, max_length=64)


class CommentPatch(serializers.Serializer[Any]):
    text = serializers.CharField(allow_blank=True, trim_whitespace=False, help_text="The picture stays.")

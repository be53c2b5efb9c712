"""Posts as JSON. The functions make it, for API and realtime; the classes describe and check it."""

from typing import Any

from rest_framework import serializers

from accounts.models.relations import Audience
from accounts.serializers import people as accounts_serializers
from feed.models.posts import PICTURES_LIMIT, TEXT_LIMIT, Post, PostPicture
from feed.serializers import films, previews
from uploads import serializers as upload_serializers


def counts(post: Post) -> dict[str, Any]:
    """What changes under a post without anybody editing it."""
    return {"post": post.pk, "reactions": post.reactions, "comments": post.comments_count}


def picture(row: PostPicture) -> dict[str, Any]:
    return {**upload_serializers.present_picture(row.shown), "alt": row.alt}


def post(row: Post) -> dict[str, Any]:
    """A post as `queries` annotated it for the viewer."""
    return {
        "id": row.pk,
        "url": row.get_absolute_url(),
        "author": accounts_serializers.person(row.author),
        "text": row.text,
        "html": row.html,
        "audience": row.audience,
        "pictures": [picture(one) for one in row.photos],
        **films.films(row.film),
        "preview": previews.preview(row.link_card),
        "reactions": row.reactions,
        "reactions_count": row.reactions_count,
        "comments_count": row.comments_count,
        "my_reaction": getattr(row, "my_reaction", None),
        "conversation_muted": bool(getattr(row, "is_quiet", False)),
        "hidden": bool(getattr(row, "is_hidden", False)),
        "saved": bool(getattr(row, "is_saved", False)),
        "created_at": row.created_at,
        "edited_at": row.edited_at,
    }


class PostOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    url = serializers.CharField()
    author = accounts_serializers.Person()
    text = serializers.CharField()
    html = serializers.CharField(help_text="The text, rendered and safe to show.")
    audience = serializers.ChoiceField(choices=Audience.choices)
    pictures = upload_serializers.PictureOut(many=True)
    video = upload_serializers.VideoOut(allow_null=True)
    audio = upload_serializers.SoundOut(allow_null=True)
    preview = previews.PreviewOut(allow_null=True, help_text="The card of its first link, once that is fetched.")
    reactions = serializers.DictField(child=serializers.IntegerField(), help_text="How many of each kind.")
    reactions_count = serializers.IntegerField()
    comments_count = serializers.IntegerField()
    my_reaction = serializers.CharField(allow_null=True)
    conversation_muted = serializers.BooleanField(help_text="You mute what is said under it.")
    hidden = serializers.BooleanField(help_text="You do not want to meet it in your feeds.")
    saved = serializers.BooleanField(help_text="You keep it; only you know.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)


class PostPage(serializers.Serializer[Any]):
    results = PostOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")


class PictureIn(serializers.Serializer[Any]):
    key = serializers.UUIDField(
        help_text="The key of an upload of yours that is ready: a picture, or alone a video or a sound."
    )
    alt = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class PostIn(serializers.Serializer[Any]):
    text = serializers.CharField(
        required=False, allow_blank=True, default="", trim_whitespace=False, help_text=f"Up to {TEXT_LIMIT} characters."
    )
    audience = serializers.ChoiceField(choices=Audience.choices, default=Audience.MEMBERS)
    pictures = PictureIn(many=True, required=False, default=list, max_length=PICTURES_LIMIT)  # type: ignore[call-arg]
    client_id = serializers.CharField(
        required=False, allow_null=True, default=None, max_length=64, help_text="Yours; a repeat stands once."
    )
    show_preview = serializers.BooleanField(
        required=False, default=True, help_text="A card of the first link, which the site fetches a moment later."
    )


class PostPatch(serializers.Serializer[Any]):
    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    audience = serializers.ChoiceField(choices=Audience.choices, required=False)

"""Posts as JSON. The functions make it, for API and realtime; the classes describe and check it."""

from typing import Any

from rest_framework import serializers

from accounts.models.relations import Audience
from accounts.serializers import people as accounts_serializers
from feed import frames
from feed.models.posts import PICTURES_LIMIT, TEXT_LIMIT, WARNING_LIMIT, Post, PostPicture
from feed.serializers import films, polls
from uploads import serializers as upload_serializers


def counts(post: Post) -> dict[str, Any]:
    """What changes under a post without anybody editing it."""
    return {"post": post.pk, "reactions": post.reactions, "comments": post.comments_count, "shares": post.shares_count}


def watched(row: Post) -> frames.Watched:
    """The counts as a watcher begins with them, those of a poll too, and which version they are of."""
    poll = polls.poll_of(row)
    results = bool(getattr(row, "sees_results", False))
    votes = None if poll is None else frames.Votes(**polls.counts(poll, results=results))
    return frames.Watched(**counts(row), version=row.version, poll=votes)


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
        "warning": row.warning,
        "audience": row.audience,
        "pictures": [picture(one) for one in row.photos],
        **films.films(row.film),
        "preview": upload_serializers.preview(row.link_card),
        "poll": polls.poll(row),
        "is_share": row.is_share,
        "shared": shared(row.original, folded=bool(getattr(row, "folds_shared", False))) if row.original else None,
        "shares_count": row.shares_count,
        "my_share": getattr(row, "my_share", None),
        "reactions": row.reactions,
        "reactions_count": row.reactions_count,
        "comments_count": row.comments_count,
        "comments_off": row.comments_off,
        "pinned": row.pinned_at is not None,
        "my_reaction": getattr(row, "my_reaction", None),
        "conversation_muted": bool(getattr(row, "is_quiet", False)),
        "hidden": bool(getattr(row, "is_hidden", False)),
        "saved": bool(getattr(row, "is_saved", False)),
        "created_at": row.created_at,
        "edited_at": row.edited_at,
        "version": row.version,
    }


def shared(row: Post, *, folded: bool) -> dict[str, Any]:
    """What stands inside a share."""
    return {
        "id": row.pk,
        "url": row.get_absolute_url(),
        "author": accounts_serializers.person(row.author),
        "text": row.text,
        "warning": row.warning,
        "html": row.html,
        "pictures": [picture(one) for one in row.photos],
        **films.films(row.film),
        "preview": upload_serializers.preview(row.link_card),
        "shares_count": row.shares_count,
        "folded": folded,
        "created_at": row.created_at,
        "edited_at": row.edited_at,
    }


class SharedOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    url = serializers.CharField()
    author = accounts_serializers.Person()
    text = serializers.CharField()
    warning = serializers.CharField(help_text="What to know before it is unfolded; or empty.")
    html = serializers.CharField(help_text="The text, rendered and safe to show.")
    pictures = upload_serializers.PictureOut(many=True)
    video = upload_serializers.VideoOut(allow_null=True)
    audio = upload_serializers.SoundOut(allow_null=True)
    preview = upload_serializers.PreviewOut(allow_null=True)
    shares_count = serializers.IntegerField()
    folded = serializers.BooleanField(help_text="You mute its author, or hide it: show it closed.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)


class PostOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    url = serializers.CharField()
    author = accounts_serializers.Person()
    text = serializers.CharField()
    html = serializers.CharField(help_text="The text, rendered and safe to show.")
    warning = serializers.CharField(help_text="What to know before it is unfolded, words, pictures and all; or empty.")
    audience = serializers.ChoiceField(choices=Audience.choices)
    pictures = upload_serializers.PictureOut(many=True)
    video = upload_serializers.VideoOut(allow_null=True)
    audio = upload_serializers.SoundOut(allow_null=True)
    preview = upload_serializers.PreviewOut(allow_null=True, help_text="Of its first link, once that is fetched.")
    poll = polls.PollOut(allow_null=True)
    is_share = serializers.BooleanField(help_text="It shares another post, with words or without.")
    shared = SharedOut(allow_null=True, help_text="That post as it is now; null in a share: you may not see it.")
    shares_count = serializers.IntegerField(help_text="Shares that all members may see.")
    my_share = serializers.IntegerField(
        allow_null=True, help_text="Your share without words of it, or of what it shares; delete it to take that back."
    )
    reactions = serializers.DictField(child=serializers.IntegerField(), help_text="How many of each kind.")
    reactions_count = serializers.IntegerField()
    comments_count = serializers.IntegerField()
    comments_off = serializers.BooleanField(help_text="What is written under it stays, and nobody writes more.")
    pinned = serializers.BooleanField(help_text="It stands first on its author's profile.")
    my_reaction = serializers.CharField(allow_null=True)
    conversation_muted = serializers.BooleanField(help_text="You mute what is said under it.")
    hidden = serializers.BooleanField(help_text="You do not want to meet it in your feeds.")
    saved = serializers.BooleanField(help_text="You keep it; only you know.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    version = serializers.CharField(help_text="Another one when more than counts changed: see feed.watch.")


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
    warning = serializers.CharField(required=False, allow_blank=True, default="", max_length=WARNING_LIMIT)
    comments_off = serializers.BooleanField(required=False, default=False)
    poll = polls.PollIn(required=False, allow_null=True, default=None)


class PostPatch(serializers.Serializer[Any]):
    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    warning = serializers.CharField(required=False, allow_blank=True, max_length=WARNING_LIMIT)
    audience = serializers.ChoiceField(choices=Audience.choices, required=False)
    pictures = PictureIn(  # type: ignore[call-arg]
        many=True, required=False, max_length=PICTURES_LIMIT, help_text="All of them; those left out go."
    )

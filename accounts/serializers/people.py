"""Members as JSON. `person` is what realtime payloads and other rooms carry; the classes describe the API."""

from typing import Any, TypedDict

from rest_framework import serializers

from accounts.models.friends import FriendState
from accounts.models.people import User, Welcome
from accounts.models.relations import Audience, FollowState
from accounts.serializers import fields as field_serializers


class PersonDict(TypedDict):
    id: int
    handle: str
    name: str
    avatar: str
    url: str


def person(user: User) -> PersonDict:
    """A member in a few words. Asks the database nothing."""
    return {
        "id": user.pk,
        "handle": user.handle,
        "name": user.display_name,
        "avatar": user.avatar_url,
        "url": user.get_absolute_url(),
    }


def people(users: list[User], next: str) -> dict[str, Any]:
    """A page of members."""
    return {"results": [person(user) for user in users], "next": next or None}


def follow_state(user: User) -> FollowState:
    """From what `queries.with_ties` annotated."""
    if getattr(user, "is_followed", False):
        return FollowState.FOLLOWING
    return FollowState.ASKED if getattr(user, "is_asked", False) else FollowState.NONE


def friend_state(user: User) -> FriendState:
    """From what `queries.ties` annotated."""
    if getattr(user, "is_friend", False):
        return FriendState.FRIENDS
    if getattr(user, "asks_friend", False):
        return FriendState.ASKS_YOU
    return FriendState.ASKED if getattr(user, "is_friend_asked", False) else FriendState.NONE


def profile(user: User) -> dict[str, Any]:
    """A member with what `queries.person` annotated for the viewer."""
    return {
        **person(user),
        "bio": user.bio,
        "cover": user.cover_path,
        "fields": [field_serializers.field(one) for one in getattr(user, "shown_fields", [])],
        "followers": user.followers_count,
        "following": user.following_count,
        "friends": user.friends_count if getattr(user, "shows_friends", False) else None,
        "posts": user.posts_count,
        "is_private": user.is_private,
        "is_bot": user.is_bot,
        "can_see": bool(getattr(user, "is_open", not user.is_private)),
        "followed": bool(getattr(user, "is_followed", False)),
        "follow_state": follow_state(user),
        "follows_you": bool(getattr(user, "follows_viewer", False)),
        "friend_state": friend_state(user),
        "close_friend": bool(getattr(user, "is_close", False)),
        "muted": bool(getattr(user, "is_muted", False)),
        "muted_until": getattr(user, "muted_until", None),
        "joined_at": user.created_at,
    }


def me(user: User) -> dict[str, Any]:
    """The member's own data, as only they see it."""
    own = {"email": user.email, "language": user.language, "staff": user.is_staff}
    choices = {"is_listed": user.is_listed, "friends_audience": user.friends_audience, "welcome": user.welcome}
    fields = [field_serializers.own_field(one) for one in getattr(user, "shown_fields", [])]
    waiting = {"follow_requests": user.requests_count, "friend_requests": user.friend_requests_count}
    return {**profile(user), **own, **choices, "fields": fields, **waiting}


class Person(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    handle = serializers.CharField()
    name = serializers.CharField()
    avatar = serializers.CharField(help_text="Address of the picture, relative to the site.")
    url = serializers.CharField()


class Profile(Person):
    bio = serializers.CharField()
    cover = serializers.CharField(help_text="Address of the wide picture on top; empty if there is none.")
    fields = field_serializers.Field(many=True)  # type: ignore[assignment]
    friends = serializers.IntegerField(allow_null=True, help_text="Null where you may not see the list.")
    followers = serializers.IntegerField()
    following = serializers.IntegerField()
    posts = serializers.IntegerField()
    is_private = serializers.BooleanField(help_text="Following has to be asked for.")
    is_bot = serializers.BooleanField(help_text="A program speaks here.")
    can_see = serializers.BooleanField(help_text="You may see this person's posts and lists.")
    followed = serializers.BooleanField(help_text="You follow this person.")
    follow_state = serializers.ChoiceField(choices=FollowState.choices, help_text="How you stand to this person.")
    follows_you = serializers.BooleanField()
    friend_state = serializers.ChoiceField(choices=FriendState.choices)
    close_friend = serializers.BooleanField(help_text="You count this friend among the close ones. They are not told.")
    muted = serializers.BooleanField(help_text="You mute this person. They are not told.")
    muted_until = serializers.DateTimeField(allow_null=True, help_text="Null: for ever, where `muted` is true.")
    joined_at = serializers.DateTimeField()


class Me(Profile):
    fields = field_serializers.OwnField(many=True)
    is_listed = serializers.BooleanField(help_text="You stand in the directory of people.")
    friends_audience = serializers.ChoiceField(choices=Audience.choices, help_text="Who sees the list of your friends.")
    welcome = serializers.ChoiceField(
        choices=[*Welcome.choices, ("", "Done")], help_text="The first step that you have not done."
    )
    email = serializers.EmailField()
    language = serializers.CharField()
    staff = serializers.BooleanField()
    follow_requests = serializers.IntegerField(help_text="How many wait for your answer.")
    friend_requests = serializers.IntegerField(help_text="How many wait for your answer.")


class People(serializers.Serializer[Any]):
    """A page of people."""

    results = Person(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for the next page.")


class MePatch(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, required=False)
    handle = serializers.CharField(max_length=30, required=False)
    bio = serializers.CharField(max_length=500, required=False, allow_blank=True)
    language = serializers.CharField(max_length=10, required=False, allow_blank=True)
    is_private = serializers.BooleanField(required=False)
    is_listed = serializers.BooleanField(required=False)
    friends_audience = serializers.ChoiceField(choices=Audience.choices, required=False)
    fields = field_serializers.OwnField(  # type: ignore[assignment]
        many=True, required=False, help_text="All your fields, in order: what is not among them goes."
    )

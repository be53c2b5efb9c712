"""Members as JSON. `person` is what realtime payloads and other rooms carry; the classes describe the API."""

from datetime import datetime
from typing import Any, TypedDict

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts import browsers, places
from accounts.models import Device, FollowState, User


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


def profile(user: User) -> dict[str, Any]:
    """A member with what `queries.person` annotated for the viewer."""
    return {
        **person(user),
        "bio": user.bio,
        "followers": user.followers_count,
        "following": user.following_count,
        "posts": user.posts_count,
        "is_private": user.is_private,
        "can_see": bool(getattr(user, "is_open", not user.is_private)),
        "followed": bool(getattr(user, "is_followed", False)),
        "follow_state": follow_state(user),
        "follows_you": bool(getattr(user, "follows_viewer", False)),
        "joined_at": user.created_at,
    }


def me(user: User) -> dict[str, Any]:
    """The member's own data, as only they see it."""
    own = {"email": user.email, "language": user.language, "staff": user.is_staff}
    return {**profile(user), **own, "follow_requests": user.requests_count}


class DeviceDict(TypedDict):
    id: int
    name: str
    system: str
    app: bool
    place: str
    address: str
    created_at: datetime
    seen_at: datetime
    current: bool


def device(row: Device, *, current: bool = False) -> DeviceDict:
    """A login as its member sees it, in words. Asks the database nothing."""
    program, app = browsers.read(row.client), not row.session_key
    return {
        "id": row.pk,
        "name": program.name or (_("Unknown app") if app else _("Unknown browser")),
        "system": program.system,
        "app": app,
        "place": places.place(row.address),
        "address": row.address or "",
        "created_at": row.created_at,
        "seen_at": row.seen_at,
        "current": current,
    }


class Person(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    handle = serializers.CharField()
    name = serializers.CharField()
    avatar = serializers.CharField(help_text="Address of the picture, relative to the site.")
    url = serializers.CharField()


class Profile(Person):
    bio = serializers.CharField()
    followers = serializers.IntegerField()
    following = serializers.IntegerField()
    posts = serializers.IntegerField()
    is_private = serializers.BooleanField(help_text="Following has to be asked for.")
    can_see = serializers.BooleanField(help_text="You may see this person's posts and lists.")
    followed = serializers.BooleanField(help_text="You follow this person.")
    follow_state = serializers.ChoiceField(choices=FollowState.choices, help_text="How you stand to this person.")
    follows_you = serializers.BooleanField()
    joined_at = serializers.DateTimeField()


class Me(Profile):
    email = serializers.EmailField()
    language = serializers.CharField()
    staff = serializers.BooleanField()
    follow_requests = serializers.IntegerField(help_text="How many wait for your answer.")


class People(serializers.Serializer[Any]):
    """A page of people."""

    results = Person(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for the next page.")


class DeviceOut(serializers.Serializer[Any]):
    """One login of yours."""

    id = serializers.IntegerField()
    name = serializers.CharField(help_text="The browser, or the app as it names itself.")
    system = serializers.CharField(help_text="What it runs on; empty when it does not say.")
    app = serializers.BooleanField(help_text="An app's login, with tokens; else a browser's.")
    place = serializers.CharField(help_text="City and country by address range; empty when the site does not know.")
    address = serializers.CharField(help_text="IP address from which it was last seen.")
    created_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField(help_text="Written at most once in 5 minutes.")
    current = serializers.BooleanField(help_text="The login behind this request.")


class DevicesOut(serializers.Serializer[Any]):
    """A page of logins: this one first, then by last sight."""

    results = DeviceOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for the next page.")


class Ended(serializers.Serializer[Any]):
    ended = serializers.IntegerField(help_text="How many logins have ended.")


class Login(serializers.Serializer[Any]):
    login = serializers.CharField(max_length=254, help_text="E-mail address or handle.")
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class Tokens(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer ...`; good for 15 minutes.")
    refresh = serializers.CharField(help_text="Good for 7 days and for one use.")


class LoggedIn(Tokens):
    user = Me()


class Refresh(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=2000)


class Ticket(serializers.Serializer[Any]):
    ticket = serializers.CharField(help_text="Open /ws/?ticket=... with it within 30 seconds, once.")


class MePatch(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, required=False)
    handle = serializers.CharField(max_length=30, required=False)
    bio = serializers.CharField(max_length=500, required=False, allow_blank=True)
    language = serializers.CharField(max_length=10, required=False, allow_blank=True)
    is_private = serializers.BooleanField(required=False)

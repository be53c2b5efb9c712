"""Groups as JSON: what is sent in, members, links."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import people as accounts_serializers
from chat import frames
from chat.models.conversations import (
    ABOUT_LIMIT,
    LIFETIMES,
    MEMBERS_LIMIT,
    NAME_LIMIT,
    Conversation,
    InviteLink,
    Membership,
    Role,
    Who,
)


def card(group: Conversation) -> frames.Card:
    return frames.Card(
        rev=group.info_rev,
        name=group.name,
        about=group.about,
        picture=group.picture_url,
        members_count=group.members_count,
        who_adds=group.who_adds,
        who_writes=group.who_writes,
        shows_history=group.shows_history,
        lifetime=group.lifetime,
    )


def member(row: Membership) -> dict[str, Any]:
    return {
        "user": accounts_serializers.person(row.user),
        "role": row.role,
        "is_request": row.is_request,
        "joined_at": row.joined_at,
    }


def link(row: InviteLink, url: str) -> dict[str, Any]:
    return {
        "id": row.pk,
        "url": url,
        "code": row.code,
        "uses": row.uses,
        "most_uses": row.most_uses,
        "expires_at": row.expires_at,
        "created_at": row.created_at,
    }


def invitation(group: Conversation, is_member: bool) -> dict[str, Any]:
    return {
        "conversation": group.pk if is_member else None,
        "name": group.name,
        "about": group.about,
        "picture": group.picture_url,
        "members_count": group.members_count,
    }


class GroupMember(serializers.Serializer[Any]):
    user = accounts_serializers.Person()
    role = serializers.ChoiceField(choices=Role.choices)
    is_request = serializers.BooleanField(help_text="Was asked, and has not answered; only admins see them.")
    joined_at = serializers.DateTimeField()


class GroupMembers(serializers.Serializer[Any]):
    results = GroupMember(many=True)
    next = serializers.CharField(allow_null=True)


class PeopleIn(serializers.Serializer[Any]):
    people = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=MEMBERS_LIMIT, help_text="Ids of members."
    )


class GroupIn(PeopleIn):
    name = serializers.CharField(max_length=NAME_LIMIT)
    about = serializers.CharField(max_length=ABOUT_LIMIT, required=False, allow_blank=True, default="")
    picture = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="Key of a ready upload.")


class GroupChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=NAME_LIMIT, required=False)
    about = serializers.CharField(max_length=ABOUT_LIMIT, required=False, allow_blank=True)
    picture = serializers.UUIDField(required=False, allow_null=True, help_text="Key of a ready upload; null: none.")
    who_adds = serializers.ChoiceField(choices=Who.choices, required=False)
    who_writes = serializers.ChoiceField(choices=Who.choices, required=False)
    shows_history = serializers.BooleanField(required=False, help_text="Who joins sees what was said before.")
    lifetime = serializers.ChoiceField(choices=list(LIFETIMES.items()), required=False)


class RoleIn(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Role.choices)


class LinkIn(serializers.Serializer[Any]):
    hours = serializers.IntegerField(min_value=1, max_value=365 * 24, required=False, allow_null=True, default=None)
    most_uses = serializers.IntegerField(min_value=1, max_value=1000, required=False, allow_null=True, default=None)


class LinkOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    url = serializers.CharField()
    code = serializers.CharField()
    uses = serializers.IntegerField()
    most_uses = serializers.IntegerField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class Links(serializers.Serializer[Any]):
    results = LinkOut(many=True)
    next = serializers.CharField(allow_null=True)


class Invitation(serializers.Serializer[Any]):
    conversation = serializers.IntegerField(allow_null=True, help_text="Its id, if you are in it already.")
    name = serializers.CharField()
    about = serializers.CharField()
    picture = serializers.CharField()
    members_count = serializers.IntegerField()

"""The doors, invitations and requests to join as JSON."""

from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers

from accounts.access.doors import Door
from accounts.models.applications import Application
from accounts.models.doors import Mode
from accounts.models.invitations import Invitation
from core.frame import Site
from core.models import Mail


def site(site: Site, door: Door) -> dict[str, Any]:
    """What an app shows before somebody joins."""
    return {
        "name": site.name,
        "tagline": str(site.tagline),
        "welcome": site.welcome,
        "sign_up": door.mode,
        "can_join": not door.refusal,
        "asks_reason": door.needs_approval,
        "domains": door.only_domains,
        "minimum_age": door.minimum_age or None,
        "invitation": door.invitation is not None if door.token else None,
    }


class InvitationDict(TypedDict):
    id: int
    uses: int
    used: int
    email: str
    only_email: bool
    mail: str | None
    is_open: bool
    expires_at: datetime | None
    created_at: datetime


def invitation(row: Invitation) -> InvitationDict:
    """One's own, with what queries.own_invitations annotated."""
    return {
        "id": row.pk,
        "uses": row.uses,
        "used": row.used,
        "email": row.email,
        "only_email": row.only_email,
        "mail": row.mail.state if row.mail else None,
        "is_open": bool(getattr(row, "is_open", False)),
        "expires_at": row.expires_at,
        "created_at": row.created_at,
    }


def application(row: Application) -> dict[str, Any]:
    fields = ("id", "handle", "display_name", "email", "reason", "language", "created_at")
    named = {name: getattr(row, name) for name in fields}
    return {**named, "name": named.pop("display_name")}


class SiteOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    tagline = serializers.CharField()
    welcome = serializers.CharField()
    sign_up = serializers.ChoiceField(choices=Mode.choices)
    can_join = serializers.BooleanField(help_text="Somebody may join this way, with the invitation if one was given.")
    asks_reason = serializers.BooleanField(help_text="A moderator decides: a reason has to be given.")
    domains = serializers.ListField(child=serializers.CharField(), help_text="Only addresses of these; empty: of all.")
    minimum_age = serializers.IntegerField(allow_null=True, help_text="When set, a birth date has to be given.")
    invitation = serializers.BooleanField(allow_null=True, help_text="Whether the invitation asked about is good.")


class InvitationIn(serializers.Serializer[Any]):
    uses = serializers.IntegerField(min_value=1, max_value=100, default=1)
    days = serializers.IntegerField(min_value=1, max_value=365, default=14)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    only_email = serializers.BooleanField(default=False)


class InvitationOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    uses = serializers.IntegerField(help_text="How many may join with it.")
    used = serializers.IntegerField()
    email = serializers.CharField()
    only_email = serializers.BooleanField(help_text="Good for that address alone.")
    mail = serializers.ChoiceField(
        choices=Mail.State.choices, allow_null=True, help_text="How the mail with it stands."
    )
    is_open = serializers.BooleanField(help_text="One can join with it.")
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewInvitation(InvitationOut):
    link = serializers.CharField(help_text="Shown this once.")


class Invitations(serializers.Serializer[Any]):
    """A page of your invitations, newest first."""

    results = InvitationOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for the next page.")


class ApplicationOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    handle = serializers.CharField()
    name = serializers.CharField()
    email = serializers.EmailField(help_text="Proven.")
    reason = serializers.CharField()
    language = serializers.CharField()
    created_at = serializers.DateTimeField()


class Applications(serializers.Serializer[Any]):
    """A page of requests to join that wait, the oldest first."""

    results = ApplicationOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for the next page.")


class Decline(serializers.Serializer[Any]):
    answer = serializers.CharField(max_length=1000, required=False, allow_blank=True, help_text="Goes out by mail.")

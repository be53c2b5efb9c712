"""Tokens as JSON."""

from datetime import datetime
from typing import Any, TypedDict

from django.utils import timezone
from rest_framework import serializers

from accounts import places
from accounts.models.api_tokens import ApiToken


class TokenDict(TypedDict):
    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    expired: bool
    used_at: datetime | None
    used_from: str
    place: str


def token(row: ApiToken) -> TokenDict:
    """A token with its login. Asks the database nothing."""
    device = row.device
    used = device.seen_at > device.created_at  # a token was "seen" before it was made
    return {
        "id": row.pk,
        "name": row.name,
        "scopes": row.scopes,
        "created_at": device.created_at,
        "expires_at": row.expires_at,
        "expired": row.expires_at is not None and row.expires_at <= timezone.now(),
        "used_at": device.seen_at if used else None,
        "used_from": (device.address or "") if used else "",
        "place": places.place(device.address) if used else "",
    }


class TokenOut(serializers.Serializer[Any]):
    """One token of yours; its letters were shown once."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    expired = serializers.BooleanField()
    used_at = serializers.DateTimeField(allow_null=True, help_text="Written at most once in 5 minutes.")
    used_from = serializers.CharField(help_text="IP address of the last use; empty when it was never used.")
    place = serializers.CharField(help_text="City and country by address range; empty when the site does not know.")


class TokensOut(serializers.Serializer[Any]):
    """A page of tokens, newest first."""

    results = TokenOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for the next page.")


class TokenMade(TokenOut):
    token = serializers.CharField(help_text="The token itself. It is shown this once; keep it.")


class TokenIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    scopes = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20)
    days = serializers.IntegerField(
        required=False, allow_null=True, help_text="7, 30, 90 or 365; without it the token is good until it is revoked."
    )

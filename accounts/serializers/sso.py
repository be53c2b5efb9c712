"""Single sign-on as JSON."""

from typing import Any, TypedDict

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from accounts.providers import Provider


class ProviderDict(TypedDict):
    key: str
    name: str


def provider(one: Provider) -> ProviderDict:
    return {"key": one.key, "name": one.name}


def app_login_url() -> str:
    return settings.SITE_URL + reverse("accounts:app_login")


class ProviderOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField(help_text="For the button: Continue with ...")


class ProvidersOut(serializers.Serializer[Any]):
    """How an app logs in through the system browser."""

    results = ProviderOut(many=True)
    app_login_url = serializers.CharField(
        help_text="Open it in the system browser with redirect_uri, code_challenge, code_challenge_method=S256, state."
    )


class Exchange(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=200, help_text="As it came to redirect_uri; good for 2 minutes and once.")
    code_verifier = serializers.RegexField(r"^[A-Za-z0-9._~-]{43,128}\Z")
    redirect_uri = serializers.CharField(max_length=300, help_text="The same as was asked with.")


class IdentityOut(serializers.Serializer[Any]):
    """An account elsewhere that logs you in here."""

    id = serializers.IntegerField()
    provider = serializers.CharField()
    name = serializers.CharField(help_text="What the provider is called.")
    label = serializers.CharField(help_text="Address or name there.")  # type: ignore[assignment]  # a Field has one, too
    linked_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)


class IdentitiesOut(serializers.Serializer[Any]):
    results = IdentityOut(many=True)

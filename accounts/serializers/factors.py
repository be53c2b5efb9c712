"""How a member is protected, and moves to another address, as JSON."""

from typing import Any

from rest_framework import serializers


class PasskeyOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class FactorsOut(serializers.Serializer[Any]):
    """What protects your account. Factors are set up on the site."""

    app_since = serializers.DateTimeField(allow_null=True, help_text="Since when an authenticator app is set up.")
    passkeys = PasskeyOut(many=True)
    codes_left = serializers.IntegerField(help_text="Recovery codes that are still good.")
    has_password = serializers.BooleanField()
    factor_required = serializers.BooleanField(
        source="required", help_text="Whether the owner asks for a second factor of you."
    )


class EmailMove(serializers.Serializer[Any]):
    """A login younger than five minutes needs neither `password` nor `code`; any other one of them."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False, required=False)
    code = serializers.CharField(max_length=40, required=False, help_text="Of the authenticator app, or for recovery.")


class EmailCode(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20, help_text="The six digits that came to the new address.")


class EmailWaiting(serializers.Serializer[Any]):
    """The same for every address, whether or not it has an account."""

    email = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds for which the code is good.")

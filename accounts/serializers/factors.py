"""How a member is protected, and moves to another address, as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import flows as flow_serializers


class PasskeyOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class FactorsOut(serializers.Serializer[Any]):
    """What protects your account."""

    app_since = serializers.DateTimeField(allow_null=True, help_text="Since when an authenticator app is set up.")
    passkeys = PasskeyOut(many=True)
    codes_left = serializers.IntegerField(help_text="Recovery codes that are still good.")
    has_password = serializers.BooleanField()
    factor_required = serializers.BooleanField(
        source="required", help_text="Whether the owner asks for a second factor of you."
    )


class Codes(serializers.Serializer[Any]):
    codes = serializers.ListField(
        child=serializers.CharField(), help_text="New recovery codes. No other answer ever shows them."
    )


class FactorsAdded(FactorsOut, Codes):
    """What protects your account now, and new recovery codes if there were none."""


class AppSecret(serializers.Serializer[Any]):
    """What the authenticator app is given. Nothing protects the account before its code has come."""

    flow = serializers.CharField()
    secret = serializers.CharField(help_text="To be typed into the app.")
    uri = serializers.CharField(help_text="The same for a QR code or a link: otpauth://totp/...")
    expires_in = serializers.IntegerField(help_text="Seconds for which the flow is good.")


class AppCode(flow_serializers.Flow):
    code = serializers.CharField(max_length=20, help_text="What the app shows right now.")


class PasskeyMade(flow_serializers.Flow):
    credential = serializers.DictField(help_text="What the passkey answered, as JSON.")
    name = serializers.CharField(max_length=60, required=False, allow_blank=True, help_text="Such as: My phone.")


class PasskeyName(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)


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

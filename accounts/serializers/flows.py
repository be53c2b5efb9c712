"""Flows of apps as JSON: what each step takes and gives."""

from typing import Any

from rest_framework import serializers

FLOW: dict[str, Any] = {"max_length": 100, "help_text": "The `flow` that this way in began with."}
CODE: dict[str, Any] = {"max_length": 20, "help_text": "The digits, with or without spaces."}


class Flow(serializers.Serializer[Any]):
    flow = serializers.CharField(**FLOW)


class Begun(serializers.Serializer[Any]):
    """A flow that waits for its next step."""

    flow = serializers.CharField(help_text="Send it with every further step. Good for this one way through.")
    expires_in = serializers.IntegerField(help_text="Seconds for which the code in the mail is good.")


class Signup(serializers.Serializer[Any]):
    """What a new member says about themselves. The room's form checks it."""

    email = serializers.CharField(max_length=254)
    handle = serializers.CharField(max_length=31)
    name = serializers.CharField(max_length=60)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    invitation = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="The token of an invitation's link."
    )
    birth_date = serializers.CharField(
        max_length=10, required=False, allow_blank=True, help_text="2001-12-31, where `minimum_age` of the site is set."
    )
    reason = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, help_text="Why they join, where a moderator looks."
    )


class Code(Flow):
    code = serializers.CharField(**CODE)


class Factor(Flow):
    """One of the two."""

    code = serializers.CharField(max_length=20, required=False, help_text="Of the authenticator, or a recovery code.")
    credential = serializers.DictField(required=False, help_text="What the passkey answered, as JSON.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return one_of(attrs, "code", "credential")


class Options(serializers.Serializer[Any]):
    """What to ask a passkey for."""

    flow = serializers.CharField()
    options = serializers.DictField(help_text="For navigator.credentials, or the platform's own call.")


class Passkey(Flow):
    credential = serializers.DictField(help_text="What the passkey answered, as JSON.")


class ResetRequest(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)


class NewPassword(Flow):
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class PasswordChange(serializers.Serializer[Any]):
    old = serializers.CharField(
        max_length=1000,
        trim_whitespace=False,
        required=False,
        help_text="The password until now; accounts without one prove themselves first (auth/reauthenticate).",
    )
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class Proof(serializers.Serializer[Any]):
    """One of: the password; a code of the second factor; `flow` and `credential` of a passkey."""

    password = serializers.CharField(max_length=1000, trim_whitespace=False, required=False)
    code = serializers.CharField(required=False, **CODE)
    flow = serializers.CharField(max_length=100, required=False, help_text="Of auth/reauthenticate/options.")
    credential = serializers.DictField(required=False, help_text="What the passkey answered, as JSON.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("flow" in attrs) != ("credential" in attrs):
            raise serializers.ValidationError({"flow": ["`flow` and `credential` come together."]})
        return one_of(attrs, "password", "code", "credential")


def one_of(attrs: dict[str, Any], *names: str) -> dict[str, Any]:
    if sum(name in attrs for name in names) != 1:
        raise serializers.ValidationError({names[0]: [f"Exactly one of: {', '.join(names)}."]})
    return attrs

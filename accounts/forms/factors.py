"""Forms of second factors. What they type is compared in one place: `actions.factors`."""

import struct
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import BaseAuthenticateForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.access import factors as factor_access
from accounts.actions import factors
from accounts.forms.base import RoomForm
from core import errors

# What allauth and fido2 raise, and do not catch, on an answer that no browser gives.
RUBBISH = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    NotImplementedError,
    RecursionError,
    struct.error,
)
CODE = {"autocomplete": "one-time-code", "autocapitalize": "none", "dir": "ltr"}


def read_code(form: BaseAuthenticateForm) -> str:
    """Stands in for allauth's own, which remembers used codes and counts wrong ones in the cache, which a restart or an
    absent Redis forgets. TooMany after many wrong ones."""
    code: str = form.cleaned_data["code"]
    found = factors.check_code(actor=form.user, code=code)
    if found is None:
        raise get_adapter().validation_error("incorrect_code")
    form.authenticator = found
    return code


def clean_code(form: BaseAuthenticateForm) -> str:
    """`read_code` for allauth's pages (apps.py puts it there), which show what is refused beside the field."""
    try:
        return read_code(form)
    except errors.TooMany as error:
        raise forms.ValidationError(str(error.message), code="too_many_login_attempts") from None


_read_credential = AuthenticateWebAuthnForm.clean_credential


def clean_credential(form: AuthenticateWebAuthnForm) -> Any:
    """allauth's own, which would fail on rubbish instead of refusing it. Put in its place by apps.py."""
    try:
        return _read_credential(form)
    except RUBBISH:
        raise get_adapter().validation_error("incorrect_code") from None


class PasswordAgain(RoomForm):
    missing = {"password": _("Type your password.")}
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class AppForm(RoomForm):
    """The code that the new authenticator app shows."""

    missing = {"code": _("Type the six digits that the app shows.")}
    code = forms.CharField(
        label=_("Code from the app"), max_length=20, widget=forms.TextInput(attrs={**CODE, "inputmode": "numeric"})
    )


class PasskeyForm(AddWebAuthnForm):
    """A new passkey: one that knows who it is for and asks for finger, face or PIN, so that it can stand alone."""

    name = forms.CharField(
        label=_("Name"),
        max_length=factors.NAME_LIMIT,
        required=False,
        help_text=_("So that you know it again, such as “My phone”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = _("My passkey")
        self.fields["credential"].error_messages["required"] = _("The passkey was not made. Please try again.")
        self.fields["credential"].error_messages["invalid"] = _("The passkey was not made. Please try again.")
        self.fields.pop("passwordless", None)

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True
        try:
            return super().clean()
        except RUBBISH:
            raise get_adapter().validation_error("incorrect_code") from None

    def clean_name(self) -> str:
        return self.cleaned_data["name"].strip() or str(_("My passkey"))

    def made(self) -> dict[str, Any]:
        """What `actions.factors.add_passkey` wants to know."""
        return {name: self.cleaned_data[name] for name in ("name", "credential")}


class PasskeyName(RoomForm):
    missing = {"name": _("Give it a name.")}
    name = forms.CharField(
        label=_("Name"),
        max_length=factors.NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )


class RequiredForm(RoomForm):
    """Who must have a second factor."""

    who = forms.ChoiceField(
        label=_("Who must have a second factor"),
        choices=list(
            zip(factor_access.CHOICES, [_("Nobody has to"), _("Moderators and admins"), _("Everybody")], strict=True)
        ),
        widget=forms.RadioSelect,
    )

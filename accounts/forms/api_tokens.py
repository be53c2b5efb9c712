"""Forms of tokens and bots."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.actions import api_tokens
from accounts.forms.base import RoomForm
from accounts.forms.entrance import HANDLE_HINT
from core import scopes

FOR_EVER = _("Until I revoke it")
LASTS = {7: _("7 days"), 30: _("30 days"), 90: _("90 days"), 365: _("1 year")}


class TokenForm(RoomForm):
    """A token outlives the visit, so whoever makes one types their password; who has none proves it on the page that
    asks (views.confirm)."""

    missing = {
        "name": _("Give the token a name, so that you know it again."),
        "scopes": _("Choose what the token may do."),
        "password": _("Type your password."),
    }

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("What it is for, such as “Weather on the kitchen wall”."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=list(scopes.NAMES.items()), widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=_("Good for"),
        choices=[*((days, LASTS[days]) for days in api_tokens.DAYS), ("", FOR_EVER)],
        coerce=int,
        empty_value=None,
        required=False,
        initial=90,
    )
    password = forms.CharField(
        label=_("Your password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)
        if not request.user.has_usable_password():
            del self.fields["password"]

    def clean_password(self) -> str:
        """Counted as every wrong password is (accounts.adapters)."""
        given: str = self.cleaned_data["password"]
        user = self.request.user
        if get_adapter().authenticate(self.request, email=user.email, password=given) != user:
            raise forms.ValidationError(_("This is not your password."))
        return given


class BotForm(RoomForm):
    """What people see of a bot."""

    missing = {"display_name": _("How shall people call it?")}

    display_name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"dir": "auto"}))
    bio = forms.CharField(
        label=_("About this bot"),
        max_length=500,
        required=False,
        help_text=_("What it does, and whom to ask about it."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto", "data-count": "500"}),
    )


class NewBotForm(RoomForm):
    missing = {"display_name": _("How shall people call it?"), "handle": _("Choose a handle.")}

    display_name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"dir": "auto"}))
    handle = forms.CharField(
        label=_("Handle"),
        max_length=31,
        help_text=HANDLE_HINT,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "dir": "ltr"}),
    )

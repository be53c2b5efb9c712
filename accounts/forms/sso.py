"""Forms of single sign-on: who has arrived and joins, and the owner's settings of a provider."""

import re
from typing import Any

from django import forms
from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.forms.base import RoomForm
from accounts.forms.entrance import JoinForm
from accounts.models.sso import IdentityProvider
from accounts.oidc import ShownIdentity
from accounts.providers import SCOPES
from accounts.queries import people as people_queries
from core import errors


class ArrivedForm(JoinForm):
    """What a new member says beyond what the provider has said: no password, and an address only when it has proven
    none."""

    def __init__(self, *args: Any, arrival: ShownIdentity, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {"email": arrival.email, "display_name": arrival.name[:60], "handle": suggested_handle(arrival)}
        self.initial = {**self.initial, **known}
        del self.fields["password"]
        if arrival.proven:
            del self.fields["email"]

    def person(self) -> dict[str, Any]:
        """Without a password: one that fits nothing."""
        said = ("email", "handle", "display_name")
        given: dict[str, Any] = {name: self.cleaned_data[name] for name in said if name in self.fields}
        return {**given, "password_hash": make_password(None)}


def suggested_handle(arrival: ShownIdentity) -> str:
    """What the provider calls them, or their address, as a handle; empty when it is none or taken."""
    for words in (arrival.handle, arrival.email):
        try:
            handle = rules.clean_handle(re.sub(r"[^a-z0-9_.]", "", words.partition("@")[0].lower())[:30].strip("."))
        except errors.Invalid:
            continue
        if not people_queries.handle_taken(handle):
            return handle
    return ""


class ProviderForm(RoomForm):
    """The settings of a provider as the owner types them; what each must be says `providers.clean`."""

    missing = {
        "key": _("Choose a short key, such as keycloak."),
        "name": _("Say what people call it: it stands on the button."),
        "issuer": _("The provider tells you its issuer."),
        "client_id": _("The provider gives you a client id."),
    }

    key = forms.CharField(
        label=_("Key"),
        max_length=40,
        help_text=_("Stands in addresses and stays for ever: small letters, digits, hyphens."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "dir": "ltr"}),
    )
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("Stands on the button: Continue with ..."))
    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=340,
        help_text=_("Such as https://login.example.org/realms/main"),
        widget=forms.TextInput(attrs={"inputmode": "url", "dir": "ltr", "autocapitalize": "none"}),
    )
    client_id = forms.CharField(label=_("Client id"), max_length=300, widget=forms.TextInput(attrs={"dir": "ltr"}))
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=1000,
        required=False,
        help_text=_("Kept sealed and never shown again. Leave it empty to keep the one there is."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "dir": "ltr"}),
    )
    scopes = forms.CharField(
        label=_("Scopes"), max_length=300, required=False, initial=SCOPES, widget=forms.TextInput(attrs={"dir": "ltr"})
    )
    trust_email = forms.BooleanField(
        label=_("It proves e-mail addresses"),
        required=False,
        help_text=_("What it calls a verified address needs no code of ours."),
    )
    domains = forms.CharField(
        label=_("Domains it speaks for"),
        max_length=1000,
        required=False,
        help_text=_("Accounts with verified addresses there are connected without asking. Only for your own provider."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocapitalize": "none"}),
    )
    role_claim = forms.CharField(
        label=_("Claim with roles"),
        max_length=100,
        required=False,
        help_text=_("Such as groups, cognito:groups or realm_access.roles"),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocapitalize": "none"}),
    )
    roles = forms.CharField(
        label=_("Roles"),
        max_length=4000,
        required=False,
        help_text=_("A line for each: the value in the claim, = and moderator or admin."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr"}),
    )
    logout = forms.BooleanField(
        label=_("Log out there, too"),
        required=False,
        help_text=_("Whoever logs out here is sent on to the provider's log-out."),
    )

    def __init__(self, *args: Any, row: IdentityProvider | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial=as_typed(row) if row else None, **kwargs)
        if row is not None:
            del self.fields["key"]


def as_typed(row: IdentityProvider) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in ("name", "issuer", "client_id", "scopes", "trust_email", "logout")}
    lines = "\n".join(f"{value} = {role}" for value, role in row.roles)
    return {**plain, "role_claim": row.role_claim, "domains": " ".join(row.domains), "roles": lines}


UNKNOWN_APP = _("This app did not ask as it should. Please tell the people who made it.")


class AppLoginForm(forms.Form):
    """How an app asks for a login (the words of RFC 6749 and 7636)."""

    redirect_uri = forms.CharField(max_length=300)
    code_challenge = forms.RegexField(r"^[A-Za-z0-9_-]{43}\Z")
    code_challenge_method = forms.ChoiceField(choices=[("S256", "S256")])
    state = forms.CharField(max_length=500, required=False)

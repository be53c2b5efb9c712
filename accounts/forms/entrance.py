"""Forms of the ways in. Rules stand in `rules` and `actions`; these show fields and their refusals."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.internal.flows.password_reset_by_code import PasswordResetVerificationProcess
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.access import doors
from accounts.forms.base import RoomForm
from accounts.models.people import User
from accounts.queries import joining as joining_queries
from accounts.queries import people as people_queries

PASSWORD_HINT = _("At least 10 characters. A few words in a row are easy to remember and hard to guess.")
HANDLE_HINT = _("Your address here. Small letters, digits, dots, underscores.")


class JoinForm(RoomForm):
    """Everything a new member says about themselves."""

    missing = {
        "email": _("We need an address to send the code to."),
        "display_name": _("How shall people call you?"),
        "handle": _("Choose a handle."),
        "password": _("Choose a password."),
    }

    email = forms.CharField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"})
    )
    display_name = forms.CharField(
        label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"})
    )
    handle = forms.CharField(
        label=_("Handle"),
        max_length=31,
        help_text=HANDLE_HINT,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "dir": "ltr"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        help_text=PASSWORD_HINT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    birth_date = forms.DateField(
        label=_("Born on"),
        help_text=_("We only look whether you are old enough. The date is not kept."),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}),
        error_messages={"required": doors.BIRTH_DATE_NEEDED, "invalid": _("Please look at this date again.")},
    )
    reason = forms.CharField(
        label=_("Why would you like to join?"),
        max_length=1000,
        help_text=_("A moderator reads it and answers by mail."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={"required": _("A sentence or two, please: somebody will read it.")},
    )

    def __init__(self, *args: Any, door: doors.Door | None = None, **kwargs: Any) -> None:
        """`door` says what else has to be asked; without one (the owner's link) it is nothing."""
        super().__init__(*args, **kwargs)
        if door is None or not door.minimum_age:
            del self.fields["birth_date"]
        if door is None or not door.needs_approval:
            del self.fields["reason"]
        if door is not None and door.invitation and door.invitation.only_email:
            self.initial["email"] = door.invitation.email

    def clean_email(self) -> str:
        return self._by_rule("email", rules.clean_email)

    def clean_handle(self) -> str:
        handle = self._by_rule("handle", rules.clean_handle)
        if people_queries.handle_taken(handle):
            raise forms.ValidationError(rules.TAKEN)
        return handle

    def clean_display_name(self) -> str:
        return self._by_rule("display_name", rules.clean_name)

    def clean(self) -> None:
        if "password" in self.cleaned_data:
            known = {name: self.cleaned_data.get(name, "") for name in ("email", "handle", "display_name")}
            with self.mending():
                rules.clean_password(self.cleaned_data["password"], user=User(**known))

    def person(self) -> dict[str, Any]:
        """What is kept until the code comes: the password only as its hash, made here, outside of any transaction."""
        return {
            "email": self.cleaned_data["email"],
            "handle": self.cleaned_data["handle"],
            "display_name": self.cleaned_data["display_name"],
            "password_hash": make_password(self.cleaned_data["password"]),
        }

    def asked(self) -> dict[str, Any]:
        """What the doors have asked besides."""
        return {name: self.cleaned_data[name] for name in ("birth_date", "reason") if name in self.fields}


class CodeForm(RoomForm):
    missing = {"code": _("Type the six digits from the mail.")}
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "dir": "ltr"}
        ),
    )


class LoginForm(allauth_forms.LoginForm):
    """allauth's, in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("E-mail or handle"),
            max_length=254,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "dir": "ltr"}),
        )
        self.fields["password"] = forms.CharField(
            label=_("Password"),
            max_length=1000,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        )
        self.fields["remember"].label = _("Stay logged in on this device")
        self.fields["remember"].initial = True
        self.order_fields(["login", "password", "remember"])

    def clean_login(self) -> str:
        return super().clean_login().removeprefix("@").lower()


class ResetForm(allauth_forms.ResetPasswordForm):
    """allauth's asks once for a known address and twice for an unknown one; here both take the same step."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        self.fields["email"].widget = forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"})

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        self.users = joining_queries.members_with(email)
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = super().save(request, **kwargs)
        process = PasswordResetVerificationProcess.resume(request)
        if process is not None and self.users:
            process.state["stamp"] = joining_queries.reset_stamp(self.users[0])  # for codes.check_reset
            process.persist()
        return email


class NewPasswordForm(allauth_forms.ResetPasswordKeyForm):
    """One field: it can be shown, so it need not be typed twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = PASSWORD_HINT
        self.fields["password1"].widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})

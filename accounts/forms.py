"""Forms of the HTML door. Rules stand in `rules` and `actions`; these show fields and their refusals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unicodedata import normalize

from allauth.account import forms as allauth_forms
from allauth.account.fields import PasswordField
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts import queries, rules
from accounts.models import User
from core import errors

PASSWORD_HINT = _("At least 10 characters. A few words in a row are easy to remember and hard to guess.")
HANDLE_HINT = _("Your address here. Small letters, digits, dots, underscores.")


class RoomForm(forms.Form):
    """A form whose refusals come from below: `mending()` turns errors.Invalid into an error of its field."""

    missing: dict[str, Any] = {}  # what to say beside a field that was left empty

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in self.missing.items():
            self.fields[name].error_messages["required"] = words

    @contextmanager
    def mending(self, default: str | None = None) -> Iterator[None]:
        try:
            yield
        except (errors.Invalid, errors.Conflict, errors.TooLarge) as error:
            self.add_error(error.field if error.field in self.fields else default, str(error.message))

    def _by_rule(self, field: str, rule: Callable[[str], str]) -> str:
        try:
            return rule(self.cleaned_data[field])
        except errors.Invalid as error:
            raise forms.ValidationError(str(error.message)) from None


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

    def clean_email(self) -> str:
        return self._by_rule("email", rules.clean_email)

    def clean_handle(self) -> str:
        handle = self._by_rule("handle", rules.clean_handle)
        if queries.handle_taken(handle):
            raise forms.ValidationError(rules.TAKEN)
        return handle

    def clean_display_name(self) -> str:
        return self._by_rule("display_name", rules.clean_name)

    def clean(self) -> None:
        if "password" in self.cleaned_data:
            known = {name: self.cleaned_data.get(name, "") for name in ("email", "handle", "display_name")}
            with self.mending():
                rules.clean_password(self.cleaned_data["password"], user=User(**known))

    def person(self) -> dict[str, str]:
        """What is kept until the code comes: the password only as its hash, made here, outside of any transaction."""
        return {
            "email": self.cleaned_data["email"],
            "handle": self.cleaned_data["handle"],
            "display_name": self.cleaned_data["display_name"],
            "password_hash": make_password(self.cleaned_data["password"]),
        }


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
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        self.fields["email"].widget = forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"})


class NewPasswordForm(allauth_forms.ResetPasswordKeyForm):
    """One field: it can be shown, so it need not be typed twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = PASSWORD_HINT
        self.fields["password1"].widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class PasswordForm(RoomForm):
    """Change of password by somebody who knows the old one."""

    missing = {"old": _("Type your password until now."), "password": _("Choose a new password.")}

    old = PasswordField(label=_("Password until now"), autocomplete="current-password")
    password = forms.CharField(
        label=_("New password"),
        max_length=1000,
        strip=False,
        help_text=PASSWORD_HINT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["old"].widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})

    def clean_old(self) -> str:
        if not self.user.check_password(self.cleaned_data["old"]):
            raise forms.ValidationError(_("This is not your password until now."))
        return self.cleaned_data["old"]

    def clean(self) -> None:
        if "password" in self.cleaned_data:
            with self.mending():
                rules.clean_password(self.cleaned_data["password"], user=self.user)


class ProfileForm(RoomForm):
    missing = {"display_name": _("How shall people call you?"), "handle": _("Choose a handle.")}
    display_name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"dir": "auto"}))
    handle = forms.CharField(
        label=_("Handle"),
        max_length=31,
        help_text=HANDLE_HINT,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "dir": "ltr"}),
    )
    bio = forms.CharField(
        label=_("About you"),
        max_length=500,
        required=False,
        help_text=_("A sentence or two is plenty."),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto", "data-count": "500"}),
    )


class AvatarForm(RoomForm):
    avatar = forms.FileField(
        label=_("A new picture"),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        error_messages={"required": _("Choose a picture first."), "empty": _("This file is empty.")},
    )


class PrivacyForm(RoomForm):
    is_private = forms.BooleanField(
        label=_("Private account"),
        required=False,
        help_text=_(
            "Only your followers see your posts, your followers and whom you follow, and whoever wants to follow you"
            " has to ask. Your name, picture, words about you and counts stay for everybody to see."
        ),
    )


class AppearanceForm(RoomForm):
    theme = forms.ChoiceField(
        label=_("Colours"),
        choices=[("", _("As my device has it")), ("light", _("Light")), ("dark", _("Dark"))],
        required=False,
        widget=forms.RadioSelect,
    )


class LanguageForm(RoomForm):
    """ "auto" stands for no language of one's own."""

    # Each by its own name: whoever landed in a foreign language finds the way out.
    names = [(code, normalize("NFC", get_language_info(code)["name_local"])) for code, _name in settings.LANGUAGES]
    language = forms.ChoiceField(label=_("Language"), choices=[("auto", _("As my browser asks")), *names])

    def clean_language(self) -> str:
        language: str = self.cleaned_data["language"]
        return "" if language == "auto" else language

"""Forms of the member's own settings."""

from typing import Any
from unicodedata import normalize

from allauth.account.fields import PasswordField
from django import forms
from django.conf import settings
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.actions import factors
from accounts.forms.base import RoomForm
from accounts.forms.entrance import PASSWORD_HINT
from accounts.models.people import User
from core import errors


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
        try:
            right = factors.check_password(actor=self.user, password=self.cleaned_data["old"])
        except errors.TooMany as error:
            raise forms.ValidationError(str(error.message)) from None
        if not right:
            raise forms.ValidationError(_("This is not your password until now."))
        return self.cleaned_data["old"]

    def clean(self) -> None:
        if "password" in self.cleaned_data:
            with self.mending():
                rules.clean_password(self.cleaned_data["password"], user=self.user)


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

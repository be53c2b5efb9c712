"""Forms of one's data and of leaving."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.base import RoomForm
from accounts.models.people import User


class ImportForm(RoomForm):
    file = forms.FileField(
        label=_("The zip from the other site"),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={"required": _("Choose the file first."), "empty": _("This file is empty.")},
    )
    only_me = forms.BooleanField(
        label=_("For my eyes only"),
        required=False,
        help_text=_("Otherwise each post is for those whom it was for over there."),
    )


class DeleteForm(RoomForm):
    """Members without a password (a passkey, another site's account) are not asked for one."""

    password = forms.CharField(
        label=_("Your password"),
        max_length=1000,
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    take_messages = forms.BooleanField(
        label=_("Take my messages with me"),
        required=False,
        help_text=_("Otherwise what you wrote to others stays with them, by a deleted member."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.has_usable_password():
            del self.fields["password"]
        else:
            self.fields["password"].required = True
            self.fields["password"].error_messages["required"] = _("Type your password, so that we know it is you.")

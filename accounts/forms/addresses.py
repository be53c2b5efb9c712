"""The form of a move to another address."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.base import RoomForm


class MoveForm(RoomForm):
    missing = {"email": _("Type the new address.")}
    email = forms.CharField(
        label=_("New address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
    )

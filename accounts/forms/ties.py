"""Forms of mutes and lists."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.base import RoomForm
from accounts.models.lists import NAME_LENGTH
from accounts.models.mutes import WORD_LENGTH, Span


class MuteForm(RoomForm):
    span = forms.ChoiceField(label=_("How long?"), choices=Span.choices, initial=Span.EVER, widget=forms.RadioSelect)


class WordForm(RoomForm):
    missing = {"phrase": _("Write a word or a phrase.")}
    phrase = forms.CharField(
        label=_("Word or phrase"),
        max_length=WORD_LENGTH,
        help_text=_("Big and small letters and accents do not matter."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    span = forms.ChoiceField(label=_("How long?"), choices=Span.choices, initial=Span.EVER)


class ListForm(RoomForm):
    missing = {"name": _("Give the list a name.")}
    name = forms.CharField(
        label=_("Name of the list"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class ListPersonForm(RoomForm):
    missing = {"person": _("Whose handle?")}
    person = forms.CharField(
        label=_("Add somebody by handle"),
        max_length=31,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "dir": "ltr", "autocomplete": "off"}),
    )

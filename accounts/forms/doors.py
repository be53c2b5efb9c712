"""Forms of the site's office: options, blocked addresses, answers to requests."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.forms.base import RoomForm
from accounts.models.doors import Inviters, Mode


class SiteForm(RoomForm):
    """The fields are the options' keys, dots as double underscores."""

    site__name = forms.CharField(
        label=_("Name"), max_length=60, required=False, help_text=_("Empty: as the operator has set it.")
    )
    site__tagline = forms.CharField(
        label=_("In one line"), max_length=120, required=False, help_text=_("Stands large on the front page.")
    )
    site__welcome = forms.CharField(
        label=_("Welcome"),
        max_length=600,
        required=False,
        help_text=_("What visitors read on the front page, in your words."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    accounts__sign_up = forms.ChoiceField(label=_("Who may join?"), choices=Mode.choices, widget=forms.RadioSelect)
    accounts__domains = forms.CharField(
        label=_("Domains"),
        required=False,
        help_text=_(
            "Used while people join with an address of these domains. One in a line, such as example.org; each stands "
            "for itself only, not for what is below it."
        ),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "autocapitalize": "none", "spellcheck": "false"}),
    )
    accounts__minimum_age = forms.IntegerField(
        label=_("Youngest age"),
        required=False,
        min_value=0,
        max_value=120,
        help_text=_("Whoever joins says when they were born; the date is not kept. Empty: nobody is asked."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    accounts__inviters = forms.ChoiceField(label=_("Who may invite?"), choices=Inviters.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, stands in (("site__name", settings.SITE_NAME), ("site__tagline", settings.SITE_TAGLINE)):
            self.fields[name].widget.attrs["placeholder"] = stands  # while the owner has said nothing

    @classmethod
    def shown(cls, decided: dict[str, Any]) -> dict[str, Any]:
        """Options as the fields show them."""
        domains = "\r\n".join(decided["accounts__domains"])  # as browsers send it back
        welcome = decided["site__welcome"].replace("\n", "\r\n")
        return {
            **decided,
            "site__welcome": welcome,
            "accounts__domains": domains,
            "accounts__minimum_age": decided["accounts__minimum_age"] or None,
        }


class BlockForm(RoomForm):
    missing = {"pattern": _("Which address, or which domain?")}
    pattern = forms.CharField(
        label=_("Address or domain"),
        max_length=254,
        help_text=_("A domain stands for all addresses below it, an address also for its forms with a plus."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocapitalize": "none", "autocomplete": "off"}),
    )


class DeclineForm(RoomForm):
    answer = forms.CharField(
        label=_("What shall we tell them?"),
        max_length=1000,
        required=False,
        help_text=_("It goes out by mail, in your words."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

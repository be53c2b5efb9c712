"""Forms about oneself: profile, pictures, handle, privacy, the first steps."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.forms.base import RoomForm
from accounts.forms.entrance import HANDLE_HINT
from accounts.models.fields import LABEL_LENGTH, LINKS, OWN, VALUE_LENGTH, FieldKind, ProfileField, birthday_parts
from accounts.models.relations import Audience
from core import errors
from uploads.actions.attempts import Crop

ROWS = {FieldKind.LINK: LINKS, FieldKind.OWN: OWN}
BLANK = 2  # empty rows after the filled ones


def _audience(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=Audience.choices, initial=Audience.MEMBERS, required=False)


def _line(label: Any, length: int = 60, **attributes: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"dir": "auto", **attributes})
    return forms.CharField(label=label, max_length=length, required=False, widget=widget)


class ProfileForm(RoomForm):
    """A member's words about themselves. Links and own fields are rows: link_0_value, link_0_label, link_0_audience."""

    missing = {"display_name": _("How shall people call you?")}
    display_name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"dir": "auto"}))
    bio = forms.CharField(
        label=_("About you"),
        max_length=500,
        required=False,
        help_text=_("A sentence or two is plenty. Like your name and your pictures it is for everybody."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    pronouns = _line(_("Pronouns"), placeholder=_("she/her, they/them"))
    pronouns_audience = _audience(_("Who sees your pronouns"))
    location = _line(_("Where you live"), autocomplete="address-level2")
    location_audience = _audience(_("Who sees where you live"))
    birth_day = _line(_("Day"), 2, inputmode="numeric", dir="ltr")
    birth_month = forms.ChoiceField(label=_("Month"), choices=[("", "–"), *MONTHS.items()], required=False)
    birth_year = _line(_("Year"), 4, inputmode="numeric", dir="ltr")
    birthday_audience = _audience(_("Who sees your birthday"))

    def __init__(self, *args: Any, fields: Sequence[ProfileField] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, limit in ROWS.items():
            for number in range(limit):
                self._add_row(kind, number)
        self.initial.update(self._filled(fields))
        self.given: list[dict[str, str]] = []

    def _add_row(self, kind: FieldKind, number: int) -> None:
        link = kind == FieldKind.LINK
        label = gettext("Title of link %(n)d") if link else gettext("Name of field %(n)d")
        value = gettext("Address of link %(n)d") if link else gettext("Text of field %(n)d")
        who = gettext("Who sees link %(n)d") if link else gettext("Who sees field %(n)d")
        n = {"n": number + 1}
        self.fields[f"{kind}_{number}_label"] = _line(label % n, LABEL_LENGTH)
        hint = {"placeholder": "https://", "dir": "ltr", "inputmode": "url"} if link else {}
        self.fields[f"{kind}_{number}_value"] = _line(value % n, VALUE_LENGTH, **hint)
        self.fields[f"{kind}_{number}_audience"] = _audience(who % n)

    def _filled(self, fields: Sequence[ProfileField]) -> dict[str, str]:
        filled: dict[str, str] = {}
        numbers = dict.fromkeys(ROWS, 0)
        for one in fields:
            name: str = one.kind
            if one.kind in numbers:
                kind = FieldKind(one.kind)
                name = f"{kind}_{numbers[kind]}"
                numbers[kind] += 1
                filled |= {f"{name}_label": one.label, f"{name}_value": one.value}
            elif one.kind == FieldKind.BIRTHDAY:
                year, month, day = birthday_parts(one.value)
                filled |= {"birth_day": str(day), "birth_month": str(month), "birth_year": str(year or "")}
            else:
                filled[name] = one.value
            filled[f"{name}_audience"] = one.audience
        return filled

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """The rows to show: those with words in them, and two more."""
        names = [f"{kind}_{number}" for number in range(ROWS[FieldKind(kind)])]
        bound = [[self[f"{name}_{part}"] for part in ("label", "value", "audience")] for name in names]
        filled = [number for number, (label, value, _who) in enumerate(bound) if label.value() or value.value()]
        shown = bound[: (filled[-1] + 1 if filled else 0) + BLANK]
        rows = []
        for number, (label, value, who) in enumerate(shown):
            up = number > 0 and number in filled
            rows.append({"label": label, "value": value, "audience": who, "name": names[number], "up": up})
        return rows

    @property
    def links(self) -> list[dict[str, Any]]:
        return self.rows(FieldKind.LINK)

    @property
    def own(self) -> list[dict[str, Any]]:
        return self.rows(FieldKind.OWN)

    def clean(self) -> None:
        """Gathers the fields in their order; the button "up" of a row takes it before the one above."""
        data = self.cleaned_data
        for kind in (FieldKind.PRONOUNS, FieldKind.LOCATION):
            self._gather(kind, "", data.get(kind, ""), data.get(f"{kind}_audience"), {"value": kind})
        self._gather(FieldKind.BIRTHDAY, "", self._birthday(), data.get("birthday_audience"), {"value": "birth_day"})
        for kind, limit in ROWS.items():
            first = len(self.given)
            for number in range(limit):
                name = f"{kind}_{number}"
                label, value = data.get(f"{name}_label", ""), data.get(f"{name}_value", "")
                if label or value:
                    places = {"label": f"{name}_label", "value": f"{name}_value"}
                    self._gather(kind, label, value, data.get(f"{name}_audience"), places)
                    if self.data.get("up") == name and len(self.given) - first > 1:
                        self.given[-2:] = self.given[:-3:-1]

    def _birthday(self) -> str:
        day, month, year = (self.cleaned_data.get(name, "") for name in ("birth_day", "birth_month", "birth_year"))
        if not (day or month or year):
            return ""
        return f"{year.zfill(4) if year else '-'}-{month.zfill(2)}-{day.zfill(2)}"

    def _gather(self, kind: FieldKind, label: str, value: str, audience: str | None, places: dict[str, str]) -> None:
        if not (label or value):
            return
        try:
            label, value = rules.clean_field(kind, label, value)
        except errors.Invalid as error:
            self.add_error(places[error.field or "value"], str(error.message))
        self.given.append({"kind": kind, "label": label, "value": value, "audience": audience or Audience.MEMBERS})


class PictureForm(RoomForm):
    """A file, and the piece of it that a script let one choose: four numbers with commas, in parts of the whole."""

    picture = forms.FileField(
        label=_("A new picture"),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        error_messages={"required": _("Choose a picture first."), "empty": _("This file is empty.")},
    )
    crop = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def clean_crop(self) -> Crop | None:
        try:
            x, y, width, height = (float(one) for one in self.cleaned_data["crop"].split(","))
        except ValueError:  # nobody chose: the middle
            return None
        return x, y, width, height


class HandleForm(RoomForm):
    missing = {"handle": _("Choose a handle.")}
    handle = forms.CharField(
        label=_("Handle"),
        max_length=31,
        help_text=HANDLE_HINT,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "dir": "ltr"}),
    )


class PrivacyForm(RoomForm):
    is_private = forms.BooleanField(
        label=_("Private account"),
        required=False,
        help_text=_(
            "Only your followers see your posts, your followers and whom you follow, and whoever wants to follow you"
            " has to ask. Your name, pictures, words about you and counts stay for everybody to see."
        ),
    )
    is_listed = forms.BooleanField(
        label=_("Show me among the people here"),
        required=False,
        help_text=_("Otherwise you are found only by those who know your handle."),
    )


class VisibilityForm(PrivacyForm):
    friends_audience = forms.ChoiceField(label=_("Who sees your friends"), choices=Audience.choices)


class WordsForm(RoomForm):
    bio = forms.CharField(
        label=_("About you"),
        max_length=500,
        required=False,
        help_text=_("A sentence or two is plenty."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

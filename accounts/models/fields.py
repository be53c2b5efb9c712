"""What a profile tells beside name, pictures and bio: each field for an audience of its own."""

import datetime as dt

from django.db import models
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from accounts.models.relations import Audience

LINKS = 5
OWN = 8
LABEL_LENGTH = 40
VALUE_LENGTH = 300
LEAP = 2000  # any year that has a 29 February, for birthdays without one


class FieldKind(models.TextChoices):
    PRONOUNS = "pronouns", _("Pronouns")
    LOCATION = "location", _("Where you live")
    BIRTHDAY = "birthday", _("Birthday")
    LINK = "link", _("Link")
    OWN = "own", _("A field of your own")


ONCE = (FieldKind.PRONOUNS, FieldKind.LOCATION, FieldKind.BIRTHDAY)
LIMITS = {FieldKind.LINK: LINKS, FieldKind.OWN: OWN}


class ProfileField(models.Model):
    """One field, at its place. A birthday is kept as 1991-04-09, or --04-09 without a year."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="fields")
    kind = models.CharField(max_length=12, choices=FieldKind.choices)
    label = models.CharField(max_length=LABEL_LENGTH, blank=True, help_text="Title of a link, name of one's own field.")
    value = models.CharField(max_length=VALUE_LENGTH)
    audience = models.CharField(max_length=20, choices=Audience.choices, default=Audience.MEMBERS)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "position"], name="field_place_once"),
            models.UniqueConstraint(
                fields=["person", "kind"], condition=models.Q(kind__in=ONCE), name="field_kind_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id}"

    @property
    def shown(self) -> str:
        """The value as people read it."""
        if self.kind == FieldKind.BIRTHDAY:
            year, month, day = birthday_parts(self.value)
            date = dt.date(year or LEAP, month, day)
            return formats.date_format(date, "j F Y" if year else "j F")
        if self.kind == FieldKind.LINK:
            return self.label or self.value.removeprefix("https://").removeprefix("www.").rstrip("/")
        return self.value


def birthday_parts(value: str) -> tuple[int | None, int, int]:
    """Year (or None), month, day."""
    year, month, day = value.rsplit("-", 2)
    return (None if year == "-" else int(year)), int(month), int(day)

"""Logins as JSON."""

from datetime import datetime
from typing import Any, TypedDict

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts import browsers, places
from accounts.models.logins import Device
from accounts.serializers.people import Me


class DeviceDict(TypedDict):
    id: int
    name: str
    system: str
    app: bool
    place: str
    address: str
    created_at: datetime
    seen_at: datetime
    current: bool


def device(row: Device, *, current: bool = False) -> DeviceDict:
    """A login as its member sees it, in words. Asks the database nothing."""
    program, app = browsers.read(row.client), not row.session_key
    return {
        "id": row.pk,
        "name": program.name or (_("Unknown app") if app else _("Unknown browser")),
        "system": program.system,
        "app": app,
        "place": places.place(row.address),
        "address": row.address or "",
        "created_at": row.created_at,
        "seen_at": row.seen_at,
        "current": current,
    }


class DeviceOut(serializers.Serializer[Any]):
    """One login of yours."""

    id = serializers.IntegerField()
    name = serializers.CharField(help_text="The browser, or the app as it names itself.")
    system = serializers.CharField(help_text="What it runs on; empty when it does not say.")
    app = serializers.BooleanField(help_text="An app's login, with tokens; else a browser's.")
    place = serializers.CharField(help_text="City and country by address range; empty when the site does not know.")
    address = serializers.CharField(help_text="IP address from which it was last seen.")
    created_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField(help_text="Written at most once in 5 minutes.")
    current = serializers.BooleanField(help_text="The login behind this request.")


class DevicesOut(serializers.Serializer[Any]):
    """A page of logins: this one first, then by last sight."""

    results = DeviceOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for the next page.")


class Ended(serializers.Serializer[Any]):
    ended = serializers.IntegerField(help_text="How many logins have ended.")


class Login(serializers.Serializer[Any]):
    login = serializers.CharField(max_length=254, help_text="E-mail address or handle.")
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class Tokens(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer ...`; good for 15 minutes.")
    refresh = serializers.CharField(help_text="Good for 7 days and for one use.")


class LoggedIn(Tokens):
    user = Me()


class Refresh(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=2000)


class Ticket(serializers.Serializer[Any]):
    ticket = serializers.CharField(help_text="Open /ws/?ticket=... with it within 30 seconds, once.")

"""Logins: which stand, which are due to be written down, and the page that lists them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.access import factors as factor_access
from accounts.access import logins as login_access
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries.people import PAGE
from accounts.serializers import logins as login_serializers
from core import paging, prepared

SEEN_EVERY = timedelta(minutes=5)  # a login's last sight is written at most this often


def device_of_session(session_key: str) -> Device | None:
    """The login of a browser's session, if session and login both stand."""
    found: Device | None = (
        prepared.row(_devices_in_session, None, session_key, by="session_key") if session_key else None
    )
    return found


def _devices_in_session(_viewer: None) -> QuerySet[Device]:
    session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=prepared.now())
    return login_access.live_devices().filter(Exists(session))


def device(*, id: int, user_id: int) -> Device | None:
    """A standing login and its member, in one query."""
    found: Device | None = prepared.row(_live_devices, None, id)
    return found if found and found.user_id == user_id else None


def _live_devices(_viewer: None) -> QuerySet[Device]:
    return login_access.live_devices().select_related("user")


def device_stands(*, id: int, user_id: int) -> bool:
    """Whether a login still stands and can be used: nothing that it hangs on has run out."""
    return bool(prepared.execute(*STANDING.among(devices=[id], people=[user_id])))


def _standing(devices: Any, people: Any) -> QuerySet[Any, Any]:
    rows = login_access.standing_devices().filter(id__among=devices, user__id__among=people)
    return rows.values_list("pk")


STANDING = prepared.Question(_standing, "devices", "people")


def is_due(device: Device) -> bool:
    """Whether this login was last seen long enough ago to write it down again."""
    return device.seen_at < timezone.now() - SEEN_EVERY


def due_device() -> Subquery:
    """For a query of sessions: the login of each that `is_due`."""
    due = Device.objects.filter(ended_at__isnull=True, seen_at__lt=timezone.now() - SEEN_EVERY)
    return Subquery(due.filter(session_key=OuterRef("session_key")).values("pk")[:1])


def standing_logins(ids: list[int]) -> tuple[set[int], list[int]]:
    """Which of these logins stand (and need no second factor first), and which of those are due; one query."""
    good = login_access.standing_devices().filter(pk__in=ids)
    if factor_access.is_required():
        good = good.exclude(user__in=factor_access.without_factor())
    rows = list(good.only("pk", "seen_at"))
    return {row.pk for row in rows}, [row.pk for row in rows if is_due(row)]


def known_clients(*, user: User, but: int) -> list[str]:
    """What the member's other logins were made with, those that ended in the last month as well (whoever logs out
    every evening is not somebody new each morning); some dozens are enough."""
    others = Device.objects.filter(user=user, token=None).exclude(pk=but).order_by("-seen_at", "-id")
    return list(others.values_list("client", flat=True)[:50])


def factor_kinds(user: User) -> list[str]:
    """What an app may ask for as the second step of a login: totp, recovery_codes, webauthn."""
    kinds = Authenticator.objects.filter(user_id=user.pk).order_by("type").values_list("type", flat=True)
    return list(kinds.distinct())


@dataclass(frozen=True)
class Devices:
    """A page of logins."""

    rows: list[login_serializers.DeviceDict]
    next: str


def devices(*, viewer: User, current: Device | None, cursor: str = "") -> Devices:
    """The viewer's standing logins: the one behind this request on top of the first page, the others by last sight."""

    def keep(candidates: list[Device]) -> list[Device]:
        found = login_access.visible_devices(viewer).in_bulk([row.pk for row in candidates])
        return [found[row.pk] for row in candidates if row.pk in found]

    others = Device.objects.filter(user=viewer, ended_at__isnull=True).exclude(pk=current.pk if current else 0)
    found = paging.page(others.only("pk", "seen_at"), cursor=cursor, size=PAGE, by=("-seen_at", "-id"), keep=keep)
    rows = [login_serializers.device(row) for row in found.rows]
    if current is not None and not cursor:
        rows.insert(0, login_serializers.device(current, current=True))
    return Devices(rows, found.next)

"""Logins of browsers and apps: one row each, on which session, tokens and sockets hang."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts import browsers, mails, places, realtime, tokens
from accounts.access import life as life_access
from accounts.access import logins as login_access
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.sso import AppLogin
from accounts.queries import logins as login_queries

GRACE = timedelta(seconds=30)  # an app that lost our answer may refresh with the same token again
KEPT = timedelta(days=30)
BATCH = 500


@dataclass(frozen=True)
class Pair:
    """What an app holds for one login."""

    access: str
    refresh: str


@transaction.atomic
def start_device(
    *, actor: User, session_key: str, client: str = "", address: str = "", returning: bool = False
) -> Device:
    """Remembers a browser's login. `returning` members have logged in before, as far as others know than our rows."""
    return _start(actor, client=client, address=address, returning=returning, session_key=session_key)


def _start(actor: User, *, client: str, address: str, returning: bool, **fields: object) -> Device:
    """A new login; its member hears of it when it is not their first and from something new."""
    if actor.hidden_at is not None and life_access.departure_of(actor) is None:
        # Deactivated: whoever logs in is back.
        User.objects.filter(pk=actor.pk).update(hidden_at=None)
        actor.hidden_at = None
        realtime.access_changed(actor.pk)
    where = places.clean_address(address)
    device = Device.objects.create(user=actor, key=uuid.uuid4(), client=client[:200], address=where, **fields)
    if (returning or Device.objects.filter(user=actor).exclude(pk=device.pk).exists()) and _is_new(device):
        mails.send_new_login(to=actor.email, language=actor.language, device=device)
    return device


def _is_new(device: Device) -> bool:
    """Whether none of the member's other logins of the last month is by the same browser on the same system."""
    known = login_queries.known_clients(user=device.user, but=device.pk)
    return browsers.read(device.client) not in {browsers.read(client) for client in known}


@transaction.atomic
def move_session(*, actor: User, old: str, new: str) -> None:
    """The same login goes on under another session key."""
    Device.objects.filter(user=actor, session_key=old, ended_at__isnull=True).update(session_key=new)


@transaction.atomic
def log_in_app(*, actor: User, client: str = "", address: str = "") -> Pair:
    """A login of an app, whose member has proven who they are."""
    family = {"refresh_id": uuid.uuid4().hex, "refreshed_at": timezone.now()}
    returning = actor.last_login is not None
    return _pair(_start(actor, client=client, address=address, returning=returning, **family))


@transaction.atomic
def see_devices(*, ids: list[int], address: str = "") -> None:
    """Writes down that these logins were here just now (and where), at most once in 5 minutes each."""
    now = timezone.now()
    where = {"address": found} if (found := places.clean_address(address)) else {}
    due = Device.objects.filter(pk__in=ids, ended_at__isnull=True, seen_at__lt=now - login_queries.SEEN_EVERY)
    ours = due.select_for_update(skip_locked=True).order_by("pk").values("pk")  # what is locked is being seen elsewhere
    Device.objects.filter(pk__in=ours).update(seen_at=now, **where)


@transaction.atomic
def refresh_tokens(*, refresh: str, address: str = "") -> Pair | None:
    """Rotates a refresh token under the lock of its login. The one before gets the same successor for 30 s; any older
    one was stolen or lost: it ends the login, and the answer is None."""
    claims = tokens.read_refresh(refresh)
    standing = login_access.live_devices().filter(pk=claims.device_id, user_id=claims.user_id)
    device = standing.select_for_update(of=("self",)).first()
    if device is None or not device.refresh_id or device.refreshed_at is None:
        return None
    now = timezone.now()
    if claims.id == device.refresh_id:
        device.previous_id, device.refresh_id = device.refresh_id, uuid.uuid4().hex
        device.refreshed_at = device.seen_at = now
        device.address = places.clean_address(address) or device.address
        device.save(update_fields=["previous_id", "refresh_id", "refreshed_at", "seen_at", "address"])
        return _pair(device)
    if claims.id == device.previous_id and now - device.refreshed_at <= GRACE:
        return _pair(device)
    _end(Device.objects.filter(pk=device.pk), device.user_id)
    return None


def _pair(device: Device) -> Pair:
    assert device.refreshed_at is not None
    refresh = tokens.refresh_token(device, id=device.refresh_id, at=device.refreshed_at)
    return Pair(access=tokens.access_token(device), refresh=refresh)


@transaction.atomic
def end_device(*, actor: User, device_id: int) -> None:
    """Ends one of the actor's logins: its session, its tokens, its sockets. Doing it again changes nothing."""
    device = login_access.access_device(actor, device_id)
    _end(Device.objects.filter(pk=device.pk), actor.pk)


@transaction.atomic
def end_session(*, actor: User, session_key: str) -> None:
    """Ends the login of a browser's session."""
    _end(Device.objects.filter(session_key=session_key, user=actor).exclude(session_key=""), actor.pk)


@transaction.atomic
def end_devices(*, actor: User, keep: int = 0) -> int:
    """Ends all of the actor's logins, tokens too, but the one with the id `keep`; returns how many stood."""
    standing = login_access.visible_devices(actor).exclude(pk=keep).count()
    _end(Device.objects.filter(user=actor).exclude(pk=keep), actor.pk)
    return standing


@transaction.atomic
def set_password(*, actor: User, password: str, keep: int = 0) -> None:
    """Sets a new password and ends the other logins, tokens too (all but the one with the id `keep`)."""
    actor.set_password(password)
    User.objects.filter(pk=actor.pk).update(password=actor.password)
    end_devices(actor=actor, keep=keep)


@transaction.atomic
def forget_logins() -> int:
    """A batch of sessions past their end (sign-ups that were never finished stand in them, too) and of logins over for
    a month; the clock calls it until nothing is left."""
    now = timezone.now()
    sessions = Session.objects.filter(expire_date__lt=now).order_by("expire_date").values_list("pk", flat=True)[:BATCH]
    over = Q(ended_at__lt=now - KEPT)
    lapsed = Q(session_key="", refreshed_at__lt=now - KEPT)  # a refresh token is good for a week
    # A browser's login whose session is gone: nothing can bring it back.
    lost = (
        ~Q(session_key="") & Q(created_at__lt=now - KEPT) & ~Exists(Session.objects.filter(pk=OuterRef("session_key")))
    )
    devices = Device.objects.filter(over | lapsed | lost).order_by("pk").values_list("pk", flat=True)[:BATCH]
    # One that has been begun anew under its old key is not past its end any more (accounts.moving).
    gone, _by_model = Session.objects.filter(pk__in=list(sessions), expire_date__lt=now).delete()
    gone_devices, _by_model = Device.objects.filter(pk__in=list(devices)).delete()
    return gone + gone_devices


def _end(devices: QuerySet[Device], user_id: int) -> None:
    # A code for an app is a login to be. One that is being swapped right now is waited for: its login is seen below.
    AppLogin.objects.filter(user_id=user_id).delete()
    rows = list(devices.select_for_update().filter(ended_at__isnull=True).order_by("pk"))
    Device.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=timezone.now(), address=None)
    Session.objects.filter(session_key__in=[row.session_key for row in rows if row.session_key]).delete()
    if rows:
        realtime.access_changed(user_id)

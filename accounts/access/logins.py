"""Which logins stand, and which of them a member may end."""

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from rest_framework_simplejwt.settings import api_settings

from accounts.access import api_tokens as api_token_access
from accounts.access.people import Viewer, admitted, viewer_id
from accounts.models.logins import Device
from core import errors, prepared


def live_devices() -> QuerySet[Device]:
    """Logins that stand: not ended, and their member may log in."""
    return Device.objects.filter(admitted("user__"), ended_at__isnull=True)


def standing_devices() -> QuerySet[Device]:
    """Live logins that can still be used: the session of a browser, the refresh token of an app, the token of a script
    have not run out."""
    now = prepared.now()
    session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    fresh = Q(session_key="", refreshed_at__gt=now - api_settings.REFRESH_TOKEN_LIFETIME)
    token = api_token_access.live_tokens().filter(device=OuterRef("pk"))
    return live_devices().filter(fresh | Exists(session) | Exists(token))


def visible_devices(viewer: Viewer) -> QuerySet[Device]:
    """The viewer's own standing logins of browsers and apps (tokens have a page of their own); nobody sees anybody
    else's."""
    return standing_devices().filter(user_id=viewer_id(viewer) or 0, token=None)


def access_device(viewer: Viewer, id: int) -> Device:
    """One login of the viewer, standing or over. Foreign and absent answer alike."""
    mine = Device.objects.filter(user_id=viewer_id(viewer) or 0)
    device = mine.filter(pk=id).first() if 0 < id < 2**63 else None
    if device is None:
        raise errors.NotFound
    return device


def counted_apart(member_id: int, login: str) -> str:
    """Under what wrong passwords count where the member has logged in before."""
    return f"{member_id}:{login}"

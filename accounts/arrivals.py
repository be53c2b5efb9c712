"""What a browser's session keeps of single sign-on: somebody who has arrived and is not logged in yet, and how a login
came about, so that its log-out finds the way back."""

import time
from dataclasses import asdict

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.conf import settings
from django.http import HttpRequest

from accounts import oidc
from accounts.actions import sso
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.sso import Identity
from accounts.queries import sso as sso_queries
from core import errors

PENDING = "sso_arrived"
CAME_BY = "sso_came_by"
METHOD = "socialaccount"
LIFE = 15 * 60  # seconds between arriving and being linked


def keep(
    request: HttpRequest, arrival: oidc.ShownIdentity, *, id_token: str, next_url: str, invitation: str = ""
) -> None:
    """For the pages that come next: who has arrived, until they have a handle here or have logged in."""
    body = {"arrival": asdict(arrival), "at": time.time(), "id_token": id_token, "next": next_url}
    request.session[PENDING] = body | {"joining": "", "invitation": invitation}


def waiting(request: HttpRequest) -> oidc.ShownIdentity | None:
    body = request.session.get(PENDING)
    if not body or time.time() - body["at"] > LIFE:
        return None
    fields = dict(body["arrival"])
    return oidc.ShownIdentity(**{**fields, "roles": tuple(fields["roles"])})


def next_url(request: HttpRequest) -> str:
    return str(request.session.get(PENDING, {}).get("next", ""))


def invitation(request: HttpRequest) -> str:
    """The token of the invitation on whose page the way to the provider began."""
    return str(request.session.get(PENDING, {}).get("invitation", ""))


def expect(request: HttpRequest, email: str) -> None:
    """A sign-up of this session will prove this address: its member is who has arrived."""
    request.session[PENDING] = {**request.session[PENDING], "joining": email}


def is_expected(request: HttpRequest, user: User) -> bool:
    """Whether this member has just joined in this session, on the way that began with the provider."""
    body = request.session.get(PENDING) or {}
    young = user.created_at.timestamp() >= body.get("at", 0)
    return bool(body.get("joining")) and body["joining"] == user.email and young


def done(request: HttpRequest) -> str:
    """Nobody waits any more. Returns the id token."""
    return str((request.session.pop(PENDING, None) or {}).get("id_token", ""))


def record(request: HttpRequest, identity: Identity, arrival: oidc.ShownIdentity, *, id_token: str) -> None:
    """By which identity the login that follows comes."""
    # allauth's name for it; its steps (the second factor, for one) come in between.
    words = {"provider": identity.provider, "uid": str(identity.pk), "sid": arrival.sid}
    record_authentication(request, identity.user, METHOD, **words)
    request.session[CAME_BY] = {"provider": identity.provider, "token": id_token}


def settle(request: HttpRequest, user: User, device: Device) -> None:
    """The login stands now: its row remembers the identity it came by, if it did."""
    first = [one for one in get_authentication_records(request, user) if one["method"] != "mfa"]
    if first and first[-1]["method"] == METHOD:
        words = first[-1]
        sso.came_by(actor=user, device_id=device.pk, identity_id=int(words["uid"]), sid=words["sid"])
    else:
        request.session.pop(CAME_BY, None)


def way_out(request: HttpRequest) -> tuple[str, str] | None:
    """Where this session's login goes to end at its provider, too, and what that is called; None where it ends here.
    Ask before the log-out."""
    found = request.session.get(CAME_BY)
    if not found:
        return None
    try:
        provider = sso_queries.provider(found["provider"])
        if not provider.logout:
            return None
        url = oidc.end_session_url(provider, id_token=found["token"], back=settings.SITE_URL + "/")
    except (errors.NotFound, oidc.Unreachable):
        return None
    return (url, provider.name) if url else None

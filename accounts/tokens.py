"""JSON web tokens of apps and tickets of sockets. A token only names a login (Device); its row says if it stands."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts.access import factors as factor_access
from accounts.access import life as life_access
from accounts.models import api_tokens
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import api_tokens as api_token_queries
from accounts.queries import logins as login_queries
from core import consumers, errors, limits, scopes

TICKET_SECONDS = 30
TICKET_SALT = "accounts.ticket"


class SecondFactorNeeded(errors.SignInNeeded):
    """The password is right, but this account asks for a second factor: `flow` goes on with auth/second-factor."""

    code = "second_factor_needed"
    default = _("This account is protected by a second factor.")

    def __init__(self, *, flow: str, factors: list[str]) -> None:
        super().__init__()
        self.more = {"flow": flow, "factors": factors}


class TokenEnded(errors.SignInNeeded):
    code = "token_ended"
    default = _("This login has ended. Please log in again.")


@dataclass(frozen=True)
class Claims:
    user_id: int
    device_id: int
    id: str


def access_token(device: Device) -> str:
    token = AccessToken()
    token["sub"], token["device"] = str(device.user_id), device.pk
    return str(token)


def refresh_token(device: Device, *, id: str, at: datetime) -> str:
    """The same for the same arguments, so that a repeated refresh gets the same successor."""
    token = RefreshToken()
    token["sub"], token["device"], token["jti"] = str(device.user_id), device.pk, id
    token.set_iat(at_time=at)
    token.set_exp(from_time=at)
    return str(token)


def read_access(raw: str | bytes) -> Claims:
    return _read(AccessToken, raw)


def read_refresh(raw: str | bytes) -> Claims:
    return _read(RefreshToken, raw)


def _read(kind: type[Token], raw: str | bytes) -> Claims:
    """What a good token says; anything else is TokenEnded."""
    try:
        token = kind(raw)  # type: ignore[arg-type]
        return Claims(user_id=int(token["sub"]), device_id=int(token["device"]), id=str(token["jti"]))
    except (TokenError, KeyError, TypeError, ValueError):
        raise TokenEnded from None


def device_of(raw: str) -> Device:
    """The login that the token of an app or of a script names; on a script's stand the scopes of this request.
    TokenEnded for what is not good, or not any more."""
    if raw.startswith(api_tokens.PREFIX):
        token = api_token_queries.by_raw(raw)
        if token is None:
            raise TokenEnded(_("This token is not good, or not any more."))
        token.device.scopes = frozenset(token.scopes)  # type: ignore[misc]
        return token.device
    claims = read_access(raw)
    device = login_queries.device(id=claims.device_id, user_id=claims.user_id)
    if device is None:
        raise TokenEnded
    return device


def check_open(user: User, view: Any) -> None:
    """Who hides, or must have a second factor and has none, goes no further than the views that are marked for them."""
    life_access.check_shown(user, view)
    factor_access.check(user, view)


def _view(request: Request) -> Any:
    return (request.parser_context or {}).get("view")


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's own calls. Its challenge makes a missing login 401 instead of 403."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found = super().authenticate(request)
        if found is not None:
            check_open(found[0], _view(request))
        return found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer ...`, with an app's token or a script's: member and login are read in one query; an ended
    login ends here."""

    def authenticate(self, request: Request) -> tuple[User, Device] | None:
        words = authentication.get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise TokenEnded
        device = device_of(words[1].decode("latin-1"))
        if device.scopes is not None:
            # Here, because no view gets past: one that has decided nothing is closed to tokens.
            scopes.check(device.scopes, scopes.of(_view(request), request.method or ""))
        check_open(device.user, _view(request))
        if login_queries.is_due(device):
            request._request.device_due = device.pk  # type: ignore[attr-defined]  # for middleware.LastSeen
        return device.user, device

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


# -- Tickets: how an app without cookies opens /ws/ -------------------------------------------------------------------


def make_ticket(device: Device) -> str:
    """Good for 30 seconds and for one connection; names the login, so that it ends with it. Signed and not stored; that
    it was used is, in the database: with Redis away sockets still open, and still once."""
    may = None if device.scopes is None else sorted(device.scopes)
    body = {"user": device.user_id, "device": device.pk, "scopes": may, "nonce": secrets.token_urlsafe(12)}
    return signing.dumps(body, salt=TICKET_SALT, compress=False)


def by_ticket(ticket: str) -> consumers.Principal | None:
    try:
        body = signing.loads(ticket, salt=TICKET_SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature:
        return None
    may = None if body["scopes"] is None else frozenset(body["scopes"])
    principal = consumers.Principal(user_id=body["user"], login=str(body["device"]), scopes=may)
    if not still_valid(principal) or not limits.once("ticket", body["nonce"], seconds=2 * TICKET_SECONDS):
        return None
    return principal


def by_session(session_key: str) -> consumers.Principal | None:
    device = login_queries.device_of_session(session_key)
    if device is None or not _is_open(device.user_id):
        return None
    return consumers.Principal(user_id=device.user_id, login=str(device.pk))


def by_bearer(raw: str) -> consumers.Principal | None:
    """Whose app's or script's token this is, for what must know it before a request is read."""
    try:
        device = device_of(raw)
    except TokenEnded:
        return None
    return consumers.Principal(user_id=device.user_id, login=str(device.pk))


def still_valid(principal: consumers.Principal) -> bool:
    standing = login_queries.device_stands(id=int(principal.login), user_id=principal.user_id)
    # Sockets ask when something has just been decided: what this process read a moment ago is too old.
    return standing and _is_open(principal.user_id, sure=True)


def _is_open(user_id: int, *, sure: bool = False) -> bool:
    """Whether sockets are open to this member: `check_open` without any view."""
    return not life_access.is_hidden(user_id) and not factor_access.factor_missing(user_id, sure=sure)

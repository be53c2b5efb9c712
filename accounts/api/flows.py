"""What an app is in the middle of: a sign-up, a login, a reset that waits for its next step.

A flow is a server-side session of its own. The app holds its token, the database the session under a digest of it: who
reads the database cannot go on with a flow, and who holds a flow has no session. allauth's steps find in it what they
find in a browser's session; every step runs under the lock of its row; it is good for one way through.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

from allauth.account.utils import has_verified_email
from allauth.core import context
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.response import Response

from accounts import codes, tokens
from accounts.actions import logins
from accounts.api import inputs
from accounts.api.base import Request
from accounts.models.people import User
from accounts.queries import logins as login_queries
from accounts.queries import people as people_queries
from accounts.serializers import people as people_serializers
from accounts.sessions import SessionStore
from core import errors

JOIN, LOGIN, PASSKEY, PROVE, RESET = "join", "login", "passkey", "prove", "reset"
NEW_APP, NEW_PASSKEY = "new-app", "new-passkey"
LIVES = {
    JOIN: timedelta(hours=1),  # a code lives for 5 minutes, and can be sent again
    LOGIN: timedelta(minutes=10),
    PASSKEY: timedelta(minutes=5),
    PROVE: timedelta(minutes=5),
    RESET: timedelta(minutes=15),
    NEW_APP: timedelta(minutes=15),
    NEW_PASSKEY: timedelta(minutes=5),
}
KIND, WRONG, WHO, STATE = "flow", "flow_wrong", "flow_user", "flow_hash"
GUESSES = 5


class FlowEnded(errors.SocialError):
    """Never begun, over, or used up: the three answer alike."""

    status = 410
    code = "flow_ended"
    default = gettext_lazy("This has ended. Please begin again.")


@contextmanager
def begun(request: HttpRequest, kind: str) -> Iterator[str]:
    """A fresh flow stands in for the request's session, and is kept unless something goes wrong; gives its token."""
    token, outer, session = secrets.token_urlsafe(32), request.session, SessionStore()
    session[KIND] = kind
    request.session = session
    try:
        yield token
    finally:
        request.session = outer
    session._session_key = _key(token)
    session.set_expiry(timezone.now() + LIVES[kind])
    session.save(must_create=True)


@contextmanager
def step(request: HttpRequest, token: str, kind: str) -> Iterator[None]:
    """The flow of this token stands in for the request's session, under its lock. FlowEnded when there is none. What a
    refusal has counted stays counted."""
    outer, refused = request.session, None
    request.session = SessionStore(_key(token))
    try:
        with codes.locked(request):
            try:
                if request.session.get(KIND) != kind:
                    raise FlowEnded
                yield
            except errors.SocialError as error:
                refused = error
    finally:
        request.session = outer
    if refused is not None:
        raise refused


@contextmanager
def apart(request: HttpRequest) -> Iterator[None]:
    """What allauth notes in the session meanwhile is not kept: an app has none."""
    outer, request.session = request.session, SessionStore()
    try:
        yield
    finally:
        request.session = outer


def _key(token: str) -> str:
    return salted_hmac("accounts.flow", token, algorithm="sha256").hexdigest()[:40]


def wrong(request: HttpRequest, words: str, field: str = "code") -> errors.SocialError:
    """One more wrong answer in this flow; the fifth ends it."""
    count = request.session[WRONG] = request.session.get(WRONG, 0) + 1
    if count < GUESSES:
        return errors.Invalid(words, field=field)
    request.session.flush()
    return FlowEnded()


# -- Who it is --------------------------------------------------------------------------------------------------------


def check_password(given: dict[str, str]) -> User | None:
    """The member of this `email` or `username`, if it is their `password`; wrong ones count (accounts.adapters)."""
    form = inputs.LoginInput(given)
    form.is_valid()
    if form.login is not None:
        return cast("User", form.login.user)
    if form.has_error(NON_FIELD_ERRORS, "too_many_login_attempts"):
        raise errors.TooMany(" ".join(form.non_field_errors()), retry_after=300)
    return None


def remember(request: HttpRequest, user: User) -> None:
    """This flow is about this member, as long as their password stays what it is."""
    request.session[WHO], request.session[STATE] = user.pk, user.get_session_auth_hash()


def remembered(request: HttpRequest) -> User:
    user = people_queries.somebody(request.session.get(WHO, 0))
    if user is None or not user.can_log_in or request.session.get(STATE) != user.get_session_auth_hash():
        request.session.flush()
        raise FlowEnded
    return user


def check_own(request: HttpRequest, user: User) -> None:
    """FlowEnded for a flow that is about somebody else."""
    if remembered(request).pk != user.pk:
        raise FlowEnded


def check_factor(user: User, *, code: str = "", credential: Any = None) -> bool:
    """Whether this is the member's second factor: a code of the authenticator, a recovery code, a passkey. TooMany
    after many wrong codes, whichever way they came."""
    if credential is None:
        return is_proven(inputs.AuthenticateInput({"code": code}, user=user))
    return is_proven(inputs.AuthenticateWebAuthnInput({"credential": credential}, user=user))


def check_passkey(credential: Any) -> User | None:
    """Whose passkey this is, if it fits what was asked and its bearer was verified."""
    form = inputs.LoginWebAuthnInput({"credential": credential})
    return cast("User", form.cleaned_data["credential"].user) if is_proven(form) else None


def is_proven(form: Any) -> bool:
    """Whether allauth takes it; what was used then is noted, for its member and in the flow."""
    if not form.is_valid():
        return False
    post_authentication(context.request, form.cleaned_data.get("credential") or form.authenticator)
    return True


def passkey_options(user: User | None) -> Any:
    """What the device's passkey has to sign; the challenge waits in the flow."""
    return webauthn.begin_authentication(user)


# -- In ---------------------------------------------------------------------------------------------------------------


def go_on(request: Request, user: User) -> Response:
    """The password is right: in, or on to the second factor, which every way with a password passes."""
    check_may_enter(user)
    if not is_mfa_enabled(user):
        return enter(request, user)
    with begun(request._request, LOGIN) as token:
        remember(request._request, user)
    raise tokens.SecondFactorNeeded(flow=token, factors=login_queries.factor_kinds(user))


def check_may_enter(user: User) -> None:
    """Who must have a second factor and has none comes in: their login opens setting one up, and nothing else."""
    if not user.can_log_in:
        raise errors.SignInNeeded(_("This account is not open at the moment."))
    if not has_verified_email(user):
        raise errors.NotAllowed(_("Please log in on the site once, to prove your address."))


def enter(request: Request, user: User) -> Response:
    """The one way in for apps, after everything that was asked is proven: one login, one pair of tokens."""
    check_may_enter(user)
    client, address = request.headers.get("User-Agent", ""), request.META.get("REMOTE_ADDR", "")
    pair = logins.log_in_app(actor=user, client=client, address=address)
    me = people_serializers.me(people_queries.person(viewer=user, person=user.pk))
    return Response({"access": pair.access, "refresh": pair.refresh, "user": me})

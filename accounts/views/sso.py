"""Single sign-on in the browser: out to the provider, back from it, and what must be asked before somebody is in."""

import logging
import secrets
from http import HTTPStatus

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login
from allauth.account.internal.flows.logout import logout as allauth_logout
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.internal import statekit
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import arrivals, codes, oidc
from accounts.access import doors
from accounts.actions import sso
from accounts.forms import sso as sso_forms
from accounts.models.applications import Application
from accounts.models.people import User
from accounts.models.sso import Identity
from accounts.providers import Provider
from accounts.queries import logins as login_queries
from accounts.queries import sso as sso_queries
from accounts.views.asking import asks
from accounts.views.base import own_login
from accounts.views.confirm import ask_first, is_recent
from core import errors
from core.views import members_only

log = logging.getLogger(__name__)


# -- Out and back ------------------------------------------------------------------------------------------------------


@never_cache
@require_POST
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """A form of ours leads here: nobody else's page can begin a login in this browser."""
    codes.limit(request, "login")
    return _leave_for(request, sso_queries.provider(provider_id), process="login")


@members_only
@never_cache
@require_POST
def connect(request: HttpRequest, provider_id: str) -> HttpResponse:
    if not is_recent(request):
        return ask_first(reverse("accounts:settings_connected"))
    codes.limit(request, "login")
    return _leave_for(request, sso_queries.provider(provider_id), process="connect")


def _leave_for(request: HttpRequest, provider: Provider, *, process: str) -> HttpResponse:
    verifier, state_id = secrets.token_urlsafe(64), secrets.token_urlsafe(24)
    try:
        url = oidc.authorization_url(provider, callback=callback_url(provider), state=state_id, verifier=verifier)
    except oidc.Unreachable as error:
        return _trouble(request, provider, "down", error)
    next_url = get_next_redirect_url(request) or ""  # only pages of ours
    state = {"verifier": verifier, "process": process, "next": next_url, "user": request.user.pk}
    state["invitation"] = request.POST.get("invitation", "")[:100]
    statekit.stash_state(request, provider_id=provider.key, state=state, state_id=state_id)
    return leaving(request, url, provider.name)


def leaving(request: HttpRequest, url: str, name: str) -> HttpResponse:
    """A page that goes on by itself: the content policy lets no form of ours lead to another site."""
    return render(request, "accounts/sso_leaving.html", {"url": url, "name": name})


def callback_url(provider: Provider) -> str:
    """Built on SITE_URL, whatever host the request names; one for each provider, so that answers are not mixed up."""
    return settings.SITE_URL + reverse("accounts:sso_callback", args=[provider.key])


@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    provider = sso_queries.provider(provider_id)
    state = statekit.unstash_state(request, provider_id=provider.key, state_id=request.GET.get("state", ""))
    if state is None or state["user"] != request.user.pk:
        return _trouble(request, provider, "lost")
    try:
        oidc.check_issuer_of_answer(provider, request.GET.get("iss"))
        if "code" not in request.GET:
            cancelled = request.GET.get("error") == "access_denied"
            return _trouble(request, provider, "cancelled" if cancelled else "refused")
        verifier, callback = state["verifier"], callback_url(provider)
        tokens = oidc.exchange(provider, code=request.GET["code"], verifier=verifier, callback=callback)
        arrival = oidc.arrival(provider, oidc.claims_of(provider, tokens, verifier=verifier))
    except oidc.Unreachable as error:
        return _trouble(request, provider, "down", error)
    except oidc.Refused as error:
        return _trouble(request, provider, "refused", error)
    if state["process"] == "connect":
        return _connect(request, provider, arrival)
    kept = {"next_url": state["next"], "invitation": state["invitation"]}
    return _arrived(request, provider, arrival, id_token=tokens.id_token, **kept)


def _trouble(request: HttpRequest, provider: Provider, kind: str, error: Exception | None = None) -> HttpResponse:
    """What went wrong, in plain words; what exactly is for the operator's log."""
    if error is not None:
        log.warning("single sign-on: %s: %s", provider.key, error)
    status = {"down": HTTPStatus.SERVICE_UNAVAILABLE, "refused": HTTPStatus.FORBIDDEN, "lost": HTTPStatus.BAD_REQUEST}
    context = {"kind": kind, "name": provider.name}
    return render(request, "accounts/sso_trouble.html", context, status=status.get(kind, HTTPStatus.OK))


# -- Who it is ---------------------------------------------------------------------------------------------------------


def _arrived(
    request: HttpRequest,
    provider: Provider,
    arrival: oidc.ShownIdentity,
    *,
    id_token: str,
    next_url: str,
    invitation: str,
) -> HttpResponse:
    identity = sso_queries.identity(provider=arrival.provider, issuer=arrival.issuer, subject=arrival.subject)
    member = sso_queries.member_with(arrival.email) if identity is None and arrival.proven else None
    if member is not None and arrival.email.rpartition("@")[2] in provider.domains:
        identity = sso.link(actor=member, arrival=arrival)
    if identity is not None:
        return _enter(request, provider, identity, arrival, id_token=id_token, next_url=next_url)
    arrivals.keep(request, arrival, id_token=id_token, next_url=next_url, invitation=invitation)
    return redirect("accounts:sso_link" if member is not None or request.user.is_authenticated else "accounts:sso_join")


def _enter(
    request: HttpRequest,
    provider: Provider,
    identity: Identity,
    arrival: oidc.ShownIdentity,
    *,
    id_token: str,
    next_url: str,
    signup: bool = False,
) -> HttpResponse:
    user = identity.user
    if request.user.is_authenticated:
        allauth_logout(request, show_message=False)
    if user.is_present:
        groups = sso_queries.groups_for(provider, arrival.roles)
        sso.arrive(actor=user, identity_id=identity.pk, arrival=arrival, groups=groups)
    arrivals.record(request, identity, arrival, id_token=id_token)
    # The second factor and all other steps of a login come now.
    return perform_login(request, Login(user=user, email=user.email, signup=signup, redirect_url=next_url or None))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Somebody new: a handle and a name, and an address that is proven, by the provider or by a code of ours."""
    arrival = arrivals.waiting(request)
    if arrival is None or request.user.is_authenticated:
        return _start_again(request)
    provider, door = sso_queries.provider(arrival.provider), doors.door(arrivals.invitation(request))
    if door.refusal:
        raise errors.NotAllowed(door.refusal)
    form = sso_forms.ArrivedForm(request.POST if request.method == "POST" else None, arrival=arrival, door=door)
    if form.is_valid():
        codes.limit(request, "signup")
        with form.mending():
            return _join(request, provider, arrival, door, form)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "arrival": arrival, "name": provider.name}
    return render(request, "accounts/sso_join.html", context, status=status)


def _join(
    request: HttpRequest, provider: Provider, arrival: oidc.ShownIdentity, door: doors.Door, form: sso_forms.ArrivedForm
) -> HttpResponse:
    words = {"language": get_language() or "", "invitation": arrivals.invitation(request), **form.person()}
    asked = form.asked()
    if not arrival.proven:  # the common sign-up with its code; once it is through, `link` finds its member
        codes.JoinProcess.initiate(request, next_url=reverse("accounts:sso_link"), **asked, **words)
        arrivals.expect(request, words["email"])
        return redirect("accounts:verify")
    of_age = doors.age_shown(asked.get("birth_date"), minimum=door.minimum_age)
    made = sso.join(arrival=arrival, of_age=of_age, reason=asked.get("reason", ""), **words)
    next_url, id_token = arrivals.next_url(request), arrivals.done(request)
    if isinstance(made, Application):
        return redirect("accounts:signup_waiting")
    return _enter(request, provider, made, arrival, id_token=id_token, next_url=next_url, signup=True)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """An account and an identity are one person's only if that person has logged in with both."""
    arrival = arrivals.waiting(request)
    if arrival is None:
        return _start_again(request)
    provider = sso_queries.provider(arrival.provider)
    context = {"arrival": arrival, "name": provider.name}
    if not isinstance(request.user, User):
        return render(request, "accounts/sso_link.html", context)
    expected = arrivals.is_expected(request, request.user)
    if request.method != "POST" and not expected:
        return render(request, "accounts/sso_link.html", context)
    if not expected and not is_recent(request):  # an open browser is no proof: the identity could be anybody's
        return ask_first(reverse("accounts:sso_link"))
    return _link(request, provider, arrival, request.user)


def _link(request: HttpRequest, provider: Provider, arrival: oidc.ShownIdentity, user: User) -> HttpResponse:
    next_url = arrivals.next_url(request)
    id_token = arrivals.done(request)
    try:
        identity = sso.link(actor=user, arrival=arrival)
    except errors.Conflict as error:
        messages.error(request, str(error.message))
        return redirect("accounts:settings_connected")
    groups = sso_queries.groups_for(provider, arrival.roles)
    sso.arrive(actor=user, identity_id=identity.pk, arrival=arrival, groups=groups)
    arrivals.record(request, identity, arrival, id_token=id_token)
    device = login_queries.device_of_session(request.session.session_key or "")
    if device is not None:
        arrivals.settle(request, user, device)
    messages.success(request, _("%(name)s is connected. It can log you in from now on.") % {"name": provider.name})
    return redirect(next_url or get_adapter().get_login_redirect_url(request))


def _start_again(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("accounts:settings_connected")
    messages.info(request, _("That took too long, or was done already. Please log in again."))
    return redirect("accounts:login")


# -- Connected accounts ------------------------------------------------------------------------------------------------


def _connect(request: HttpRequest, provider: Provider, arrival: oidc.ShownIdentity) -> HttpResponse:
    assert isinstance(request.user, User)
    try:
        sso.link(actor=request.user, arrival=arrival)
    except errors.Conflict as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("%(name)s is connected. It can log you in from now on.") % {"name": provider.name})
    return redirect("accounts:settings_connected")


@members_only
@never_cache
@require_safe
def connected(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    rows, found = sso_queries.connected(viewer=request.user), sso_queries.providers()
    context = {"here": "connected", "identities": rows, "providers": found}
    return render(request, "accounts/settings_connected.html", context)


@members_only
@never_cache
@require_POST
@asks("disconnect")
def disconnect(request: HttpRequest, id: int) -> HttpResponse:
    assert isinstance(request.user, User)
    if not is_recent(request):
        return ask_first(reverse("accounts:settings_connected"))
    try:
        sso.unlink(actor=request.user, identity_id=id, keep=own_login(request))
        messages.success(request, _("Disconnected. It logs you in no more."))
    except errors.Conflict as error:
        messages.error(request, str(error.message))
    return redirect("accounts:settings_connected")

"""Ways in and out: sign up, codes, log in, log out, reset, the owner's link. allauth keeps the limits and the steps."""

from http import HTTPStatus
from typing import Any

from allauth.account import views as allauth_views
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.logout import logout as allauth_logout
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal import flows as webauthn_flows
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import arrivals, codes
from accounts.access import doors
from accounts.access.factors import open_without_factor
from accounts.actions import joining
from accounts.forms import entrance as entrance_forms
from accounts.models.applications import Application
from accounts.models.people import User
from accounts.queries import factors as factor_queries
from accounts.queries import joining as joining_queries
from accounts.queries import sso as sso_queries
from accounts.views.base import emptied
from core import errors

UNFINISHED = "accounts_unfinished"  # what the form shows again when a handle was lost in the last moment


def bad(form: Form) -> int:
    """422 for a form that needs mending, 429 when it was sent too often."""
    if form.has_error("__all__", "too_many_login_attempts"):
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK


def enter(request: HttpRequest, user: User, *, to: str = "") -> HttpResponse:
    """Logs in somebody who has just proven their address and chosen their password."""
    record_authentication(request, user, method="password", email=user.email)
    if user.welcome and arrivals.waiting(request) is None:  # whoever came by a provider goes back to be connected
        to = reverse("accounts:welcome") + (f"?{urlencode({'next': to})}" if to else "")
    return perform_login(request, Login(user=user, email=user.email, signup=True, redirect_url=to or None))


# -- Joining ----------------------------------------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("/")
    if request.method == "POST":
        codes.limit(request, "signup")
        door = doors.door(request.POST.get("invitation", ""))
        return _shut(request, door) if door.refusal else _initiate(request, door)
    unfinished = request.session.pop(UNFINISHED, {})
    door = doors.door(unfinished.get("data", {}).get("invitation", ""))
    return _shut(request, door) if door.refusal else _join_page(request, _unfinished(unfinished, door), door)


@never_cache
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The link of an invitation. It uses nothing up: only who has joined has used it."""
    door = doors.door(token)
    if request.user.is_authenticated and door.invitation:
        messages.info(request, _("You are a member already. Pass the link on to somebody who is not."))
        return redirect("/")
    if door.refusal or not door.invitation:
        return _shut(request, door)
    return _join_page(request, entrance_forms.JoinForm(door=door), door)


def _initiate(request: HttpRequest, door: doors.Door) -> HttpResponse:
    form = entrance_forms.JoinForm(request.POST, door=door)
    if form.is_valid():
        language, next_url = get_language() or "", get_next_redirect_url(request) or ""
        with form.mending():
            codes.JoinProcess.initiate(
                request,
                next_url=next_url,
                language=language,
                invitation=door.token if door.invitation else "",
                **form.asked(),
                **form.person(),
            )
            return redirect("accounts:verify")
    return _join_page(request, form, door)


def _join_page(request: HttpRequest, form: entrance_forms.JoinForm, door: doors.Door) -> HttpResponse:
    providers = sso_queries.providers()
    context = {"form": form, "door": door, "next": get_next_redirect_url(request), "providers": providers}
    return render(request, "accounts/signup.html", context, status=bad(form))


def _shut(request: HttpRequest, door: doors.Door) -> HttpResponse:
    """One page for all who cannot come in this way, and for invitations that are over or never were."""
    over = bool(door.token and not door.invitation)
    status = HTTPStatus.FORBIDDEN if request.method == "POST" else HTTPStatus.NOT_FOUND if over else HTTPStatus.OK
    return render(request, "accounts/signup_shut.html", {"door": door, "over": over}, status=status)


def _unfinished(kept: dict[str, Any], door: doors.Door) -> entrance_forms.JoinForm:
    """The form with what somebody had typed, and what has come between them and the end of it."""
    form = entrance_forms.JoinForm(kept.get("data"), door=door)
    if "data" in kept:
        form.errors.pop("password", None)
        form.errors.pop("birth_date", None)
        if not form.has_error(kept["field"]):
            form.add_error(kept["field"] if kept["field"] in form.fields else None, kept["message"])
    return form


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponseBase:
    """The code that came by mail: of a sign-up, or of an account whose address was never proven."""
    if codes.SESSION_KEY not in request.session:
        return ProveAddress.as_view()(request)
    if request.method == "POST":
        with codes.locked(request):
            return _check(request)
    process = codes.JoinProcess.resume(request)
    return _code_page(request, process, entrance_forms.CodeForm()) if process else _start_again(request)


def _check(request: HttpRequest) -> HttpResponse:
    process = codes.JoinProcess.resume(request)
    if process is None:
        return _start_again(request)
    if request.POST.get("action") == "resend":
        return _resend(request, process)
    form = entrance_forms.CodeForm(request.POST)
    if form.is_valid() and process.check(form.cleaned_data["code"]):
        return _join(request, process)
    if codes.SESSION_KEY not in request.session:
        return _start_again(request)
    if form.is_valid():
        form.add_error("code", _("That is not the code. Look at the newest mail."))
    return _code_page(request, process, form)


def _resend(request: HttpRequest, process: codes.JoinProcess) -> HttpResponse:
    form = entrance_forms.CodeForm()
    try:
        process.resend()
    except errors.TooMany as error:
        response = _code_page(request, process, form, refusal=str(error.message), status=error.status)
        response["Retry-After"] = str(error.retry_after)
        return response
    messages.success(request, _("A new code is on its way. The old one is good no more."))
    return redirect("accounts:verify")


def _join(request: HttpRequest, process: codes.JoinProcess) -> HttpResponse:
    try:
        made = process.finish()
    except errors.Conflict as error:
        messages.info(request, str(error.message))
        return redirect("accounts:login")
    except errors.NotAllowed as error:
        messages.error(request, str(error.message))
        return redirect("accounts:signup")
    except errors.Invalid as error:
        person, invited = process.state["person"], process.state.get("invitation", "")
        data = {name: person[name] for name in ("email", "handle", "display_name")}
        data |= {"reason": process.state.get("reason", ""), "invitation": invited}
        request.session[UNFINISHED] = {"data": data, "field": error.field, "message": str(error.message)}
        return redirect("accounts:signup")
    if isinstance(made, Application):
        return redirect("accounts:signup_waiting")
    return enter(request, made, to=process.state["next"])


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """After asking to join: a moderator answers by mail."""
    return render(request, "accounts/signup_waiting.html")


def _code_page(
    request: HttpRequest, process: codes.JoinProcess, form: Form, *, refusal: str = "", status: int = 0
) -> HttpResponse:
    context = {"form": form, "email": process.email, "refusal": refusal, "can_resend": True}
    return render(request, "accounts/verify.html", context, status=status or bad(form))


def _start_again(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("This code is no longer good. Please start again; it takes a minute."))
    return redirect("accounts:signup")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def owner(request: HttpRequest, token: str) -> HttpResponse:
    """The one-time link that `manage.py owner_link` prints."""
    codes.limit(request, "signup")
    joining_queries.check_owner_link(token)
    form = entrance_forms.JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = form.person()
        with form.mending():
            return enter(request, joining.make_owner(token=token, **person))
    return render(request, "accounts/owner.html", {"form": form}, status=bad(form))


# -- In and out -------------------------------------------------------------------------------------------------------


class OfOurHouse:
    """allauth's views in our house. A form that needs mending is no success: 422, so that scripts and apps see it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        context.pop("site", None)  # ours is the one of core.frame
        return context

    def form_invalid(self, form: Form) -> HttpResponse:
        response = super().form_invalid(form)  # type: ignore[misc]
        if response.status_code == HTTPStatus.OK:
            response.status_code = bad(form)
        return response


class LogIn(OfOurHouse, allauth_views.LoginView):
    template_name = "accounts/login.html"
    form_class = entrance_forms.LoginForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {"providers": sso_queries.providers(), "next": get_next_redirect_url(self.request)}
        words["shut"] = bool(doors.door().refusal)
        return {**super().get_context_data(**kwargs), **words}


class PasskeyLogin(LoginWebAuthnView):
    """With a passkey alone: it says whose it is, and asked for finger, face or PIN, so it counts as both factors. A
    GET by the page's script brings the challenge."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (webauthn.get_state() or {}).get("user_verification") != "required":
            webauthn.clear_state()  # a challenge of another page, which asks for no finger, face or PIN
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Form) -> HttpResponse:
        authenticator = form.cleaned_data["credential"]
        login = Login(user=authenticator.user, redirect_url=get_next_redirect_url(self.request))
        return webauthn_flows.perform_passwordless_login(self.request, authenticator, login)


@open_without_factor
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    beyond = arrivals.way_out(request)
    allauth_logout(request, show_message=False)
    if beyond is not None:
        return emptied(render(request, "accounts/sso_leaving.html", {"url": beyond[0], "name": beyond[1]}))
    return emptied(redirect("/"))


@never_cache
def inactive(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/inactive.html", status=HTTPStatus.FORBIDDEN)


class SecondFactor(OfOurHouse, AuthenticateView):
    """Between password and login, for accounts that have one: a code of the authenticator, or a recovery code."""

    template_name = "accounts/second_factor.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        # Recovery codes can be typed by everybody; a passkey only by who has one.
        return context | {"has_passkey": factor_queries.has_passkey(self.stage.login.user)}

    def form_invalid(self, form: Form) -> HttpResponse:
        response = self.get(self.request)
        many = any(form.has_error(name, "too_many_login_attempts") for name in form.fields)
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS if many else HTTPStatus.UNPROCESSABLE_ENTITY
        return response


class CheckedUnderLock(OfOurHouse):
    """allauth counts wrong codes in the session; under its lock, parallel guesses count one by one."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        with codes.locked(request):
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class ProveAddress(CheckedUnderLock, allauth_views.ConfirmEmailVerificationCodeView):
    template_name = "accounts/verify.html"


class Reset(OfOurHouse, allauth_views.PasswordResetView):
    template_name = "accounts/reset.html"
    form_class = entrance_forms.ResetForm

    def get_initial(self) -> dict[str, Any]:
        """Whoever is logged in need not type their address."""
        known = {"email": self.request.user.email} if self.request.user.is_authenticated else {}
        return {**super().get_initial(), **known}


class ResetCode(CheckedUnderLock, allauth_views.ConfirmPasswordResetCodeView):
    template_name = "accounts/reset_code.html"

    def form_invalid(self, form: Form) -> HttpResponse:
        if self._process.user is None:  # for a known address that has just asked the database
            joining_queries.members_with(self._process.state["email"])
        return super().form_invalid(form)


class ResetPassword(OfOurHouse, allauth_views.CompletePasswordResetView):
    template_name = "accounts/reset_password.html"
    form_class = entrance_forms.NewPasswordForm
    success_url = reverse_lazy("accounts:login")

    def dispatch(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        codes.check_reset(request)
        return super().dispatch(request, **kwargs)

    def form_valid(self, form: Form) -> HttpResponse:
        response = super().form_valid(form)
        messages.success(self.request, _("Your new password is set. Log in with it."))
        return response


def too_many(request: HttpRequest) -> HttpResponse:
    """What allauth answers beyond its limits."""
    raise errors.TooMany(retry_after=60)

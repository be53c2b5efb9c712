"""Who changes what protects an account proves first that it is theirs: by a login, a password or a factor of the last
five minutes."""

import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base.forms import ReauthenticateForm
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.access.factors import open_without_factor
from accounts.actions import factors
from accounts.forms import factors as factor_forms
from accounts.queries import factors as factor_queries
from accounts.views.base import Request
from core import errors
from core.views import members_only

View = Callable[..., HttpResponse]


def is_recent(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT


def confirmed(view: View) -> View:
    """Leads to the page below first, and from there back: to this page, or to the one whose button was pressed."""

    @wraps(view)
    @members_only
    @never_cache
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_recent(request):
            return view(request, *args, **kwargs)
        return ask_first(reverse("accounts:security") if request.method == "POST" else request.get_full_path())

    return guarded


def ask_first(back: str) -> HttpResponse:
    """To the page below, and from there to `back`."""
    return redirect(f"{reverse('accounts:confirm')}?{urlencode({REDIRECT_FIELD_NAME: back})}")


@open_without_factor
@members_only
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: Request) -> HttpResponse:
    """By password, by a code, or by a passkey: whatever the account has."""
    forms: dict[str, Form] = {"password": factor_forms.PasswordAgain(), "code": ReauthenticateForm(user=request.user)}
    status = HTTPStatus.OK
    if request.method == "POST":
        tried = next((name for name in ("credential", "code") if name in request.POST), "password")
        form = forms[tried] = _tried(request, tried)
        if form.is_valid() and _proves(request, form):
            return redirect(get_next_redirect_url(request) or reverse("accounts:security"))
        many = any(form.has_error(name, "too_many_login_attempts") for name in form.fields)
        status = HTTPStatus.TOO_MANY_REQUESTS if many else HTTPStatus.UNPROCESSABLE_ENTITY
    known = factor_queries.protection(viewer=request.user)
    options = webauthn.begin_authentication(request.user) if known.passkeys else None
    context = {"forms": forms, "known": known, "options": options, "next": get_next_redirect_url(request) or ""}
    return render(request, "accounts/confirm.html", context, status=status)


def _tried(request: Request, what: str) -> Form:
    if what == "credential":
        return ReauthenticateWebAuthnForm(request.POST, user=request.user)
    if what == "code":
        return ReauthenticateForm(request.POST, user=request.user)
    return factor_forms.PasswordAgain(request.POST)


def _proves(request: Request, form: Form) -> bool:
    if not isinstance(form, factor_forms.PasswordAgain):
        found = form.authenticator if isinstance(form, ReauthenticateForm) else form.cleaned_data["credential"]
        post_authentication(request, found, reauthenticated=True)
        return True
    try:
        if factors.check_password(actor=request.user, password=form.cleaned_data["password"]):
            record_authentication(request, request.user, method="password", reauthenticated=True)
            return True
    except errors.TooMany as error:
        form.add_error("password", ValidationError(str(error.message), code="too_many_login_attempts"))
        return False
    form.add_error("password", _("This is not your password."))
    return False

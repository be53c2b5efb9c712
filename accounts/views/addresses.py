"""Moving to another e-mail address."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import moving
from accounts.actions import addresses
from accounts.forms import addresses as address_forms
from accounts.forms import entrance as entrance_forms
from accounts.queries import addresses as address_queries
from accounts.views.base import Request
from accounts.views.confirm import confirmed
from core import errors
from core.views import members_only

both_ways = require_http_methods(["GET", "HEAD", "POST"])


@confirmed
@both_ways
def move(request: Request) -> HttpResponse:
    form = address_forms.MoveForm(request.POST if request.method == "POST" else None)
    status, retry = HTTPStatus.OK, 0
    if form.is_valid():
        try:
            with form.mending("email"):
                addresses.ask(actor=request.user, email=form.cleaned_data["email"])
                return redirect("accounts:email_code")
        except errors.TooMany as error:
            form.add_error("email", str(error.message))
            status, retry = HTTPStatus.TOO_MANY_REQUESTS, error.retry_after
    if form.is_bound and status == HTTPStatus.OK:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    response = render(request, "accounts/settings_email.html", {"form": form, "here": "account"}, status=status)
    if retry:
        response["Retry-After"] = str(retry)
    return response


@members_only
@never_cache
@both_ways
def code(request: Request) -> HttpResponse:
    """The code that came to the new address."""
    waiting = moving.waiting(request.user)
    if waiting is None:
        return _start_again(request)
    form = entrance_forms.CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            moved = addresses.confirm(actor=request.user, code=form.cleaned_data["code"])
        except errors.Conflict as error:
            return _start_again(request, str(error.message))
        if moved:
            messages.success(request, _("Your account has moved to the new address."))
            return redirect("accounts:settings_account")
        if moving.waiting(request.user) is None:
            return _start_again(request)
        form.add_error("code", _("That is not the code. Look at the newest mail."))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "email": waiting.email, "here": "account"}
    return render(request, "accounts/settings_email_code.html", context, status=status)


def _start_again(request: HttpRequest, words: str = "") -> HttpResponse:
    messages.error(request, words or _("This code is no longer good. Please start again; it takes a minute."))
    return redirect("accounts:email")


@never_cache
@both_ways
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the notice to the old address: somebody else is in the account."""
    change = address_queries.by_token(token)
    if request.method == "POST":
        addresses.disown(token=token)
        messages.success(request, _("Everybody is logged out of your account. Now choose a new password."))
        return redirect("accounts:reset")
    return render(request, "accounts/email_undo.html", {"email": change.old})

"""Deactivating, leaving, and changing one's mind."""

from http import HTTPStatus

from allauth.account.internal.flows.logout import logout
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.access.factors import open_without_factor
from accounts.actions import life
from accounts.forms import life as life_forms
from accounts.queries import archives as archive_queries
from accounts.queries import logins as login_queries
from accounts.views.base import Request, emptied
from core import errors
from core.views import members_only


@members_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def deactivate(request: Request) -> HttpResponse:
    if request.method != "POST":
        return render(request, "accounts/deactivate.html")
    life.deactivate(actor=request.user)
    logout(request, show_message=False)
    return emptied(render(request, "accounts/farewell.html"))


@members_only
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request) -> HttpResponse:
    form = life_forms.DeleteForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        given = {"password": "", **form.cleaned_data}
        try:
            with form.mending():
                login = login_queries.device_of_session(request.session.session_key or "")
                departure = life.request_deletion(actor=request.user, login=login, **given)
                logout(request, show_message=False)
                return emptied(render(request, "accounts/farewell.html", {"departure": departure}))
        except (errors.TooMany, errors.NotAllowed) as error:
            form.add_error(None, str(error.message))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "accounts/delete.html", {"form": form}, status=status)


@open_without_factor
@members_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leaving(request: Request) -> HttpResponse:
    """Welcome back: all that members see who have asked to be deleted."""
    if request.user.hidden_at is None:
        return redirect("/")
    if request.method == "POST":
        life.cancel_deletion(actor=request.user)
        messages.success(request, _("Good to have you back. Everything is as it was."))
        return redirect("/")
    context = {"departure": archive_queries.departure(request.user), "data": archive_queries.data(request.user)}
    return render(request, "accounts/leaving.html", context)

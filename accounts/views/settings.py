"""The member's own settings: plain forms, a page each."""

from http import HTTPStatus

from allauth.account.internal.flows.logout import logout
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from accounts import codes
from accounts.actions import logins, profiles
from accounts.forms import base as base_forms
from accounts.forms import settings as settings_forms
from accounts.queries import logins as login_queries
from accounts.queries import people as people_queries
from accounts.views.asking import asks
from accounts.views.base import Request, emptied, own_device, own_login
from core.views import members_only

YEAR = 365 * 24 * 60 * 60


def page(request: HttpRequest, name: str, form: base_forms.RoomForm, **context: object) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    return render(request, f"accounts/settings_{name}.html", {"form": form, "here": name, **context}, status=status)


@members_only
@never_cache
@sensitive_post_parameters("old", "password")
def account(request: Request) -> HttpResponse:
    form = settings_forms.PasswordForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST":
        codes.limit(request, "change_password")
        if form.is_valid():
            old = request.session.session_key or ""
            password = form.cleaned_data["password"]
            logins.set_password(actor=request.user, password=password, keep=own_login(request))
            update_session_auth_hash(request, request.user)
            logins.move_session(actor=request.user, old=old, new=request.session.session_key or "")
            messages.success(request, _("Your password is changed. You are logged out everywhere else."))
            return redirect("accounts:settings_account")
    return page(request, "account", form)


@members_only
@never_cache
def appearance(request: Request) -> HttpResponse:
    initial = {"theme": request.COOKIES.get("theme", "")}
    form = settings_forms.AppearanceForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        response = redirect("accounts:settings_appearance")
        theme = form.cleaned_data["theme"]
        if theme:
            response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=settings.HTTPS)
        else:
            response.delete_cookie("theme", samesite="Lax")
        return response
    return page(request, "appearance", form)


@members_only
@never_cache
def language(request: Request) -> HttpResponse:
    initial = {"language": request.user.language or "auto"}
    form = settings_forms.LanguageForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        chosen = profiles.update_profile(actor=request.user, language=form.cleaned_data["language"]).language
        with translation.override(chosen or None):
            response = redirect("accounts:settings_language")
        remember_language(response, chosen)
        return response
    return page(request, "language", form)


def remember_language(response: HttpResponse, language: str) -> None:
    """The cookie that the locale middleware reads; none: what the browser asks for."""
    name = settings.LANGUAGE_COOKIE_NAME
    if language:
        response.set_cookie(name, language, max_age=YEAR, samesite="Lax", secure=settings.HTTPS)
    else:
        response.delete_cookie(name, samesite="Lax")


@members_only
@never_cache
@require_safe
def blocked(request: Request) -> HttpResponse:
    found = people_queries.blocked_people(viewer=request.user, cursor=request.GET.get("cursor", ""))
    context = {"here": "blocked", "people": [row.blocked for row in found.rows], "next": found.next}
    return render(request, "accounts/settings_blocked.html", context)


# -- Devices ----------------------------------------------------------------------------------------------------------


@members_only
@never_cache
@require_safe
def devices(request: Request) -> HttpResponse:
    current, cursor = own_device(request), request.GET.get("cursor", "")
    found = login_queries.devices(viewer=request.user, current=current, cursor=cursor)
    context = {"here": "devices", "logins": found.rows, "next": found.next}
    return render(request, "accounts/settings_devices.html", context)


@members_only
def end_device(request: Request, id: int) -> HttpResponse:
    if request.method == "POST":
        current = own_device(request)
        if current is not None and current.pk == id:
            logout(request, show_message=False)
            return emptied(redirect("/"))
        logins.end_device(actor=request.user, device_id=id)
        messages.success(request, _("Logged out there."))
    return redirect("accounts:settings_devices")


@members_only
@asks("end_others")
def end_others(request: Request) -> HttpResponse:
    """A GET comes from somebody who had to log in first: to the page, to press the button again."""
    if request.method == "POST":
        ended = logins.end_devices(actor=request.user, keep=own_login(request))
        words = ngettext("Logged out on %(n)s other device.", "Logged out on %(n)s other devices.", ended)
        messages.success(request, words % {"n": ended} if ended else _("You were logged in nowhere else."))
    return redirect("accounts:settings_devices")

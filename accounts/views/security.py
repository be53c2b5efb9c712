"""What protects an account: the settings page, and setting up, changing and taking away second factors."""

from collections.abc import Callable
from urllib.parse import quote

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import factors as factor_access
from accounts.access.factors import open_without_factor
from accounts.actions import factors
from accounts.forms import factors as factor_forms
from accounts.queries import factors as factor_queries
from accounts.views import office
from accounts.views.asking import asks
from accounts.views.base import Request, own_login
from accounts.views.confirm import confirmed
from accounts.views.entrance import bad
from core import errors, sealed
from core.views import members_only

SECRET = "accounts_app_secret"  # noqa: S105  where the session keeps it, sealed, until the app has shown a code

both_ways = require_http_methods(["GET", "HEAD", "POST"])


@members_only
@never_cache
@require_safe
def security(request: Request) -> HttpResponse:
    known = factor_queries.protection(viewer=request.user)
    context = {"here": "security", "known": known}
    return render(request, "accounts/settings_security.html", context)


@open_without_factor
@members_only
@never_cache
@require_safe
def needed(request: Request) -> HttpResponse:
    """Where the middleware leads members who must have a second factor and have none."""
    if not factor_access.factor_missing(request.user):
        return redirect("accounts:security")
    return render(request, "accounts/factor_needed.html")


# -- Authenticator app ------------------------------------------------------------------------------------------------


@open_without_factor
@confirmed
@both_ways
def app(request: Request) -> HttpResponse:
    secret = _pending_secret(request)
    form = factor_forms.AppForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with form.mending("code"):
            code, keep = form.cleaned_data["code"], own_login(request)
            fresh = factors.add_app(actor=request.user, secret=secret, code=code, keep=keep)
            request.session.pop(SECRET, None)
            return _added(request, fresh, _("Your authenticator app is set up."))
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    spaced = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    context = {"form": form, "secret": spaced, "picture": f"data:image/svg+xml,{quote(svg)}"}
    return render(request, "accounts/factor_app.html", context, status=bad(form))


def _pending_secret(request: HttpRequest) -> str:
    """The same until it is used, so that a reload does not make the scanned picture worthless."""
    try:
        return decrypt(request.session[SECRET])
    except (KeyError, sealed.Unreadable):
        secret = totp.generate_totp_secret()
        request.session[SECRET] = encrypt(secret)
        return secret


@confirmed
@require_POST
@asks("remove_app")
def remove_app(request: Request) -> HttpResponse:
    return _removed(request, lambda: factors.remove_app(actor=request.user), _("The authenticator app is removed."))


# -- Passkeys ---------------------------------------------------------------------------------------------------------


@open_without_factor
@confirmed
@both_ways
def add_passkey(request: Request) -> HttpResponse:
    form = factor_forms.PasskeyForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        try:
            fresh = factors.add_passkey(actor=request.user, **form.made(), keep=own_login(request))
        except (errors.Invalid, errors.Conflict) as error:
            form.add_error("name", str(error.message))
        else:
            return _added(request, fresh, _("Your passkey is ready."))
    options = webauthn.begin_registration(request.user, passwordless=True)
    context = {"form": form, "options": options}
    return render(request, "accounts/factor_passkey_add.html", context, status=bad(form))


@confirmed
@both_ways
def passkey(request: Request, id: int) -> HttpResponse:
    """Its name, and the way to remove it."""
    known = factor_queries.passkey(viewer=request.user, id=id)
    posted = request.POST if request.method == "POST" else None
    form = factor_forms.PasskeyName(posted, initial={"name": known.name})
    if form.is_valid():
        with form.mending("name"):
            factors.rename_passkey(actor=request.user, id=id, name=form.cleaned_data["name"])
            messages.success(request, _("Saved."))
            return redirect("accounts:security")
    return render(request, "accounts/factor_passkey.html", {"form": form, "passkey": known}, status=bad(form))


@confirmed
@require_POST
@asks("remove_passkey")
def remove_passkey(request: Request, id: int) -> HttpResponse:
    return _removed(request, lambda: factors.remove_passkey(actor=request.user, id=id), _("The passkey is removed."))


# -- Recovery codes ---------------------------------------------------------------------------------------------------


@confirmed
@both_ways
def codes(request: Request) -> HttpResponse:
    known = factor_queries.protection(viewer=request.user)
    if not known.on:
        return redirect("accounts:security")
    if request.method == "POST":
        return _show(request, factors.renew_codes(actor=request.user))
    return render(request, "accounts/factor_renew.html", {"known": known})


def _added(request: Request, fresh: list[str], words: str) -> HttpResponse:
    messages.success(request, words)
    return _show(request, fresh) if fresh else redirect("accounts:security")


def _show(request: Request, fresh: list[str]) -> HttpResponse:
    """Once, as the answer to the button: no other page ever shows them."""
    spaced = [f"{code[:4]} {code[4:]}" for code in fresh]
    title = _("Recovery codes of @%(handle)s") % {"handle": request.user.handle}
    file = "\n".join([title, settings.SITE_URL, "", *spaced, ""])
    context = {"codes": spaced, "file": f"data:text/plain;charset=utf-8,{quote(file)}"}
    return render(request, "accounts/factor_codes.html", context)


def _removed(request: Request, remove: Callable[[], None], words: str) -> HttpResponse:
    try:
        remove()
    except errors.Conflict as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, words)
    return redirect("accounts:security")


# -- Staff ------------------------------------------------------------------------------------------------------------


@confirmed
@both_ways
def required(request: Request) -> HttpResponse:
    """The owner decides who must have a second factor."""
    if not factor_access.can_decide(request.user):
        raise errors.NotAllowed
    posted = request.POST if request.method == "POST" else None
    form = factor_forms.RequiredForm(posted, initial={"who": factor_queries.required()})
    if form.is_valid():
        factors.require(actor=request.user, who=form.cleaned_data["who"])
        messages.success(request, _("Saved."))
        return redirect("accounts:site_required")
    context = {"form": form, **office.of(request, "required")}
    return render(request, "accounts/site_required.html", context, status=bad(form))


@confirmed
@both_ways
def reset(request: Request, handle: str) -> HttpResponse:
    """Takes away the factors of a member who has lost theirs."""
    person = factor_access.access_resettable(request.user, handle)
    if request.method == "POST":
        if factors.reset(actor=request.user, handle=person.handle):
            messages.success(request, _("Done. They are logged out everywhere and have been told by mail."))
        else:
            messages.info(request, _("This member has no second factor. Nothing is changed."))
        return redirect("accounts:factor_reset", handle=person.handle)
    context = {"person": person, "known": factor_queries.protection(viewer=person)}
    return render(request, "accounts/factor_reset.html", context)

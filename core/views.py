"""Pages of no room: health, refusals, the error pages."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core import errors, health, limits, storage

Response = TypeVar("Response", bound=HttpResponseBase)


def client_address(request: HttpRequest) -> str:
    """The address a request came from; walks X-Forwarded-For from the right only past proxies we trust."""
    address: str = request.META.get("REMOTE_ADDR", "") or "127.0.0.1"
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while hops and is_trusted(address):
        address = hops.pop()
    return address


def is_trusted(address: str) -> bool:
    return limits.is_within(address, settings.TRUSTED_PROXIES)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: the parts it needs answer. Staff see which; others only the status."""
    parts = health.ready_parts()
    status = 200 if all(part.ok for part in parts) else 503
    # The member is read only when the database is there to ask.
    if parts[0].ok and request.user.is_authenticated and request.user.is_staff:
        body = {"ready": status == 200, "parts": {part.name: {"ok": part.ok, "says": part.says} for part in parts}}
        return JsonResponse(body, status=status)
    return HttpResponse("ready" if status == 200 else "not ready", status=status, content_type="text/plain")


def refusal(request: HttpRequest, error: errors.SocialError) -> HttpResponse:
    """A refusal as a page; for scripts (htmx, fetch) as a problem they show in a toast."""
    response: HttpResponse
    scripted = request.headers.get("HX-Request") or "application/json" in request.headers.get("Accept", "")
    # A script would follow the way to the login page and take that for what it asked for.
    if isinstance(error, errors.SignInNeeded) and not scripted:
        return redirect_to_login(way_back(request))
    if scripted:
        response = JsonResponse({"status": error.status, "detail": str(error.message), "field": error.field})
        response["Content-Type"] = "application/problem+json"
        response.status_code = error.status
    else:
        page = error.status if error.status in {400, 403, 404, 413, 429, 503} else 400
        response = render(request, f"{page}.html", {"message": error.message}, status=error.status)
    if isinstance(error, errors.TooMany):
        response["Retry-After"] = str(error.retry_after)
    return response


def ours(request: HttpRequest, address: str) -> str:
    """The address, if it is a page of this site; else nothing. It begins with a slash: words without one `redirect`
    takes for the name of a route, and fails."""
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return address if safe and address.startswith("/") else ""


def way_back(request: HttpRequest) -> str:
    """Where to go after the login: this page, or for what cannot be repeated by looking, the page it was sent from."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    came = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(came)
    path = f"/{parts.path.lstrip('/')}"  # two slashes would lead to another host
    return f"{path}?{parts.query}" if parts.query else path


def members_only(view: Callable[..., Response]) -> Callable[..., Response]:
    """Django's login_required, answered as every other refusal is."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        if not request.user.is_authenticated:
            raise errors.SignInNeeded
        return view(request, *args, **kwargs)

    return guarded


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "400.html", {"unknown_host": isinstance(exception, DisallowedHost)}, status=400)


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to an unexpected error, or to a database or a storage that is away: Django calls it while handling
    the one or the other."""
    busy = isinstance(sys.exc_info()[1], OperationalError | InterfaceError | storage.Away)
    status = 503 if busy else 500
    if request.path.startswith("/api/"):
        code, detail = ("busy", errors.Busy.default) if busy else ("error", errors.SocialError.default)
        body = errors.problem(status, code, str(detail)) | (errors.Busy().more if busy else {})
        headers = {"Retry-After": str(errors.Busy.retry_after)} if busy else {}
        return JsonResponse(body, status=status, content_type="application/problem+json", headers=headers)
    return HttpResponse(health.plain_page(f"{status}.html"), status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    from django.utils.translation import gettext as _

    return refusal(
        request, errors.NotAllowed(_("This page was open for too long. Please go back, reload and try again."))
    )

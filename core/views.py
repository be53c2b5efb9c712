"""Pages of no room: health, refusals, the error pages."""

import ipaddress
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core import errors, health


def client_address(request: HttpRequest) -> str:
    """The address a request came from; walks X-Forwarded-For from the right only past proxies we trust."""
    address: str = request.META.get("REMOTE_ADDR", "") or "127.0.0.1"
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while hops and _trusted(address):
        address = hops.pop()
    return address


def _trusted(address: str) -> bool:
    try:
        one = ipaddress.ip_address(address)
        return any(one in ipaddress.ip_network(proxy, strict=False) for proxy in settings.TRUSTED_PROXIES)
    except ValueError:
        return False


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
    if isinstance(error, errors.SignInNeeded):
        return redirect_to_login(request.get_full_path())
    response: HttpResponse
    if request.headers.get("HX-Request") or "application/json" in request.headers.get("Accept", ""):
        response = JsonResponse({"status": error.status, "detail": str(error.message), "field": error.field})
        response["Content-Type"] = "application/problem+json"
        response.status_code = error.status
    else:
        page = error.status if error.status in {400, 403, 404, 413, 429, 503} else 400
        response = render(request, f"{page}.html", {"message": error.message}, status=error.status)
    if isinstance(error, errors.TooMany):
        response["Retry-After"] = str(error.retry_after)
    return response


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to an unexpected error, or to a database that is away: Django calls it while handling the one or the
    other."""
    busy = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    if busy and request.path.startswith("/api/"):
        body = {"type": "/problems/busy", "title": "busy", "status": 503, "detail": str(errors.Busy.default)}
        return JsonResponse(body, status=503, content_type="application/problem+json")
    return HttpResponse(health.plain_page("503.html" if busy else "500.html"), status=503 if busy else 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    from django.utils.translation import gettext as _

    return refusal(
        request, errors.NotAllowed(_("This page was open for too long. Please go back, reload and try again."))
    )

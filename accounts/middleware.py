"""When a login was last seen, who may go no further without a second factor, and where members stand who leave."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.access import factors as factor_access
from accounts.actions import logins
from accounts.models.people import User
from core import views

log = logging.getLogger(__name__)


class LastSeen:
    """Runs after the page: what read a login leaves word on the request, and here it is written, once in 5 minutes.
    Asks nothing: a session that nobody has read stays unread."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        due = getattr(request, "device_due", None) or getattr(request.session, "due", None)
        if due is not None:
            try:
                logins.see_devices(ids=[due], address=request.META.get("REMOTE_ADDR", ""))
            except DatabaseError as error:  # the page is ready, and worth more than this
                log.warning("last seen: not written (%s)", type(error).__name__)
        return response


class FactorGate:
    """Members who must have a second factor and have none are led to setting one up, from every page and the admin.
    The API and sockets ask in `accounts.tokens`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *args: Any) -> HttpResponse | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path.startswith("/api/"):
            return None
        if getattr(view, "open_without_factor", False):
            return None
        if request.resolver_match and request.resolver_match.namespace == "core":  # what the frame is made of
            return None
        if not factor_access.is_required() or not request.user.is_authenticated:
            return None
        if not factor_access.factor_missing(request.user.pk):
            return None
        if request.headers.get("HX-Request") or "application/json" in request.headers.get("Accept", ""):
            return views.refusal(request, factor_access.SecondFactorRequired())
        return redirect("accounts:factor_needed")


class Leavers:
    """Who hides and logs in all the same is about to leave: every page becomes the one that asks whether they stay (the
    API and sockets ask in `accounts.tokens`). Asks nothing: pages read their member, and what does not is no page."""

    OPEN = frozenset(
        {
            "accounts:leaving",
            "accounts:logout",
            "accounts:confirm",
            "accounts:factor_needed",
            "accounts:factor_app",
            "accounts:passkey_add",
            "accounts:settings_data_state",
            "accounts:settings_data_export",
            "accounts:settings_data_file",
        }
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user = getattr(request, "_cached_user", None)
        if not isinstance(user, User) or user.hidden_at is None or request.path.startswith("/api/"):
            return response
        where = request.resolver_match.view_name if request.resolver_match else ""
        is_page = response.get("Content-Type", "").startswith("text/html")
        return redirect("accounts:leaving") if is_page and where not in self.OPEN else response

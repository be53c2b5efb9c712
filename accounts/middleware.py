"""When a login was last seen: what reads it leaves word on the request, and here it is written, once in 5 minutes.
And where members stand who are about to leave."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.actions import logins
from accounts.models.people import User

log = logging.getLogger(__name__)


class LastSeen:
    """Runs after the page. Asks nothing: a session that nobody has read stays unread."""

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


class Leavers:
    """Who hides and logs in all the same is about to leave: every page becomes the one that asks whether they stay.
    Asks nothing: pages read their member, and what does not is no page."""

    OPEN = frozenset(
        {
            "accounts:leaving",
            "accounts:logout",
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

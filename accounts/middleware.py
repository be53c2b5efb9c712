"""When a login was last seen: what reads it leaves word on the request, and here it is written, once in 5 minutes."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from accounts.actions import logins

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

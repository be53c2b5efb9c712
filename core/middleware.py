"""What every HTTP request passes: its context for logs and frame, and the map from core.errors to pages."""

import logging
import math
from collections.abc import Callable
from typing import ClassVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from core import errors, limits, views

log = logging.getLogger(__name__)


class RequestContext:
    """Reads the client's address: forwarded ones count only from TRUSTED_PROXIES (none by default)."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not views.is_trusted(request.META.get("REMOTE_ADDR", "")):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)  # only a proxy of ours knows how people came to it
        request.META["REMOTE_ADDR"] = views.client_address(request)
        return self.get_response(request)  # a coroutine under ASGI, which the caller awaits


class Compress(GZipMiddleware):
    """Text that we make leaves compressed. Streams are media and static files, which are as small as they get."""

    KINDS: ClassVar = {
        "text/html",
        "text/css",
        "text/javascript",
        "application/json",
        "application/problem+json",
        "application/manifest+json",
    }

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or response.get("Content-Type", "").partition(";")[0] not in self.KINDS:
            return response
        return super().process_response(request, response)


class WiderPolicy:
    """The admin and the API's pages bring scripts and styles that need more than ours do; only they get it."""

    PREFIXES = ("/admin/", "/api/v1/docs/")
    MORE: ClassVar = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE], "img-src": ["data:"]}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(self.PREFIXES):
            response._csp_update = self.MORE  # type: ignore[attr-defined]
        return response


class Errors:
    """Turns what rooms raise into pages and fragments; API views answer for themselves before it comes here, and leave
    how the caller's limit stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if turn := getattr(request, "rate_limit", None):
            for name, value in turn.headers.items():
                response.headers[name] = value
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, errors.SocialError):
            return views.refusal(request, exception)
        return None


class Limits:
    """Pages count as the API's operations do (which count for themselves, once they know their member). What a page
    brings along (styles, pictures, the manifest) does not count, nor do health checks.

    Asks the database nothing that the page would not ask anyway: a visitor without a session is known as one.
    """

    FREE = (
        "/api/",
        "/static/",
        "/media/",
        "/healthz",
        "/readyz",
        "/theme.css",
        "/manifest.webmanifest",
        "/sw.js",
        "/offline/",
        "/favicon.ico",
        "/robots.txt",
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(self.FREE):
            return self.get_response(request)
        turn = limits.take_for(request.user.pk, None, request.META.get("REMOTE_ADDR", ""))
        if turn is not None:
            request.rate_limit = turn  # type: ignore[attr-defined]  # for Errors
            if not turn.allowed:
                return views.refusal(request, errors.TooMany(retry_after=math.ceil(turn.wait)))
        return self.get_response(request)

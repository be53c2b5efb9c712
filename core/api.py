"""What every API view shares: one error shape (RFC 9457), cursor pages, throttles, session and JSON."""

import math
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

import orjson
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, parsers, renderers, throttling
from rest_framework.request import Request
from rest_framework.response import Response

from core import errors, limits, paging

if TYPE_CHECKING:  # REST framework's views import this module while they are being imported
    from rest_framework.views import APIView


class JSONRenderer(renderers.BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return (
            b"" if data is None else orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
        )


class JSONParser(parsers.JSONParser):
    """REST framework's own runs out of stack on a body of brackets, which nobody catches."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(f"This is no JSON: {error}") from None


class Throttle(throttling.BaseThrottle):
    """Members count by their account and their login or token, others by their network. core.middleware tells everybody
    how they stand."""

    turn: limits.Turn

    def allow_request(self, request: Request, view: "APIView") -> bool:
        member = request.user.pk if request.user and request.user.is_authenticated else None
        turn = limits.take_for(member, getattr(request.auth, "pk", None), request.META.get("REMOTE_ADDR", ""))
        if turn is None:
            return True
        self.turn = request._request.rate_limit = turn  # type: ignore[attr-defined]
        return turn.allowed

    def wait(self) -> float:
        return self.turn.wait


PLAIN = {
    400: "bad_request",
    401: "sign_in_needed",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many",
}


def problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Maps every expected error to application/problem+json; unexpected ones go on to Django."""
    exc = _counted(exc, context)
    if isinstance(exc, errors.SocialError):
        body = errors.problem(exc.status, exc.code, str(exc.message))
        if exc.field:
            body["errors"] = {exc.field: [str(exc.message)]}
        body |= exc.more
    elif isinstance(exc, Http404):
        body = errors.problem(404, "not_found", str(errors.NotFound.default))
    elif isinstance(exc, PermissionDenied):
        body = errors.problem(403, "not_allowed", str(errors.NotAllowed.default))
    elif isinstance(exc, exceptions.ValidationError):
        body = errors.problem(422, "invalid", str(errors.Invalid.default))
        body["errors"] = exc.detail if isinstance(exc.detail, dict) else {"": exc.detail}
    elif isinstance(exc, exceptions.APIException):
        body = errors.problem(exc.status_code, PLAIN.get(exc.status_code, "error"), str(exc.detail))
    else:
        return None
    return Response(body, status=body["status"], headers=_headers(exc), content_type="application/problem+json")


def _counted(exc: Exception, context: dict[str, Any]) -> Exception:
    """Who is refused before anybody counts them (a token that is none) counts as a visitor here."""
    request: Request | None = context.get("request")
    if not isinstance(exc, errors.SignInNeeded | exceptions.NotAuthenticated) or request is None:
        return exc
    if hasattr(request._request, "rate_limit"):
        return exc
    turn = limits.take_for(None, None, request.META.get("REMOTE_ADDR", ""))
    if turn is None:
        return exc
    request._request.rate_limit = turn  # type: ignore[attr-defined]
    return exc if turn.allowed else errors.TooMany(retry_after=math.ceil(turn.wait))


def _headers(exc: Exception) -> dict[str, str]:
    headers = {}
    if isinstance(exc, errors.TooMany | errors.Busy):
        headers["Retry-After"] = str(exc.retry_after)
    elif (wait := getattr(exc, "wait", None)) is not None:  # REST framework's Throttled
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(exc, errors.SignInNeeded):
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    elif challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    return headers


def paged(page: paging.Page[Any], data: list[Any]) -> Response:
    """{"results": [...], "next": cursor or null}: pass `next` back as ?cursor=."""
    return Response({"results": data, "next": page.next or None})

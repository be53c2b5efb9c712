"""Serves media, and takes what members send. Everything that decides on media stands in the link, so no database is
asked."""

import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from core import streams
from uploads import links, storage
from uploads.actions import slots


@require_safe
def media(request: HttpRequest, key: uuid.UUID, variant: str) -> HttpResponseBase:
    end, signature = request.GET.get("e", ""), request.GET.get("s", "")
    left = links.seconds_left(key, variant, end=end, signature=signature)
    if left is None:
        raise Http404
    for_all = not end or end.endswith(links.SHARED)
    kind, etag = storage.CONTENT_TYPES[storage.ending(variant)], f'"{key}-{variant}"'
    headers = {
        "Cache-Control": f"{'public' if for_all else 'private'}, max-age={left}, immutable",
        "Content-Disposition": "inline",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if request.headers.get("If-None-Match") == etag:  # what has this name never changes
        return HttpResponse(status=304, headers={**headers, "ETag": etag})
    if settings.MEDIA_ACCEL and not settings.BUCKET_URL and not storage.is_moving():
        place = f"{settings.MEDIA_ACCEL.rstrip('/')}/{storage.variant(key, variant)}"
        return HttpResponse(content_type=kind, headers={**headers, "X-Accel-Redirect": place})
    try:
        file = storage.open_variant(key, variant)
    except FileNotFoundError:
        raise Http404 from None
    return streams.ranged(request, file, kind=kind, etag=etag, headers=headers)


@csrf_exempt  # whoever has the link may send, and nobody else
@require_http_methods(["PUT"])
def part(request: HttpRequest, key: uuid.UUID, number: int) -> HttpResponse:
    """A part of a file on its way, where files lie with us."""
    end, signature = request.GET.get("e", ""), request.GET.get("s", "")
    if not links.is_open_part(key, number, end=end, signature=signature):
        raise Http404
    slots.receive_part(key=key, number=number, body=request)
    return HttpResponse(status=204)

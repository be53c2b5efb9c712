"""Serves media, and takes what members send. Everything that decides on media stands in the link, so no database is
asked, but for the words of captions, and for what is on its way to a bucket."""

import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from core import streams
from uploads import held, links, queries, storage
from uploads.actions import slots


@require_safe
def media(request: HttpRequest, key: uuid.UUID, variant: str, ending: str) -> HttpResponseBase:
    headers = _of_good_link(request, key, variant)
    if ending != storage.ending(variant):
        raise Http404
    kind, etag = storage.CONTENT_TYPES[ending], f'"{key}-{variant}"'
    if request.headers.get("If-None-Match") == etag:  # what has this name never changes
        return HttpResponse(status=304, headers={**headers, "ETag": etag})
    file = held.opened(storage.variant(key, variant)) if settings.BUCKET_URL else None
    if file is not None:
        return streams.ranged(request, file, kind=kind, etag=etag, headers=headers)
    if settings.MEDIA_ACCEL and not storage.is_moving():
        # nginx says how long it may be kept, once it has it: nobody keeps that it was not there.
        kept, place = headers.pop("Cache-Control"), f"{settings.MEDIA_ACCEL.rstrip('/')}/{links.within(key, variant)}"
        return HttpResponse(content_type=kind, headers={**headers, "X-Accel-Redirect": place, "X-Accel-Kept": kept})
    if settings.BUCKET_URL and not storage.is_moving():
        return _elsewhere(request, key, variant)
    try:
        file = storage.open_variant(key, variant)
    except FileNotFoundError:
        raise Http404 from None
    return streams.ranged(request, file, kind=kind, etag=etag, headers=headers)


def _elsewhere(request: HttpRequest, key: uuid.UUID, variant: str) -> HttpResponse:
    """The bucket's, as long as the link is good, and never through us."""
    end = request.GET.get("e", "")
    url, left = links.elsewhere(key, variant, end=end)
    kept = "public" if not end or end.endswith(links.SHARED) else "private"
    return HttpResponse(status=302, headers={"Location": url, "Cache-Control": f"{kept}, max-age={left}"})


@require_safe
def captions(request: HttpRequest, key: uuid.UUID, id: int) -> HttpResponse:
    """The words stand in the database, so that they come from the page's own origin wherever films lie."""
    headers = _of_good_link(request, key, links.caption_name(id))
    row = queries.caption(key, id)
    if row is None:
        raise Http404
    return HttpResponse(row.text, content_type="text/vtt; charset=utf-8", headers=headers)


def _of_good_link(request: HttpRequest, key: uuid.UUID, name: str) -> dict[str, str]:
    """What is said along with what a link leads to; Http404 for one that is not good, or no longer."""
    end, signature = request.GET.get("e", ""), request.GET.get("s", "")
    left = links.seconds_left(key, name, end=end, signature=signature)
    if left is None:
        raise Http404
    for_all = not end or end.endswith(links.SHARED)
    return {
        "Cache-Control": f"{'public' if for_all else 'private'}, max-age={left}, immutable",
        "Content-Disposition": "inline",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


@csrf_exempt  # whoever has the link may send, and nobody else
@require_http_methods(["PUT"])
def part(request: HttpRequest, key: uuid.UUID, number: int) -> HttpResponse:
    """A part of a file on its way, where files lie with us."""
    end, signature = request.GET.get("e", ""), request.GET.get("s", "")
    if not links.is_open_part(key, number, end=end, signature=signature):
        raise Http404
    slots.receive_part(key=key, number=number, body=request)
    return HttpResponse(status=204)

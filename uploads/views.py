"""Serves media. Everything that decides stands in the link, so no database is asked but for captions' words."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from core.streams import FileBody, FileResponse
from uploads import links, queries, storage


@require_safe
def media(request: HttpRequest, key: uuid.UUID, variant: str, ending: str) -> StreamingHttpResponse:
    end, left = _open(request, key, variant)
    if ending != storage.ending(variant):
        raise Http404
    try:
        file = storage.open_variant(key, variant)
    except FileNotFoundError:
        raise Http404 from None
    age = f"private, max-age={left}" if end else f"public, max-age={left}"
    return FileResponse(
        FileBody(file),
        content_type=storage.CONTENT_TYPES[ending],
        headers={
            "Content-Length": str(file.size),
            "Cache-Control": f"{age}, immutable",
            "Content-Disposition": "inline",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


@require_safe
def captions(request: HttpRequest, key: uuid.UUID, id: int) -> HttpResponse:
    """The words stand in the database, so that they come from the page's own origin wherever films lie."""
    end, left = _open(request, key, links.caption_name(id))
    row = queries.caption(key, id)
    if row is None:
        raise Http404
    age = f"private, max-age={left}" if end else f"public, max-age={left}"
    headers = {
        "Cache-Control": age,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return HttpResponse(row.text, content_type="text/vtt; charset=utf-8", headers=headers)


def _open(request: HttpRequest, key: uuid.UUID, name: str) -> tuple[str, int]:
    """The end of a good link, empty when it has none, and how many seconds are left."""
    end, signature = request.GET.get("e", ""), request.GET.get("s", "")
    left = links.seconds_left(key, name, end=end, signature=signature)
    if left is None:
        raise Http404
    return end, left

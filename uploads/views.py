"""Serves media. Everything that decides stands in the link, so no database is asked."""

import uuid

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from core.streams import FileBody, FileResponse
from uploads import links, storage


@require_safe
def media(request: HttpRequest, key: uuid.UUID, variant: str) -> StreamingHttpResponse:
    end, signature = request.GET.get("e", ""), request.GET.get("s", "")
    left = links.seconds_left(key, variant, end=end, signature=signature)
    if left is None:
        raise Http404
    try:
        file = storage.open_variant(key, variant)
    except FileNotFoundError:
        raise Http404 from None
    age = f"private, max-age={left}" if end else f"public, max-age={left}"
    return FileResponse(
        FileBody(file),
        content_type="image/webp",
        headers={
            "Content-Length": str(file.size),
            "Cache-Control": f"{age}, immutable",
            "Content-Disposition": "inline",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )

"""Serves media. Everything that decides stands in the link, so no database is asked."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

from django.core.files import File
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from uploads import links, storage

CHUNK = 128 * 1024


class FileBody:
    """A file in pieces, for either kind of server: neither holds the whole, neither blocks the loop."""

    def __init__(self, file: File) -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(CHUNK), b"")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(self.file.read, CHUNK):
            yield piece

    def close(self) -> None:
        self.file.close()


class MediaResponse(StreamingHttpResponse):
    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.body)

    def __init__(self, body: FileBody, **options: object) -> None:
        self.body = body
        super().__init__(body, **options)


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
    return MediaResponse(
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

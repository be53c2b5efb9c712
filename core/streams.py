"""Files that leave in pieces, through either kind of server."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

from django.core.files import File
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from core import threads

CHUNK = 128 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class FileBody:
    """A file in pieces, for either kind of server: neither holds the whole, neither blocks the loop. From where the
    file stands, so many bytes of it, or all that is left."""

    def __init__(self, file: "File[bytes]", bytes: int | None = None) -> None:
        self.file, self.left = file, bytes

    def read(self) -> bytes:
        if self.left is None:
            return self.file.read(CHUNK)
        piece = self.file.read(min(CHUNK, self.left))
        self.left -= len(piece)
        return piece

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(self.read):
            yield piece

    def close(self) -> None:
        self.file.close()


class TextBody:
    """A long text in pieces that are read from the database as they leave, each off the loop."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self.first, self.pieces = next(pieces, ""), pieces  # what is refused is refused before anything leaves

    def __iter__(self) -> Iterator[bytes]:
        yield self.first.encode()
        yield from (piece.encode() for piece in self.pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        piece: str | None = self.first
        while piece is not None:
            yield piece.encode()
            piece = await threads.run(next, self.pieces, None)


class FileResponse(StreamingHttpResponse):
    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.body)

    def __init__(self, body: FileBody | TextBody, **options: object) -> None:
        self.body = body
        super().__init__(body, **options)


def ranged(
    request: HttpRequest, file: "File[bytes]", *, kind: str, etag: str, headers: dict[str, str]
) -> HttpResponseBase:
    """A file, or the piece of it that is asked for, as players do (RFC 9110): 200, 206 or 416. Of several at once
    the whole is given."""
    headers = {**headers, "ETag": etag, "Accept-Ranges": "bytes"}
    wanted = piece_of(request.headers.get("Range", ""), file.size)
    if request.headers.get("If-Range", etag) != etag:
        wanted = None
    if wanted is None:
        headers["Content-Length"] = str(file.size)
        return FileResponse(FileBody(file), content_type=kind, headers=headers)
    start, end = wanted
    if start >= end:
        file.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{file.size}"})
    file.seek(start)
    headers |= {"Content-Length": str(end - start), "Content-Range": f"bytes {start}-{end - 1}/{file.size}"}
    return FileResponse(FileBody(file, end - start), status=206, content_type=kind, headers=headers)


def piece_of(words: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None for the whole; empty (start = end) for what lies outside."""
    found = RANGE.fullmatch(words.strip())
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:  # so many at the end
        return max(0, size - int(last)), size if int(last) else 0
    start, end = int(first), min(int(last) + 1 if last else size, size)
    if last and int(last) < start:  # not a range at all
        return None
    return (start, end) if start < size else (size, size)


def attachment(file: "File[bytes] | str", *, name: str, kind: str) -> HttpResponseBase:
    """A file to be kept, which no cache keeps; one that lies elsewhere is fetched there, at an address that says the
    same of it."""
    if isinstance(file, str):
        return HttpResponse(status=302, headers={"Location": file, "Cache-Control": "private, no-store"})
    headers = {
        "Content-Length": str(file.size),
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(FileBody(file), content_type=kind, headers=headers)


def text(pieces: Iterator[str], *, name: str) -> FileResponse:
    """A text to be kept, made while it leaves."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return FileResponse(TextBody(pieces), content_type="text/plain; charset=utf-8", headers=headers)

"""Files that leave in pieces, through either kind of server."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from django.core.files import File
from django.http import StreamingHttpResponse

CHUNK = 128 * 1024


class FileBody:
    """A file in pieces, for either kind of server: neither holds the whole, neither blocks the loop."""

    def __init__(self, file: "File[bytes]") -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(CHUNK), b"")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(self.file.read, CHUNK):
            yield piece

    def close(self) -> None:
        self.file.close()


class FileResponse(StreamingHttpResponse):
    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.body)

    def __init__(self, body: FileBody, **options: object) -> None:
        self.body = body
        super().__init__(body, **options)


def attachment(file: "File[bytes]", *, name: str, kind: str) -> FileResponse:
    """A file to be kept, which no cache keeps."""
    headers = {
        "Content-Length": str(file.size),
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(FileBody(file), content_type=kind, headers=headers)

"""Where files arrive before they are ours: in a bucket, to which browsers and apps send them by themselves, or at an
address of ours, in parts of which none is larger than a form. Waits for the storage, but for what it signs.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from django.core.files import File
from django.utils import timezone

from core import bodies
from core.storage import asking
from uploads import bucket, links, magic, presign, storage
from uploads.models import Slot

OPEN = timedelta(minutes=15)  # so long an address to send to is good; asked for again, there is a new one
WHOLE = 8 * 2**20  # a bucket takes so much in one piece, and parts of it are as large
MOST_PARTS = 1000


class Changed(Exception):
    """What lay there was replaced while it was taken over."""


@dataclass(frozen=True)
class Way:
    """How to send one part: its bytes as the body of a request (PUT), or as the last field of a form (POST)."""

    number: int
    bytes: int
    url: str
    method: str = "PUT"
    form: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What the copy that nobody can overwrite says of itself."""

    size: int
    head: bytes


class Dock(Protocol):
    waits: bool  # for the network, where it is asked: only workers ask

    def part_bytes(self, size: int) -> int: ...

    def begin(self, slot: Slot) -> str:
        """The storage's own name for what comes in parts; empty when it needs none."""

    def abort(self, slot: Slot, multipart: str) -> None: ...

    def arrived(self, slot: Slot) -> dict[int, int]:
        """Bytes of the parts that are there, by number."""

    def way(self, slot: Slot, number: int) -> Way: ...

    def take(self, slot: Slot) -> Found:
        """Copies what has arrived to where nobody can send anything, under the name of this claim (`slot.taking`);
        Changed, or FileNotFoundError."""


class InBucket:
    waits = True

    def __init__(self, s3: bucket.Bucket) -> None:
        self.s3 = s3

    def part_bytes(self, size: int) -> int:
        return size if size <= WHOLE else max(WHOLE, -(-size // MOST_PARTS))

    @asking()
    def begin(self, slot: Slot) -> str:
        return self.s3.begin(storage.incoming(slot.key)) if slot.parts > 1 else ""

    @asking()
    def abort(self, slot: Slot, multipart: str) -> None:
        self.s3.abort(storage.incoming(slot.key), multipart)

    @asking()
    def arrived(self, slot: Slot) -> dict[int, int]:
        parts = self.s3.arrived(storage.incoming(slot.key), slot.multipart) if slot.multipart else None
        if parts is not None:
            return {one["PartNumber"]: one["Size"] for one in parts}
        whole = self.s3.head(storage.incoming(slot.key))
        if whole is None:
            return {}
        if slot.parts == 1:
            return {1: whole["ContentLength"]}
        return {number: slot.size_of(number) for number in range(1, slot.parts + 1)}  # put together already

    def way(self, slot: Slot, number: int) -> Way:
        name, size = storage.incoming(slot.key), slot.size_of(number)
        now = timezone.now()
        if slot.parts == 1:
            fields = presign.form(name, size=size, begins=now, lasts=OPEN)
            return Way(number, size, presign.place(), "POST", fields)
        query = {"partNumber": str(number), "uploadId": slot.multipart}
        heads = {"content-length": str(size)}
        return Way(number, size, presign.bucket("PUT", name, begins=now, ends=now + OPEN, query=query, headers=heads))

    @asking()
    def take(self, slot: Slot) -> Found:
        name, final = storage.incoming(slot.key), storage.original(slot.key, slot.taking)
        parts = self.s3.arrived(name, slot.multipart) if slot.multipart else None
        if parts:
            self.s3.put_together(name, slot.multipart, parts)
        whole = self.s3.head(name)
        if whole is None:
            raise FileNotFoundError(name)
        if not self.s3.copy(name, final, etag=whole["ETag"]):
            raise Changed
        copy = self.s3.head(final)
        if copy is None:
            raise FileNotFoundError(final)
        return Found(copy["ContentLength"], self.s3.beginning(final, magic.HEAD) if copy["ContentLength"] else b"")


class WithUs:
    waits = False

    def part_bytes(self, size: int) -> int:
        return bodies.PLAIN_LIMIT

    def begin(self, slot: Slot) -> str:
        return ""

    def abort(self, slot: Slot, multipart: str) -> None:
        """There is nothing."""

    @asking()
    def arrived(self, slot: Slot) -> dict[int, int]:
        return storage.parts(slot.key)

    def way(self, slot: Slot, number: int) -> Way:
        end = int((timezone.now() + OPEN).timestamp())
        return Way(number, slot.size_of(number), links.part_url(slot.key, number, end))

    @asking()
    def take(self, slot: Slot) -> Found:
        storage.keep(storage.original(slot.key, slot.taking), Joined(slot))
        with storage.open_original(slot.key, slot.taking) as copy:
            return Found(copy.size, copy.read(magic.HEAD))


class Joined(File):  # type: ignore[type-arg]
    """The parts one after the other, as one file to be stored."""

    def __init__(self, slot: Slot) -> None:
        super().__init__(io.BytesIO(), name=str(slot.key))
        self.slot = slot

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for number in range(1, self.slot.parts + 1):
            with storage.open_part(self.slot.key, number) as part:
                yield from part.chunks(storage.CHUNK)

    def multiple_chunks(self, chunk_size: int | None = None) -> bool:
        return True


def dock() -> Dock:
    s3 = storage.s3()
    return InBucket(s3) if s3 is not None else WithUs()

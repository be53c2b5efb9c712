"""What a file is by its first bytes, and how large a picture says it is: never by name or by the client's word.

Only headers are read, by hand and bounded: nothing here decodes. A size that the header hides stays 0 x 0, and
decode.py looks again.
"""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from uploads import reasons

HEAD = 64 * 1024
CHUNK = 256 * 1024
SEGMENTS = 2000  # of a JPEG before its size; real ones have some dozens
NO_SIZE = (0, 0)
UNKNOWN = "application/octet-stream"
FILM_BRANDS = {b"iso", b"mp4", b"avc", b"3gp", b"3g2", b"M4V", b"dby", b"XAV"}  # without their version
MP3_FRAMES = {b"\xfb", b"\xfa", b"\xf3", b"\xf2", b"\xe3", b"\xe2"}

Size = tuple[int, int]


class Refused(Exception):
    """str() is a code of uploads.reasons."""


@dataclass(frozen=True)
class Facts:
    type: str
    bytes: int
    sha256: str
    width: int
    height: int


def inspect(file: IO[bytes], *, max_bytes: int, max_pixels: int, otherwise: str = "") -> Facts:
    """Reads the whole file once, in pieces; raises Refused. The file stands at its beginning afterwards. `otherwise`:
    the type of what we do not know, where that is taken."""
    file.seek(0)
    digest, total, head = hashlib.sha256(), 0, b""
    while piece := file.read(CHUNK):
        total += len(piece)
        if total > max_bytes:
            raise Refused(reasons.TOO_LARGE)
        head = head or piece[:HEAD]
        digest.update(piece)
    if not total:
        raise Refused(reasons.EMPTY)
    kind = type_of(head) or otherwise
    if not kind:
        raise Refused(reasons.UNKNOWN_TYPE)
    width, height = size_of(kind, head, file)
    if width * height > max_pixels:
        raise Refused(reasons.TOO_MANY_PIXELS)
    file.seek(0)
    return Facts(kind, total, digest.hexdigest(), width, height)


def type_of(head: bytes) -> str:
    """The media type; empty for what we do not take."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _iso_type(head)
    return _film_type(head)


def medium_of(kind: str) -> str:
    """The value of Upload.Medium; what a video turns out to be is seen when it is prepared."""
    return {"image": "picture", "application": "file"}.get(family := kind.partition("/")[0], family)


def _film_type(head: bytes) -> str:
    if head.startswith(b"\x1a\x45\xdf\xa3") and (b"webm" in head[:64] or b"matroska" in head[:64]):
        return "video/webm"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "audio/wav"
    # Layer III without a tag: eleven bits that are set, and no forbidden rate behind them.
    plain = head[:1] == b"\xff" and head[1:2] in MP3_FRAMES and head[2:3] and head[2] >> 4 not in (0, 15)
    return "audio/mpeg" if head.startswith(b"ID3") or plain else ""


def _iso_type(head: bytes) -> str:
    """AVIF and HEIC are both ISO files; the brands in their first box tell which."""
    (length,) = struct.unpack(">I", head[:4])
    box = head[8 : min(length, 256)]
    brands = {box[:4], *(box[place : place + 4] for place in range(8, len(box) - 3, 4))}
    if brands & {b"avif", b"avis"}:
        return "image/avif"
    if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}:
        return "image/heic"
    if box[:4] in (b"M4A ", b"M4B "):
        return "audio/mp4"
    if box[:4] == b"qt  ":
        return "video/quicktime"
    return "video/mp4" if any(brand[:3] in FILM_BRANDS for brand in brands) else ""


def size_of(kind: str, head: bytes, file: IO[bytes]) -> Size:
    """Width and height as the header says them, before any turning; 0 x 0 where it does not."""
    try:
        return READERS[kind](head, file) if kind in READERS else NO_SIZE
    except (struct.error, IndexError):
        return NO_SIZE


def _png(head: bytes, file: IO[bytes]) -> Size:
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _gif(head: bytes, file: IO[bytes]) -> Size:
    width, height = struct.unpack("<HH", head[6:10])
    return width, height


def _webp(head: bytes, file: IO[bytes]) -> Size:
    form, data = head[12:16], head[20:]
    if form == b"VP8X":
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if form == b"VP8L":
        (bits,) = struct.unpack("<I", data[1:5])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", data[6:10])
    return width & 0x3FFF, height & 0x3FFF


def _jpeg(head: bytes, file: IO[bytes]) -> Size:
    """Hops over the segments, which may be long (colour profiles, previews), to the frame header."""
    file.seek(2)
    for _segment in range(SEGMENTS):
        marker = file.read(2)
        if len(marker) < 2 or marker[0] != 0xFF:
            return NO_SIZE
        if marker[1] == 0xFF:  # padding
            file.seek(-1, 1)
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", file.read(5)[1:])
            return width, height
        file.seek(length - 2, 1)
    return NO_SIZE


def _iso(head: bytes, file: IO[bytes]) -> Size:
    """The largest of the `ispe` boxes: the picture itself, not its tiles or preview."""
    best, place = NO_SIZE, head.find(b"ispe")
    while place != -1 and len(head) >= place + 16:
        width, height = struct.unpack(">II", head[place + 8 : place + 16])
        best = max(best, (width, height), key=lambda size: size[0] * size[1])
        place = head.find(b"ispe", place + 4)
    return best


READERS: dict[str, Callable[[bytes, IO[bytes]], Size]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/avif": _iso,
    "image/heic": _iso,
}

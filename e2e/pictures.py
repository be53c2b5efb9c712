"""Pictures for tests: good ones with secrets in them, and evil ones."""

import io
import struct
import zlib

from PIL import Image, ImageDraw

CAMERA = "Spion 3000"


def photo(width: int = 900, height: int = 600, colour: str = "#5b8c7a") -> bytes:
    """A JPEG as a phone makes it: with the camera's name, and the place where it was taken."""
    picture = Image.new("RGB", (width, height), colour)
    pen = ImageDraw.Draw(picture)
    for step in range(0, width, 60):
        pen.line([(step, 0), (width - step, height)], fill="#f2e6c9", width=4)
    exif = Image.Exif()
    exif[0x010F] = CAMERA
    place = exif.get_ifd(0x8825)
    place |= {1: "N", 2: (59.0, 19.0, 46.0), 3: "E", 4: (18.0, 4.0, 7.0)}
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85, exif=exif)
    return out.getvalue()


def png(width: int = 64, height: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#c9703f").save(out, "PNG")
    return out.getvalue()


def tells(picture: bytes) -> bool:
    """Whether a picture still tells where, when or with what it was made."""
    with Image.open(io.BytesIO(picture)) as opened:
        return bool(opened.getexif()) or CAMERA.encode() in picture or b"Exif" in picture or b"EXIF" in picture


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side: int = 20_000) -> bytes:
    """A PNG of a few hundred kilobytes that would be a gigabyte once it is opened."""
    press = zlib.compressobj(9)
    row = b"\0" * (side * 3 + 1)
    packed = b"".join(press.compress(row) for _ in range(side)) + press.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def lying_bomb(side: int = 6_000) -> bytes:
    """A PNG that calls itself small and brings rows for a picture a hundred times as large."""
    packed = zlib.compress(b"\0" * (side * 3 + 1) * side, 9)
    head = struct.pack(">IIBBBBB", 600, 600, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")

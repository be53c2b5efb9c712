"""Pictures drawn by code, good and evil, and uploads made of them."""

import io
import struct
import threading
import uuid
import zlib
from collections.abc import Callable
from typing import Any

from django.db import connection
from PIL import Image, ImageDraw

from core import errors
from uploads import registry, storage
from uploads.actions import taking
from uploads.models import Slot, Stored, Upload

PURPOSE = "test"
PAYLOAD = b"<script>alert(1)</script>"
FORMS = {  # Pillow's name of each, and what it is sent as
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
}


def register_purpose(name: str = PURPOSE, *, public: bool = False) -> None:
    registry.register(name, visible=lambda viewer, uploads: uploads, public=public)


def drawn(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    ImageDraw.Draw(image).rectangle((width // 2, 0, width, height), fill=(30, 30, 200))
    return image.convert(mode)


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, form, **options)
    file.seek(0)
    return file


def png(width: int = 64, height: int = 48) -> io.BytesIO:
    return encoded(drawn(width, height))


def jpeg_with_gps(width: int = 64, height: int = 48, *, orientation: int = 1) -> io.BytesIO:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Spycam Inc."
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 6.0)})
    return encoded(drawn(width, height), "JPEG", exif=exif, xmp=b"<x:xmpmeta>Vienna</x:xmpmeta>", comment=b"at home")


def gif(frames: int, width: int = 40, height: int = 30) -> io.BytesIO:
    pictures = [drawn(width, height) for _number in range(frames)]
    for number, picture in enumerate(pictures):  # the encoder joins frames that are alike
        picture.paste((number % 2 * 255, 255, number % 256), (0, 0, 4, 4))
    return encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=40, loop=0)


def gif_saying(frames: int, width: int, height: int) -> io.BytesIO:
    """Small frames on a canvas that the header makes huge."""
    data = bytearray(gif(frames).getvalue())
    data[6:10] = struct.pack("<HH", width, height)
    return io.BytesIO(bytes(data))


def png_saying(width: int, height: int) -> io.BytesIO:
    """A small file whose header promises a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + body)


def linear_profile() -> bytes:
    """A colour profile (ICC 2): the primaries of sRGB, but linear."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 256) + b"\0\0"
    points = {
        b"rXYZ": (0.4361, 0.2225, 0.0139),
        b"gXYZ": (0.3851, 0.7169, 0.0971),
        b"bXYZ": (0.1431, 0.0606, 0.7141),
        b"wtpt": (0.9642, 1.0, 0.8249),
    }
    tags = {name: b"XYZ \0\0\0\0" + fixed(*values) for name, values in points.items()}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, data, place = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, body in tags.items():
        table += name + struct.pack(">II", place + len(data), len(body))
        data += body
    header = b"\0" * 4 + b"\x02\x10\0\0" + b"mntrRGB XYZ " + b"\0" * 12 + b"acsp" + b"\0" * 28
    header += fixed(0.9642, 1.0, 0.8249)
    profile = header.ljust(124, b"\0") + table + data
    return struct.pack(">I", len(profile) + 4) + profile


def cut(file: io.BytesIO, part: float = 0.5) -> io.BytesIO:
    data = file.getvalue()
    return io.BytesIO(data[: int(len(data) * part)])


def make_upload(owner: Any, **fields: Any) -> Upload:
    """A row as it stands when the picture is ready, without files."""
    key = fields.pop("key", None) or uuid.uuid4()
    ready: dict[str, Any] = {
        "purpose": PURPOSE,
        "state": Upload.State.READY,
        "due_at": None,
        "type": "image/png",
        "bytes": 100,
        "sha256": "0" * 64,
        "width": 1000,
        "height": 750,
        "color": "#c81e1e",
        "original": False,
        "variants": {
            "320": {"w": 320, "h": 240, "bytes": 10},
            "640": {"w": 640, "h": 480, "bytes": 20},
            "1280": {"w": 1000, "h": 750, "bytes": 30},
        },
    }
    Stored.objects.create(key=key)
    return Upload.objects.create(owner=owner, key=key, **ready | fields)


def original_of(key: str | uuid.UUID) -> bytes:
    """The file as it came, in the storage."""
    upload = Upload.objects.get(key=key)
    with storage.open_original(upload.key, upload.taken) as file:
        return bytes(file.read())


def take(key: str | uuid.UUID) -> Upload | None:
    """What a worker does with a finished slot."""
    slot = Slot.objects.filter(key=key).first()
    return taking.take_slot(slot_id=slot.pk) if slot else None


def land(api: Any, key: str) -> dict[str, Any]:
    """Everything is sent, its owner says; what the owner reads once a worker has looked at it."""
    answer = api.post(f"/api/v1/uploads/slots/{key}/finish")
    assert answer.status_code == 202, answer.content
    take(key)
    said: dict[str, Any] = api.get(f"/api/v1/uploads/{key}").json()
    return said


def at_once(call: Callable[[], Any], times: int = 2) -> list[Any]:
    """What the same call answers that begins so many times at the same moment; None for one that is refused."""
    all_there, answers = threading.Barrier(times), []

    def one() -> None:
        all_there.wait()
        try:
            answers.append(call())
        except (errors.Conflict, errors.TooLarge, errors.TooMany):
            answers.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _turn in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers

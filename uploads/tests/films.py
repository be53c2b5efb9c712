"""Videos and sounds made by code, good and evil."""

import io
import math
import struct
import uuid
from fractions import Fraction
from typing import Any

import av
from PIL import Image, ImageDraw

from uploads.models import Upload
from uploads.tests import factories

RATE = 48_000


def made(
    form: str = "mp4",
    *,
    seconds: float = 1.0,
    size: tuple[int, int] = (320, 180),
    fps: int = 10,
    codec: str = "libx264",
    sound: str = "aac",
    turn: int = 0,
    metadata: dict[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    light: int = 0,
    grey: float | None = None,
) -> io.BytesIO:
    """The left half red, the right half blue, and a tone; without a codec or sound, the other alone. `turn`: how a
    player has to turn it, in degrees against the clock. `light`: HDR, by the number of its transfer characteristics.
    `grey`: nothing but this signal, of 1."""
    file = io.BytesIO()
    with av.open(file, "w", format=form, options={"strict": "experimental"}) as target:
        picture = target.add_stream(codec, rate=fps) if codec else None
        if picture:
            picture.width, picture.height, picture.pix_fmt = *size, pix_fmt
            if turn:
                picture.set_display_rotation(turn)
            if light:
                picture.codec_context.color_trc = light
                picture.codec_context.color_primaries = picture.codec_context.colorspace = 9  # BT.2020
        tone = target.add_stream(sound, rate=RATE) if sound else None
        for key, value in (metadata or {}).items():
            target.metadata[key] = value
        if picture:
            image = half_and_half(*size) if grey is None else Image.new("RGB", size, (round(grey * 255),) * 3)
            for number in range(round(seconds * fps)):
                if grey is None:
                    ImageDraw.Draw(image).rectangle((number % size[0], 0, number % size[0] + 4, 4), fill="white")
                frame = av.VideoFrame.from_image(image)
                frame.pts, frame.time_base = number, Fraction(1, fps)
                target.mux(picture.encode(frame))
            target.mux(picture.encode())
        if tone:
            write_tone(target, tone, seconds)
    file.seek(0)
    return file


def half_and_half(width: int, height: int) -> Image.Image:
    return factories.drawn(width, height)


def write_tone(target: Any, stream: Any, seconds: float) -> None:
    fifo = av.AudioFifo()
    total, done = round(seconds * RATE), 0
    wave = b"".join(struct.pack("<h", round(8000 * math.sin(n * 440 * 2 * math.pi / RATE))) for n in range(RATE // 10))
    resampler = av.AudioResampler(format=stream.format, layout=stream.layout, rate=RATE)
    while done < total:
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(wave) // 2)
        frame.planes[0].update(wave)
        frame.sample_rate, frame.pts, frame.time_base = RATE, done, Fraction(1, RATE)
        for piece in resampler.resample(frame):
            fifo.write(piece)
        done += frame.samples
        size = stream.codec_context.frame_size or 960
        while part := fifo.read(size):
            target.mux(stream.encode(part))
    if part := fifo.read(partial=True):
        target.mux(stream.encode(part))
    target.mux(stream.encode())


def make_film(owner: Any, **fields: Any) -> Upload:
    """A row as it stands when a video is ready, without files."""
    key = fields.pop("key", None) or uuid.uuid4()
    ready: dict[str, Any] = {
        "type": "video/mp4",
        "medium": Upload.Medium.VIDEO,
        "width": 1280,
        "height": 720,
        "duration": 65_000,
        "codec": "h264, aac",
        "progress": 100,
        "renditions": {
            "480p": {"w": 854, "h": 480, "bytes": 1000},
            "720p": {"w": 1280, "h": 720, "bytes": 2000},
        },
    }
    return factories.make_upload(owner, key=key, **ready | fields)


def make_sound(owner: Any, **fields: Any) -> Upload:
    sound: dict[str, Any] = {
        "type": "audio/mpeg",
        "medium": Upload.Medium.AUDIO,
        "width": 0,
        "height": 0,
        "color": "",
        "variants": {},
        "renditions": {"sound": {"w": 0, "h": 0, "bytes": 1000}},
    }
    return make_film(owner, **sound | fields)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def boxes(data: bytes, start: int = 0, end: int | None = None) -> list[tuple[bytes, int, int]]:
    """Of an ISO file: kind, beginning and end of each box on one level."""
    found, place, end = [], start, len(data) if end is None else end
    while place + 8 <= end:
        (length,) = struct.unpack(">I", data[place : place + 4])
        if length < 8:
            break
        found.append((data[place + 4 : place + 8], place, place + length))
        place += length
    return found


def with_tracks(count: int) -> io.BytesIO:
    """A video whose table of contents names its track so many times."""
    data = made(seconds=0.3, sound="").getvalue()
    [(_kind, begin, end)] = [one for one in boxes(data) if one[0] == b"moov"]
    inner = boxes(data, begin + 8, end)
    [track] = [data[a:b] for kind, a, b in inner if kind == b"trak"]
    rest = b"".join(data[a:b] for kind, a, b in inner if kind != b"trak")
    moov = box(b"moov", rest, track * count)
    return io.BytesIO(data[:begin] + moov + data[end:])


def pointing_to(path: str) -> io.BytesIO:
    """A video whose frames are said to lie in another file."""
    data = made(seconds=0.3, sound="").getvalue()
    place = data.index(b"dref")
    size, old = struct.unpack(">I", data[place - 4 : place])[0], data[place - 4 : place - 4]
    assert not old
    words = path.encode()
    # alis: a record of the classic kind, with the path as an item of type 2
    record = b"\0" * 4 + struct.pack(">H", 150) + b"\0" * 144 + struct.pack(">hH", 2, len(words)) + words
    record += b"\0" * (len(words) % 2) + struct.pack(">hH", -1, 0)
    new = box(b"dref", b"\0\0\0\0", struct.pack(">I", 1), box(b"alis", b"\0\0\0\0", record))
    return io.BytesIO(grown(data, place - 4, place - 4 + size, new))


def grown(data: bytes, begin: int, end: int, new: bytes) -> bytes:
    """With other bytes in one place; the boxes around it become longer. The frames stand before them."""
    more = len(new) - (end - begin)
    out = bytearray(data[:begin] + new + data[end:])

    def widen(start: int, stop: int) -> None:
        for _kind, a, b in boxes(data, start, stop):
            if a < begin and end <= b:
                out[a : a + 4] = struct.pack(">I", b - a + more)
                widen(a + 8, b)

    widen(0, len(data))
    return bytes(out)

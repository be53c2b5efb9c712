"""Decodes one picture in a process of its own: no Django, no environment, little memory, little time, and no network
where the kernel helps with that (`confine`).

Started by child.py with the job as JSON on stdin: {"source", "folder", "kind", "sizes", "max_pixels", "max_frames",
"max_motion", "shape", "crop", "parent"}; without shape and crop nothing is cut away. Writes <size>.webp next to each
other and prints one JSON object: {"ok": true, ...} or {"ok": false, "reason": a code of uploads.reasons}. Imports
nothing of ours, and Pillow only when it is confined.
"""

import contextlib
import ctypes
import errno
import json
import math
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 20
FILE_BYTES = 64 * 1024 * 1024
OPEN_FILES = 64
FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
    "image/heic": "HEIF",
}
ANIMATED = {"image/gif", "image/webp"}
ANIMATED_SIZES = 2  # the smaller ones only: frames cost
MOTION = 64_000_000  # pixels of all frames of a variant together
BAND = 8_000_000  # pixels that are in two modes at once
QUALITY, EFFORT = 82, 4
MOTION_QUALITY, MOTION_EFFORT = 75, 0
# Pillow's Image.Transpose for each way to hold a camera.
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
SIDEWAYS = {2, 4, 5, 6}
CLONE_NEWUSER, CLONE_NEWNET, PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 0x10000000, 0x40000000, 1, 38
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
# By machine, as the kernel numbers them: the machine itself, and the calls that make a socket (socket, socketpair,
# io_uring_setup) or take one of another process (pidfd_getfd).
SOCKETS = {
    "x86_64": (0xC000003E, (41, 53, 425, 438)),
    "aarch64": (0xC00000B7, (198, 199, 425, 438)),
}
LOAD, EQUALS, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # of the kernel's packet filter
CALL_AT, MACHINE_AT, OTHER_CALLS = 0, 4, 0x40000000  # from there on the numbers of x32, which are the same calls
ALLOWED, NOT_PERMITTED = 0x7FFF0000, 0x00050000 | errno.EPERM


class Refused(Exception):
    """str() is a code of uploads.reasons."""


class Limits(NamedTuple):
    memory: int
    cpu_seconds: int
    file_bytes: int


def confine(parent: int, limits: Limits | None = None) -> bool:
    """Takes from this process what it does not need; whether the network is among it: it has none, and it can make no
    socket. Not every kernel, and not every container, lets both be done; either is enough."""
    limits = limits or Limits(MEMORY, CPU_SECONDS, FILE_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if not sys.platform.startswith("linux"):
        return False
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when memory runs out on the machine, this process goes first and not the site
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    alone = libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0
    return forbid(libc, SOCKETS) or alone


def forbid(libc: Any, calls: Mapping[str, tuple[int, tuple[int, ...]]]) -> bool:
    """From now on the kernel answers these calls with EPERM, and all that are made as on another machine; here and in
    whatever this process starts, for good. Whether it took that."""
    machine, numbers = calls.get(os.uname().machine, (0, ()))
    if not machine or sys.maxsize < 2**32:
        return False
    end = 5 + len(numbers)  # the last line, which refuses
    lines = [
        (LOAD, 0, 0, MACHINE_AT),
        (EQUALS, 0, end - 2, machine),
        (LOAD, 0, 0, CALL_AT),
        (AT_LEAST, end - 4, 0, OTHER_CALLS),
        *((EQUALS, end - place - 1, 0, number) for place, number in enumerate(numbers, start=4)),
        (RETURN, 0, 0, ALLOWED),
        (RETURN, 0, 0, NOT_PERMITTED),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = ctypes.create_string_buffer(struct.pack("HP", len(lines), ctypes.addressof(code)))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) == 0)


def prepare(job: dict[str, Any]) -> dict[str, Any]:
    """Reads the source and writes its variants; raises Refused, or whatever a decoder raises on rubbish."""
    from PIL import Image, ImageFile

    Image.MAX_IMAGE_PIXELS = None  # checked below, and exactly
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    if job["kind"] == "image/heic":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        pillow_heif.options.DECODE_THREADS = 1
    with Image.open(job["source"], formats=[FORMATS[job["kind"]]]) as image:
        if image.width * image.height > job["max_pixels"]:
            raise Refused("too_many_pixels")
        frames = count_frames(image, job) if job["kind"] in ANIMATED else 1
        return animation(image, frames, job) if frames > 1 else still(image, job)


def still(image: Any, job: dict[str, Any]) -> dict[str, Any]:
    if job["kind"] != "image/jpeg":
        image.load()  # notes on how the camera was held may come last
    turn = TURNS.get(orientation(image))
    piece = wanted(image.size, turn, job)
    width, height = max(1, round(image.width * piece.wide)), max(1, round(image.height * piece.high))
    sizes = fitting(max(width, height), job["sizes"])
    if job["kind"] == "image/jpeg":
        enough = tuple(math.ceil(sizes[-1] / part) for part in (piece.wide, piece.high))
        image.draft(None, enough)  # the decoder itself makes it smaller, by powers of two
    image.load()
    profile = image.info.get("icc_profile")
    made = smaller(cut(image, piece), sizes[-1])
    if made is not image:
        image.close()  # gives its memory back before the next copy
    made = plain(srgb(made, profile))
    if turn is not None:
        made = made.transpose(turn)
        width, height = (height, width) if turn in SIDEWAYS else (width, height)
    variants = {}
    for size in reversed(sizes):
        made = smaller(made, size)
        made.info = {}
        path = f"{job['folder']}/{size}.webp"
        made.save(path, "WEBP", quality=QUALITY, method=EFFORT)
        variants[str(size)] = described(made, path)
    return {"width": width, "height": height, "color": color(made), "animated": False, "variants": variants}


def count_frames(image: Any, job: dict[str, Any]) -> int:
    """How many there are, without decoding them; stops counting where it is too much."""
    if image.format == "WEBP":
        frames = image.n_frames
    else:
        frames = 1
        with contextlib.suppress(EOFError):
            while frames <= job["max_frames"]:
                image.seek(frames)
                frames += 1
        image.seek(0)
    if frames > job["max_frames"] or frames > 1 and frames * image.width * image.height > job["max_motion"]:
        raise Refused("too_many_frames")
    return frames


def animation(image: Any, frames: int, job: dict[str, Any]) -> dict[str, Any]:
    """All frames at the smaller sizes, as far as they fit into memory together."""
    piece = wanted(image.size, None, job)
    width, height = max(1, round(image.width * piece.wide)), max(1, round(image.height * piece.high))
    loop = int(image.info.get("loop", 1 if image.format == "GIF" else 0))
    sizes = fitting(max(width, height), job["sizes"])[:ANIMATED_SIZES]
    while len(sizes) > 1 and frames * area((width, height), sizes[-1]) > MOTION:
        sizes.pop()
    pictures, durations = [], []
    for number in range(frames):
        image.seek(number)
        image.load()
        pictures.append(smaller(cut(image.convert("RGBA"), piece), sizes[-1]))
        durations.append(max(20, int(image.info.get("duration") or 100)))
    variants = {}
    for size in reversed(sizes):
        pictures = [smaller(picture, size) for picture in pictures]
        path = f"{job['folder']}/{size}.webp"
        first, rest = pictures[0], pictures[1:]
        first.info = {}
        options = {"duration": durations, "loop": loop, "quality": MOTION_QUALITY, "method": MOTION_EFFORT}
        first.save(path, "WEBP", save_all=True, append_images=rest, background=(0, 0, 0, 0), **options)
        variants[str(size)] = described(first, path)
    return {"width": width, "height": height, "color": color(pictures[0]), "animated": True, "variants": variants}


class Piece(NamedTuple):
    """A rectangle of a picture as its file has it, in parts of its width and height."""

    left: float
    top: float
    wide: float
    high: float


WHOLE = Piece(0, 0, 1, 1)


def wanted(size: tuple[int, int], turn: int | None, job: dict[str, Any]) -> Piece:
    """What is to be kept: the largest piece of the shape in the middle of the crop, which is meant upright; without a
    shape the crop, without that the whole."""
    shape, crop = job.get("shape"), job.get("crop")
    if not shape:
        return unturned(Piece(*crop), turn) if crop else WHOLE
    left, top, wide, high = crop or WHOLE
    width, height = (size[1], size[0]) if turn in SIDEWAYS else size
    given = wide * width / (high * height)
    new_wide, new_high = (wide * shape / given, high) if given > shape else (wide, high * given / shape)
    piece = Piece(left + (wide - new_wide) / 2, top + (high - new_high) / 2, new_wide, new_high)
    return unturned(piece, turn)


def unturned(piece: Piece, turn: int | None) -> Piece:
    """The same piece before the picture is turned upright."""
    left, top, wide, high = piece
    right, bottom = 1 - left - wide, 1 - top - high  # what is left beside and below it
    return {
        0: Piece(right, top, wide, high),
        1: Piece(left, bottom, wide, high),
        2: Piece(bottom, left, high, wide),
        3: Piece(right, bottom, wide, high),
        4: Piece(top, right, high, wide),
        5: Piece(top, left, high, wide),
        6: Piece(bottom, right, high, wide),
    }.get(-1 if turn is None else turn, piece)


def cut(image: Any, piece: Piece) -> Any:
    if piece == WHOLE:
        return image
    wide, high = max(1, round(image.width * piece.wide)), max(1, round(image.height * piece.high))
    left = min(max(0, round(image.width * piece.left)), image.width - wide)
    top = min(max(0, round(image.height * piece.top)), image.height - high)
    return image.crop((left, top, left + wide, top + high))


def fitting(longest: int, sizes: list[int]) -> list[int]:
    """The sizes to make of a picture with this longer side: the smaller ones, and the one that holds it as it is."""
    return [size for place, size in enumerate(sizes) if place == 0 or sizes[place - 1] < longest]


def area(size: tuple[int, int], longest: int) -> int:
    width, height = size
    scale = min(1, longest / max(size))
    return int(width * scale) * int(height * scale)


def smaller(image: Any, longest: int) -> Any:
    """With its longer side at most this long. Large ones are first reduced band by band, so that no second full copy
    in another mode is ever in memory."""
    from PIL import Image

    side = max(image.size)
    target = tuple(max(1, round(one * min(1, longest / side))) for one in image.size)
    factor = side * 2 // (longest * 3)
    if factor > 1:
        high = max(factor, BAND // image.width // factor * factor)
        bands = [
            resizable(image.crop((0, top, image.width, min(top + high, image.height)))).reduce(factor)
            for top in range(0, image.height, high)
        ]
        image = Image.new(bands[0].mode, (bands[0].width, sum(band.height for band in bands)))
        top = 0
        for band in bands:
            image.paste(band, (0, top))
            top += band.height
    image = resizable(image)
    return image if image.size == target else image.resize(target, Image.Resampling.LANCZOS)


def resizable(image: Any) -> Any:
    """In a mode whose values can be averaged, still in its own colours."""
    if image.mode in ("P", "PA", "1") or "transparency" in image.info:
        return image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    if image.mode.startswith("I") or image.mode == "F":
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image


def srgb(image: Any, profile: bytes | None) -> Any:
    """In the colours of the web, going by the profile that came along; one that does not fit counts as none."""
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    import io

    from PIL import ImageCms

    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    return image


def plain(image: Any) -> Any:
    if image.mode in ("RGB", "RGBA"):
        return image
    return image.convert("RGBA" if image.mode.lower().endswith("a") else "RGB")


def orientation(image: Any) -> int:
    """How the camera was held, 1 to 8; damaged notes do not spoil a picture."""
    with contextlib.suppress(SyntaxError, ValueError, OSError, KeyError, TypeError):
        return int(image.getexif().get(0x0112, 1))
    return 1


def color(image: Any) -> str:
    """The most frequent of four colours, over white."""
    from PIL import Image

    tiny = image.convert("RGBA").resize((32, 32))
    sheet = Image.new("RGBA", tiny.size, "white")
    sheet.alpha_composite(tiny)
    few: Any = sheet.convert("RGB").quantize(4)
    _count, index = max(few.getcolors())
    red, green, blue = few.getpalette()[index * 3 : index * 3 + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def described(image: Any, path: str) -> dict[str, int]:
    return {"w": image.width, "h": image.height, "bytes": os.path.getsize(path)}


def serve(work: Callable[[dict[str, Any]], dict[str, Any]], limits: Limits | None = None) -> None:
    """One job, confined, from stdin to stdout."""
    job = json.load(sys.stdin)
    offline = confine(job["parent"], limits)
    try:
        answer = {"ok": True, **work(job)}
    except Refused as refused:
        answer = {"ok": False, "reason": str(refused)}
    except MemoryError:
        answer = {"ok": False, "reason": "memory"}
    except Exception as error:  # supervisor: decoders raise anything on rubbish, and that is the answer
        answer = {"ok": False, "reason": "broken", "error": type(error).__name__}
    print(json.dumps({**answer, "offline": offline}))  # noqa: T201  the parent reads it


if __name__ == "__main__":
    serve(prepare)

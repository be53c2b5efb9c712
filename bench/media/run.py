"""What preparing costs: `python -m bench.media.run [--write]`. CPU and the largest memory of the child processes alone;
of pictures the best of three. The limits for a picture of 12 megapixels are 1.5 s and 400 MB, and it says so when they
are passed. `--write` keeps what it says in RESULTS.md beside this file.
"""

import argparse
import hashlib
import io
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

MOST_CPU, MOST_MEMORY = 1.5, 400.0
ROUNDS = 3
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic", "AVIF": "image/avif"}
WORDS = """# What preparing media costs

`python -m bench.media.run --write` on {date}, commit {commit}, {cores} cores shared with other work: believe CPU
more than wall time, and ratios more than both. The reference of the same run is hashing 256 MiB (SHA-256) in one
thread: {reference:.2f} s CPU. Limit for a picture of 12 MP with all its variants: {cpu} s CPU and {memory:.0f} MB.
CPU and memory are those of the child processes; who waits for them decodes nothing. `told`: how often the author's bar
has moved.

| what | CPU s | memory MB | wall s | told | |
|---|---|---|---|---|---|
"""


class Cost(NamedTuple):
    cpu: float
    memory: float
    wall: float
    told: int


def noise(size: tuple[int, int]) -> Any:
    """As busy as a photo."""
    from PIL import Image

    fine = Image.effect_noise((size[0] // 4, size[1] // 4), 60).resize(size, Image.Resampling.BICUBIC)
    sky = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (fine, Image.blend(fine, sky, 0.5), sky))


def photo(form: str) -> bytes:
    """4000 x 3000."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    file = io.BytesIO()
    noise((4000, 3000)).save(file, form, quality=90, speed=10, method=0, compress_level=1)
    return file.getvalue()


def animation() -> bytes:
    """As large as we take it: 62 frames of 2000 x 1500 are 186 million pixels."""
    from PIL import Image, ImageDraw

    frames = [Image.new("P", (2000, 1500), 3) for _turn in range(62)]
    for number, frame in enumerate(frames):
        ImageDraw.Draw(frame).rectangle((number * 20, 100, number * 20 + 600, 1400), fill=number + 10)
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=40, loop=0)
    return file.getvalue()


def film(size: tuple[int, int], *, seconds: int, fps: int, light: int = 0) -> bytes:
    """Like FFmpeg's test picture: a busy ground, over which something moves. Made fast, so it is larger than others."""
    import av

    file, ground = io.BytesIO(), noise(size)
    with av.open(file, "w", format="mp4") as target:
        picture = target.add_stream("libx265" if light else "libx264", rate=fps)
        picture.width, picture.height = size
        picture.pix_fmt = "yuv420p10le" if light else "yuv420p"
        picture.options = {"preset": "ultrafast", "crf": "38", "x265-params": "log-level=none"}
        if light:
            picture.codec_context.color_trc = light
            picture.codec_context.color_primaries = picture.codec_context.colorspace = 9
        ahead = [av.VideoFrame.from_image(ground.rotate(turn)).reformat(format=picture.pix_fmt) for turn in range(8)]
        for number in range(seconds * fps):
            frame = ahead[number % 8]
            frame.pts, frame.time_base = number, Fraction(1, fps)
            target.mux(picture.encode(frame))
        target.mux(picture.encode())
    return file.getvalue()


def prepare_picture(folder: Path, kind: str) -> int:
    from uploads import child

    child.run(folder, kind=kind, max_pixels=50_000_000)
    return 0


def prepare_film(folder: Path, kind: str) -> int:
    from uploads import child

    job: dict[str, Any] = {"kind": kind, "max_seconds": 600, "max_pixels": 4096 * 4096}
    heard: set[tuple[str, int]] = set()
    facts = child.step(folder, "probe", told=lambda percent: None, **job)
    for step in ("poster", "480p", "720p"):
        child.step(folder, step, told=lambda percent, step=step: heard.add((step, percent)), facts=facts, **job)
    return len(heard)


def measured(work: Callable[[Path, str], int], folder: str, kind: str, answer: Any) -> None:
    """In a process of its own, so that its children are these and no others. It holds nothing: what a process holds
    when it starts another counts as the other's, too."""
    import django

    django.setup()
    begun = time.monotonic()
    told = work(Path(folder), kind)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer.put((used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, time.monotonic() - begun, told))


def cost(work: Callable[[Path, str], int], source: bytes, kind: str, rounds: int = 1) -> Cost:
    made, context = [], multiprocessing.get_context("spawn")
    for _turn in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "original").write_bytes(source)
            answer = context.Queue()
            process = context.Process(target=measured, args=(work, folder, kind, answer))
            process.start()
            made.append(answer.get(timeout=3000))
            process.join()
    return Cost(*(min(numbers) for numbers in zip(*made, strict=True)))


def reference() -> float:
    """Seconds of CPU for something that never changes."""
    piece, begun = bytes(2**20), time.process_time()
    digest = hashlib.sha256()
    for _turn in range(256):
        digest.update(piece)
    return time.process_time() - begun


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep it in RESULTS.md")
    write = parser.parse_args().write
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True).stdout.strip()
    known = {"date": time.strftime("%Y-%m-%d"), "commit": commit, "cores": os.cpu_count(), "reference": reference()}
    words = WORDS.format(**known, cpu=MOST_CPU, memory=MOST_MEMORY)
    rows, fine = [], True

    def said(what: str, cost: Cost, note: str = "") -> None:
        nonlocal words
        rows.append({"what": what, **cost._asdict(), "note": note})
        words += f"| {what} | {cost.cpu:.2f} | {cost.memory:.0f} | {cost.wall:.1f} | {cost.told or ''} | {note} |\n"
        print(words.splitlines()[-1], file=sys.stderr, flush=True)

    for form, kind in PICTURES.items():
        spent = cost(prepare_picture, photo(form), kind, ROUNDS)
        held = spent.cpu <= MOST_CPU and spent.memory <= MOST_MEMORY
        fine = fine and held
        said(f"{form}, 12 MP", spent, "" if held else "TOO MUCH")
    said("GIF, 62 frames of 3 MP", cost(prepare_picture, animation(), "image/gif", ROUNDS), "two sizes, animated")
    said("MP4, 1080p, 2 fps, 10 min", cost(prepare_film, film((1920, 1080), seconds=600, fps=2), "video/mp4"))
    said("MP4, 4K, 30 fps, 5 s", cost(prepare_film, film((3840, 2160), seconds=5, fps=30), "video/mp4"))
    hdr = film((1920, 1080), seconds=5, fps=30, light=18)
    said("MP4, 1080p HDR (HLG), 30 fps, 5 s", cost(prepare_film, hdr, "video/mp4"), "becomes SDR")
    if write:
        Path(__file__).with_name("RESULTS.md").write_text(words)
    print(json.dumps({**known, "rows": rows}))
    return 0 if fine else 1


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialsite.settings")
    os.environ.setdefault("SOCIALSITE_TESTING", "1")
    os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="bench-media-"))
    import django

    django.setup()
    sys.exit(main())

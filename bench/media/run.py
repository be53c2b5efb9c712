"""What preparing costs: `python -m bench.media.run`. CPU and the largest memory of the child processes alone, best of
three; the limits for a picture of 12 megapixels are 1.5 s and 400 MB, and it says so when they are passed.
"""

import io
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST_CPU, MOST_MEMORY = 1.5, 400.0
ROUNDS = 3
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic", "AVIF": "image/avif"}


def photo(form: str) -> bytes:
    """4000 x 3000, as busy as a photo."""
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    fine = Image.effect_noise((1000, 750), 60).resize((4000, 3000), Image.Resampling.BICUBIC)
    sky = Image.linear_gradient("L").resize((4000, 3000))
    image = Image.merge("RGB", (fine, Image.blend(fine, sky, 0.5), sky))
    file = io.BytesIO()
    image.save(file, form, quality=90, speed=10, method=0, compress_level=1)
    return file.getvalue()


def prepare_picture(source: bytes, kind: str) -> None:
    from uploads import child

    with tempfile.TemporaryDirectory() as name:
        Path(name, "original").write_bytes(source)
        child.run(Path(name), kind=kind, max_pixels=50_000_000)


def prepare_film(source: bytes, kind: str) -> None:
    from uploads import child

    job: dict[str, Any] = {"kind": kind, "max_seconds": 600, "max_pixels": 4096 * 4096}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "original").write_bytes(source)
        facts = child.step(folder, "probe", told=lambda percent: None, **job)
        for step in ("poster", "480p", "720p"):
            child.step(folder, step, told=lambda percent: None, facts=facts, **job)


def measured(work: Callable[[bytes, str], None], source: bytes, kind: str, answer: Any) -> None:
    """In a process of its own, so that its children are these and no others."""
    import django

    django.setup()
    begun = time.monotonic()
    work(source, kind)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer.put((used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, time.monotonic() - begun))


def best(work: Callable[[bytes, str], None], source: bytes, kind: str, rounds: int) -> tuple[float, ...]:
    made, context = [], multiprocessing.get_context("spawn")
    for _turn in range(rounds):
        answer = context.Queue()
        process = context.Process(target=measured, args=(work, source, kind, answer))
        process.start()
        made.append(answer.get(timeout=300))
        process.join()
    return tuple(min(numbers) for numbers in zip(*made, strict=True))


def main() -> int:
    from uploads.tests import films

    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    rows, fine = [], True
    for form, kind in PICTURES.items():
        cpu, memory, wall = best(prepare_picture, photo(form), kind, ROUNDS)
        held = cpu <= MOST_CPU and memory <= MOST_MEMORY
        fine = fine and held
        rows.append({"what": f"{form}, 12 MP", "cpu_s": cpu, "memory_mb": memory, "wall_s": wall, "held": held})
    film = films.made(seconds=30, size=(1920, 1080), fps=30).getvalue()
    cpu, memory, wall = best(prepare_film, film, "video/mp4", 1)
    rows.append({"what": "MP4, 1080p, 30 s", "cpu_s": cpu, "memory_mb": memory, "wall_s": wall, "held": True})
    print(f"{time.strftime('%Y-%m-%d')} {commit}", file=sys.stderr)
    for row in rows:
        said = f"{row['cpu_s']:6.2f} s CPU {row['memory_mb']:6.0f} MB {row['wall_s']:6.2f} s"
        print(f"{row['what']:18} {said} {'' if row['held'] else '  TOO MUCH'}", file=sys.stderr)
    print(json.dumps({"date": time.strftime("%Y-%m-%d"), "commit": commit, "rows": rows}))
    return 0 if fine else 1


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialsite.settings")
    os.environ.setdefault("SOCIALSITE_TESTING", "1")
    django.setup()
    sys.exit(main())

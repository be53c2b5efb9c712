"""Runs decode.py: one child process per picture, a few at a time, killed with all it started when its time is up."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import scratch
from uploads import reasons, storage

log = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("decode.py")
WALL_SECONDS = 40.0
WAIT_SECONDS = 60.0
REPORT_BYTES = 64 * 1024
MAX_FRAMES = 300
MAX_MOTION = 200_000_000  # pixels of all frames together

# A picture may take 1 GiB, so pictures of one process take turns.
AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
_turn = threading.BoundedSemaphore(AT_ONCE)


class Failed(Exception):
    """str() is a code of uploads.reasons."""


@dataclass(frozen=True)
class Picture:
    """`variants` are files <name>.webp in the folder: name -> {"w", "h", "bytes"}."""

    width: int
    height: int
    color: str
    animated: bool
    variants: dict[str, dict[str, int]]
    offline: bool


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A private folder for one job; gone afterwards."""
    with scratch.folder("picture") as path:
        yield path


def run(
    folder: Path,
    *,
    kind: str,
    max_pixels: int,
    shape: float | None = None,
    crop: tuple[float, float, float, float] | None = None,
) -> Picture:
    """Prepares `folder`/original; raises Failed. Whatever happens in the child, this process goes on. With a `shape`
    (width by height) the largest piece of it in the middle of `crop` (or of the whole) is all that is kept."""
    job = {
        "source": str(folder / "original"),
        "folder": str(folder),
        "kind": kind,
        "sizes": storage.SIZES,
        "max_pixels": max_pixels,
        "max_frames": MAX_FRAMES,
        "max_motion": MAX_MOTION,
        "shape": shape,
        "crop": crop,
        "parent": os.getpid(),
    }
    (folder / "job").write_text(json.dumps(job))
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise Failed(reasons.TIMEOUT)
    try:
        code = _run(folder)
    finally:
        _turn.release()
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        raise Failed(reasons.TIMEOUT)
    answer = _answer(folder) if code == 0 else {}
    if not answer:
        log.warning("decoder ended with %s and said nothing", code)
        raise Failed(reasons.CRASHED)
    if not answer.pop("ok"):
        raise Failed(answer["reason"])
    return Picture(**answer)


def _run(folder: Path) -> int:
    """The exit code; -SIGALRM when its time was up."""
    with (folder / "job").open("rb") as job, (folder / "answer").open("wb") as answer:
        process = subprocess.Popen(
            [sys.executable, "-I", str(PROGRAM)],
            stdin=job,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"MALLOC_ARENA_MAX": "1"},
            start_new_session=True,
        )
        try:
            return process.wait(WALL_SECONDS)
        except subprocess.TimeoutExpired:
            return -signal.SIGALRM
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answer(folder: Path) -> dict[str, Any]:
    with (folder / "answer").open("rb") as file:
        try:
            answer = json.loads(file.read(REPORT_BYTES))
        except ValueError:
            return {}
    return answer if isinstance(answer, dict) else {}

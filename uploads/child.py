"""Runs decode.py and film.py: one child process per picture or step of a film, a few at a time, killed with all it
started when its time is up."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core import scratch
from uploads import reasons, storage

log = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("decode.py")
FILM = Path(__file__).with_name("film.py")
WALL_SECONDS = 40.0
FILM_WALL_SECONDS = 60 * 60.0
TICK_SECONDS = 0.5
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
    source: str = "original",
) -> Picture:
    """Prepares the `source` in the folder; raises Failed. Whatever happens in the child, this process goes on. With a
    `shape` (width by height) the largest piece of it in the middle of `crop` (or of the whole) is all that is kept."""
    job = {
        "source": str(folder / source),
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
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise Failed(reasons.TIMEOUT)
    try:
        return Picture(**_asked(folder, job, PROGRAM, WALL_SECONDS))
    finally:
        _turn.release()


def step(folder: Path, name: str, *, told: Callable[[int], None], **job: Any) -> dict[str, Any]:
    """One step of preparing the film in `folder`/original: what film.py answers; raises Failed. `told` hears twice a
    second how far it is, in percent; what it raises ends the child."""
    (folder / "progress").unlink(missing_ok=True)
    place = {"source": str(folder / "original"), "folder": str(folder), "parent": os.getpid()}
    return _asked(folder, {**job, **place, "step": name}, FILM, FILM_WALL_SECONDS, lambda: told(_progress(folder)))


def is_offline() -> bool:
    """Whether a child on this machine is kept from the network, as one says that is given nothing to decode."""
    with folder() as path:
        (path / "job").write_text(json.dumps({"parent": os.getpid()}))
        _run(path, PROGRAM, WALL_SECONDS, lambda: None)
        return _answer(path).get("offline") is True


def _asked(
    folder: Path, job: dict[str, Any], program: Path, seconds: float, tick: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    (folder / "job").write_text(json.dumps(job))
    code = _run(folder, program, seconds, tick)
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        raise Failed(reasons.TIMEOUT)
    answer = _answer(folder) if code == 0 else {}
    if not answer:
        log.warning("decoder ended with %s and said nothing", code)
        raise Failed(reasons.CRASHED)
    if not answer.pop("offline", False):
        _warn()
    if not answer.pop("ok"):
        raise Failed(answer["reason"])
    return answer


@cache
def _warn() -> None:
    """Once is enough: it is so on this machine."""
    log.warning("decoders are not kept from the network here (`manage.py doctor`)")


def _progress(folder: Path) -> int:
    with contextlib.suppress(FileNotFoundError, ValueError):
        return min(99, max(0, int((folder / "progress").read_text()[:3])))
    return 0


def _run(folder: Path, program: Path, seconds: float, tick: Callable[[], None]) -> int:
    """The exit code; -SIGALRM when its time was up."""
    with (folder / "job").open("rb") as job, (folder / "answer").open("wb") as answer:
        process = subprocess.Popen(
            [sys.executable, "-I", str(program)],
            stdin=job,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"MALLOC_ARENA_MAX": "1"},
            start_new_session=True,
        )
        try:
            return _waited(process, seconds, tick)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _waited(process: subprocess.Popen[bytes], seconds: float, tick: Callable[[], None]) -> int:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(min(left, TICK_SECONDS))
        tick()
    return -signal.SIGALRM


def _answer(folder: Path) -> dict[str, Any]:
    with (folder / "answer").open("rb") as file:
        try:
            answer = json.loads(file.read(REPORT_BYTES))
        except ValueError:
            return {}
    return answer if isinstance(answer, dict) else {}

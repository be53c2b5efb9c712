"""Folders on this machine's disk for jobs that need one, and turns at what one job of a machine does at a time.

Both are held by locks of the kernel, which end with the process that has them, however it ends. So a folder that nobody
holds was left by one that died.
"""

import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

PREFIX = "socialsite-job-"
HELD = ".held"
YOUNG = 60.0  # seconds; a folder is there a moment before it is held
OLD = 24 * 60 * 60.0  # seconds; no upload takes so long
FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def folder(name: str) -> Iterator[Path]:
    """A private folder for one job; gone afterwards. `name` says whose it is, for `drop`."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{name}-", dir=_place(), ignore_cleanup_errors=True) as path:
        handle = os.open(Path(path, HELD), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _hold(handle)
            yield Path(path)
        finally:
            os.close(handle)


@contextmanager
def turn(name: str) -> Iterator[bool]:
    """True for one at a time on this machine; False, at once, for who comes meanwhile."""
    handle = os.open(Path(settings.DATA_DIR, f"{name}.turn"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _hold(handle)
    finally:
        os.close(handle)


def drop(name: str) -> None:
    """Away with the folders of this name, be it that somebody is at work in them."""
    for path in _place().glob(f"{PREFIX}{name}-*"):
        shutil.rmtree(path, ignore_errors=True)


def sweep() -> int:
    """Away with what processes have left that died; returns how much that was. In a folder that is the site's alone
    also with everything old: what a web process was receiving, what an earlier version has left."""
    alone = _place() == Path(settings.DATA_DIR, "tmp")
    gone = 0
    for path in list(_place().iterdir()):
        try:
            age = time.time() - path.lstat().st_mtime
            ours = path.name.startswith(PREFIX)
            left = (ours and age > YOUNG and not _is_held(path)) or (not ours and alone and age > OLD)
        except FileNotFoundError:  # its job has ended meanwhile
            continue
        if left:
            _remove(path)
            gone += 1
    return gone


def check_room(more: int = 0) -> None:
    """OSError (ENOSPC) where `more` bytes would leave too little room for everything else on this disk."""
    if shutil.disk_usage(_place()).free - more < settings.MIN_FREE_BYTES:
        raise OSError(errno.ENOSPC, "too little room is left")


def _place() -> Path:
    return Path(settings.FILE_UPLOAD_TEMP_DIR)


def _hold(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_held(path: Path) -> bool:
    try:
        handle = os.open(path / HELD, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:  # somebody else's folder
        return True
    try:
        return not _hold(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)

"""Where files lie, on whatever STORAGES["default"] is. Slow: never in a transaction. All errors are OSErrors.

The layout: uploads/temp/{upload} (as it came; gone when prepared), processed/images/{upload}/{size}.webp,
and of films {480p,720p}.mp4 or sound.m4a beside them, archives/{export,import}/{archive}.zip.
"""

import re
import shutil
import uuid
from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.storage import default_storage

from core.storage import asking

ARCHIVE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.zip")
SIZES = (320, 640, 1280, 2048)
FILMS = ("480p", "720p")  # by the shorter side
SOUND = "sound"
VARIANTS = (*map(str, SIZES), *FILMS, SOUND)
CONTENT_TYPES = {"webp": "image/webp", "mp4": "video/mp4", "m4a": "audio/mp4"}


def original(key: uuid.UUID) -> str:
    return f"uploads/temp/{key}"


def variant(key: uuid.UUID, name: str) -> str:
    return f"processed/images/{key}/{name}.{ending(name)}"


def ending(name: str) -> str:
    """Of the file of a variant."""
    return "mp4" if name in FILMS else "m4a" if name == SOUND else "webp"


@asking()
def keep(name: str, content: IO[bytes]) -> None:
    """Stores under exactly this name; what an earlier attempt left there goes."""
    default_storage.delete(name)
    kept = default_storage.save(name, File(content, name=name))
    if kept != name:  # another process was between the two lines, with the same bytes
        default_storage.delete(kept)


@asking()
def fetch(name: str, target: Path) -> None:
    """Copies to a local file, piece by piece; FileNotFoundError if it is not there."""
    with default_storage.open(name, "rb") as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy, 256 * 1024)


def open_variant(key: uuid.UUID, name: str) -> "File[bytes]":
    """FileNotFoundError if it is not there."""
    return _open(variant(key, name))


def archive(kind: str, key: uuid.UUID) -> str:
    """Zips that members take along ("export") or bring ("import")."""
    return f"archives/{kind}/{key}.zip"


def open_archive(kind: str, key: uuid.UUID) -> "File[bytes]":
    """FileNotFoundError if it is not there."""
    return _open(archive(kind, key))


@asking()
def archive_keys(kind: str) -> list[uuid.UUID]:
    """Of all that lie here."""
    try:
        _folders, names = default_storage.listdir(f"archives/{kind}")
    except FileNotFoundError:
        return []
    return [uuid.UUID(name.removesuffix(".zip")) for name in names if ARCHIVE.fullmatch(name)]


@asking()
def drop(name: str) -> None:
    default_storage.delete(name)


def drop_all(key: uuid.UUID) -> None:
    """Everything an upload may have put here; what is not there is fine."""
    drop(original(key))
    for name in VARIANTS:
        drop(variant(key, name))


@asking()
def _open(name: str) -> "File[bytes]":
    file = default_storage.open(name, "rb")
    file.seek(0)  # what lies elsewhere is fetched now, and not at the first read, far away from here
    return file

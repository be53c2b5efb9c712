"""Where files lie, on whatever STORAGES["default"] is. Slow: never in a transaction.

The layout: uploads/temp/{upload} (as it came; gone when prepared), processed/images/{upload}/{size}.webp,
archives/{export,import}/{archive}.zip.
"""

import shutil
import uuid
from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.storage import default_storage

SIZES = (320, 640, 1280, 2048)


def original(key: uuid.UUID) -> str:
    return f"uploads/temp/{key}"


def variant(key: uuid.UUID, name: str) -> str:
    return f"processed/images/{key}/{name}.webp"


def keep(name: str, content: IO[bytes]) -> None:
    """Stores under exactly this name; what an earlier attempt left there goes."""
    default_storage.delete(name)
    kept = default_storage.save(name, File(content, name=name))
    if kept != name:  # another process was between the two lines, with the same bytes
        default_storage.delete(kept)


def fetch(name: str, target: Path) -> None:
    """Copies to a local file, piece by piece; FileNotFoundError if it is not there."""
    with default_storage.open(name, "rb") as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy, 256 * 1024)


def open_variant(key: uuid.UUID, name: str) -> "File[bytes]":
    """FileNotFoundError if it is not there."""
    return default_storage.open(variant(key, name), "rb")


def archive(kind: str, key: uuid.UUID) -> str:
    """Zips that members take along ("export") or bring ("import")."""
    return f"archives/{kind}/{key}.zip"


def open_archive(kind: str, key: uuid.UUID) -> "File[bytes]":
    """FileNotFoundError if it is not there."""
    return default_storage.open(archive(kind, key), "rb")


def drop(name: str) -> None:
    default_storage.delete(name)


def drop_all(key: uuid.UUID) -> None:
    """Everything an upload may have put here; what is not there is fine."""
    drop(original(key))
    for size in SIZES:
        drop(variant(key, str(size)))

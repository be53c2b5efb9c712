"""Where files lie, on whatever STORAGES["default"] is. Slow: never in a transaction. All errors are OSErrors.

The layout: uploads/temp/{upload} (on its way; in parts: uploads/temp/{upload}.parts/{number}), uploads/final/{upload}
(as it came, no longer to be overwritten; gone when prepared) or, from a slot,
uploads/final/{upload}.taken/{Slot.taking}, processed/images/{upload}/{size}.webp, and of films {480p,720p}.mp4 or
sound.m4a beside them, archives/{export,import}/{archive}.zip.

While STORAGES["old"] is set (`manage.py migrate_media` is at work) what is not here yet is read there.
"""

import contextlib
import hashlib
import io
import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import Storage, default_storage, storages

from core.storage import asking
from uploads import bucket

ARCHIVE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.zip")
SIZES = (320, 640, 1280, 2048)
FILMS = ("480p", "720p")  # by the shorter side
SOUND = "sound"
FILE = "file"  # as it came, for members to take along: no link leads to it
VARIANTS = (*map(str, SIZES), *FILMS, SOUND)
CHUNK = 256 * 1024
TEMP = bucket.TEMP
FINAL = "uploads/final/"
FOLDERS = (TEMP, FINAL, "processed/images/")  # what lies there is named by the upload's key
SHOWN = ("processed/images/",)  # of every upload that is ready something lies in one of these
ARCHIVES = ("archives/export/", "archives/import/")
CONTENT_TYPES = {"webp": "image/webp", "mp4": "video/mp4", "m4a": "audio/mp4"}


def incoming(key: uuid.UUID) -> str:
    return f"{TEMP}{key}"


def part(key: uuid.UUID, number: int) -> str:
    return f"{incoming(key)}.parts/{number}"


def original(key: uuid.UUID, taken: str = "") -> str:
    """Of several that were taken over from a slot the upload says which counts."""
    return f"{FINAL}{key}.taken/{taken}" if taken else f"{FINAL}{key}"


def variants(key: uuid.UUID) -> str:
    """The folder of what is shown of it."""
    return f"processed/images/{key}/"


def variant(key: uuid.UUID, name: str) -> str:
    return f"{variants(key)}{name}.{ending(name)}"


def ending(name: str) -> str:
    """Of the file of a variant."""
    return "mp4" if name in FILMS else {SOUND: "m4a", FILE: "bin"}.get(name, "webp")


@asking()
def keep(name: str, content: IO[bytes]) -> None:
    """Stores under exactly this name; what an earlier attempt left there goes."""
    file: Any = content if isinstance(content, File) else File(content, name=name)
    file.content_type = content_type(name)
    put(default_storage, name, file)


def content_type(name: str) -> str:
    return CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def key_of(name: str) -> uuid.UUID | None:
    """Of the upload to which a file belongs; archives belong to none."""
    for folder in FOLDERS:
        if name.startswith(folder):
            with contextlib.suppress(ValueError):
                return uuid.UUID(name.removeprefix(folder)[:36])
    return None


def put(where: Storage, name: str, file: "File[bytes]") -> None:
    if bucket.of(where) is None:  # a bucket overwrites by itself
        where.delete(name)
    kept = where.save(name, file)
    if kept != name:  # another process was between the two lines, with the same bytes
        where.delete(kept)


@asking()
def fetch(name: str, target: Path) -> str:
    """Copies to a local file, piece by piece, and says its hash (SHA-256); FileNotFoundError if it is not there."""
    digest = hashlib.sha256()
    with _anywhere(name) as source, target.open("xb") as copy:
        while piece := source.read(CHUNK):
            digest.update(piece)
            copy.write(piece)
    return digest.hexdigest()


def open_original(key: uuid.UUID, taken: str = "") -> "File[bytes]":
    """FileNotFoundError if it is not there."""
    return find(original(key, taken))


def open_part(key: uuid.UUID, number: int) -> "File[bytes]":
    """FileNotFoundError if it is not there."""
    return find(part(key, number))


def keep_part(key: uuid.UUID, number: int, piece: bytes) -> None:
    keep(part(key, number), io.BytesIO(piece))


@asking()
def parts(key: uuid.UUID) -> dict[int, int]:
    """Bytes of those that have arrived with us, by number."""
    names = _listed(default_storage, f"{incoming(key)}.parts")
    return {int(name): default_storage.size(part(key, int(name))) for name in names if name.isdigit()}


def open_variant(key: uuid.UUID, name: str) -> "File[bytes]":
    """FileNotFoundError if it is not there."""
    return find(variant(key, name))


def archive(kind: str, key: uuid.UUID) -> str:
    """Zips that members take along ("export") or bring ("import")."""
    return f"archives/{kind}/{key}.zip"


def open_archive(kind: str, key: uuid.UUID) -> "File[bytes]":
    """FileNotFoundError if it is not there."""
    return find(archive(kind, key))


@asking()
def archive_keys(kind: str) -> list[uuid.UUID]:
    """Of all that lie here."""
    names = {name for where in everywhere() for name in _listed(where, f"archives/{kind}")}
    return [uuid.UUID(name.removesuffix(".zip")) for name in sorted(names) if ARCHIVE.fullmatch(name)]


@asking()
def drop(name: str) -> None:
    for where in everywhere():
        where.delete(name)


@asking()
def drop_all(key: uuid.UUID) -> None:
    """Everything an upload may have put here; what is not there is fine."""
    for where in everywhere():
        s3 = bucket.of(where)
        if s3 is not None:
            s3.drop_all([f"{folder}{key}" for folder in FOLDERS])
            continue
        for folder in (f"{incoming(key)}.parts", f"{original(key)}.taken", f"processed/images/{key}"):
            _empty(where, folder)
        where.delete(incoming(key))
        where.delete(original(key))


@asking()
def drop_originals(key: uuid.UUID) -> None:
    """The file as it came, whichever of its copies."""
    for where in everywhere():
        s3 = bucket.of(where)
        if s3 is not None:
            s3.drop([original(key)])
        else:
            _empty(where, f"{original(key)}.taken")
            where.delete(original(key))


@asking()
def drop_parts(key: uuid.UUID) -> None:
    """What came, once it has been taken over."""
    s3 = bucket.of(default_storage)
    if s3 is not None:
        default_storage.delete(incoming(key))
        return
    _empty(default_storage, f"{incoming(key)}.parts")


# What lies there


def everywhere() -> list[Storage]:
    """The storage, and the old one while there is one."""
    old = [storages["old"]] if is_moving() else []
    return [default_storage, *old]


def s3() -> bucket.Bucket | None:
    """None where files lie with us."""
    return bucket.of(default_storage)


def is_moving() -> bool:
    """Some of it still lies in the old storage."""
    return "old" in storages.backends


def keys_in(folder: str) -> Iterator[uuid.UUID]:
    """Of the uploads of which something lies in this folder of the storage, in order."""
    before, names = "", _folders_of(folder)
    for name in names:
        with contextlib.suppress(ValueError):  # not ours
            key = uuid.UUID(name.partition(".")[0])
            if str(key) != before:
                before = str(key)
                yield key


def _folders_of(folder: str) -> Iterator[str]:
    with asking():
        bucket_there = s3()
        if bucket_there is not None:
            yield from bucket_there.folders(folder)
        else:
            yield from sorted(_listed(default_storage, folder, folders=True))


@asking()
def drop_unfinished(before: datetime) -> int:
    """What was begun in parts before then and never ended; how much that was."""
    there = s3()
    return there.drop_unfinished((*FOLDERS, *ARCHIVES), before) if there is not None else 0


@asking()
def lies(key: uuid.UUID) -> bool:
    """Whether anything that is shown of this upload is there."""
    for where in everywhere():
        s3, folder = bucket.of(where), f"processed/images/{key}"
        if any(s3.names(f"{folder}/")) if s3 is not None else _listed(where, folder):
            return True
    return False


def names_in(where: Storage, folder: str) -> Iterator[str]:
    """Of all files below this folder, however deep."""
    with asking():
        there = bucket.of(where)
        if there is not None:
            yield from there.names(folder)
            return
        place = folder.rstrip("/")
        for name in sorted(_listed(where, place)):
            yield f"{place}/{name}"
        for inner in sorted(_listed(where, place, folders=True, files=False)):
            yield from names_in(where, f"{place}/{inner}/")


def _listed(where: Storage, folder: str, *, folders: bool = False, files: bool = True) -> list[str]:
    try:
        inner, names = where.listdir(folder)
    except FileNotFoundError:
        return []
    return [*(inner if folders else []), *(names if files else [])]


def _empty(where: Storage, folder: str) -> None:
    """Away with the folder and its files."""
    for name in _listed(where, folder):
        where.delete(f"{folder}/{name}")
    with contextlib.suppress(OSError):  # somebody has put something into it meanwhile
        where.delete(folder)


@asking()
def find(name: str) -> "File[bytes]":
    """FileNotFoundError if it is not there."""
    file = _anywhere(name)
    file.seek(0)  # what lies elsewhere is fetched now, and not at the first read, far away from here
    return file


def _anywhere(name: str) -> "File[bytes]":
    *first, last = everywhere()
    for where in first:
        with contextlib.suppress(FileNotFoundError):
            file = where.open(name, "rb")
            file.seek(0)
            return file
    return last.open(name, "rb")

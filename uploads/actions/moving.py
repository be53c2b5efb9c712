"""Everything in the old storage goes to the new one, while the site runs: it writes to the new one, and reads in the
old one what is not there yet."""

import hashlib
from collections.abc import Callable
from contextlib import suppress

from django.core.files.storage import Storage, default_storage

from core.storage import asking
from uploads import storage
from uploads.models import Stored

CHUNK = 1024 * 1024


class Differs(OSError):
    """What was read back is not what was written."""


def move_media(*, keep: bool = False, told: Callable[[str, int], None]) -> int:
    """Copies, reads back, compares (SHA-256), and only then deletes in the old one, unless it is to `keep` it. Begun
    again it goes on: what is there already is compared, and what was cut off is copied anew. Calls `told(name, bytes)`
    for each file; returns how many there were."""
    _new, *others = storage.everywhere()
    moved = 0
    for old in others:
        for folder in (*storage.FOLDERS, *storage.ARCHIVES):
            for name in storage.names_in(old, folder):
                with suppress(FileNotFoundError):  # deleted meanwhile
                    told(name, _move(old, name))
                    moved += 1
                    if not keep:
                        with asking():
                            old.delete(name)
    return moved


@asking()
def _move(old: Storage, name: str) -> int:
    digest, size = _digest(old, name)
    if not (default_storage.exists(name) and _digest(default_storage, name)[0] == digest):
        with old.open(name, "rb") as file:
            file.content_type = storage.content_type(name)  # type: ignore[attr-defined]
            storage.put(default_storage, name, file)
        if _digest(default_storage, name)[0] != digest:
            raise Differs(f"{name} was not stored as it was read")
    if _is_gone(name):  # deleted while it was copied: the remover has looked where it was not yet
        default_storage.delete(name)
    return size


def _is_gone(name: str) -> bool:
    key = storage.key_of(name)
    return key is not None and not Stored.objects.filter(key=key).exists()


def _digest(where: Storage, name: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with where.open(name, "rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size

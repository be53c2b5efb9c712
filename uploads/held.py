"""Where a file lies now: with us in the database, for as long as it is on its way to the bucket, or in the storage."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File

from uploads import storage
from uploads.models import Held

MEMORY = 2**20  # of one that is larger the rest lies in a temporary file meanwhile


def opened(name: str) -> "File[bytes] | None":
    """The file under this name, if it is held and whole. One statement: it goes while it is read, or not at all."""
    rows = Held.objects.filter(name=name).order_by("number").values_list("number", "body")
    file: Any = None
    for number, body in rows.iterator(chunk_size=1):
        if file is None and number != 0:  # still being written
            return None
        if file is None:
            where = str(settings.FILE_UPLOAD_TEMP_DIR)
            file = tempfile.SpooledTemporaryFile(max_size=MEMORY, dir=where)  # noqa: SIM115  # the reader closes it
        file.write(body)
    if file is None:
        return None
    size = file.tell()
    file.seek(0)
    whole: File[bytes] = File(file, name=name)
    whole.size = size
    return whole


def find(name: str) -> "File[bytes]":
    """From wherever it lies; FileNotFoundError if it is nowhere. Waits for the storage where it is not held."""
    return opened(name) or storage.find(name)


def fetch(name: str, target: Path) -> str:
    """Copies to a local file, and says its hash (SHA-256); FileNotFoundError if it is nowhere."""
    file = opened(name)
    if file is None:
        return storage.fetch(name, target)
    digest = hashlib.sha256()
    with file, target.open("xb") as copy:
        for piece in file.chunks(storage.CHUNK):
            digest.update(piece)
            copy.write(piece)
    return digest.hexdigest()

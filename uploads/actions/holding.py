"""Parts of actions, and what a worker does: files that come with a request are held in the database where the storage
is a bucket, because no request waits for one, and go there within seconds. On a disk of ours they lie at once.
"""

import errno
import logging
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import SEEK_END
from typing import IO

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core import wake
from uploads import held, queries, storage
from uploads.actions import removal
from uploads.models import Held, Upload

log = logging.getLogger(__name__)
PIECE = 2**20
SOON = timedelta(hours=1)  # a worker takes up what came in seconds; if not, it need not fill the database
CLAIM = timedelta(minutes=5)  # longer than one file takes to the bucket
LONGEST_WAIT = timedelta(hours=1)
BATCH = 50
AT_ONCE = 8  # pieces that go in one transaction
COUNTED = 5  # seconds for which the sum of what is held is remembered


def is_needed() -> bool:
    return storage.s3() is not None


def keep(name: str, file: IO[bytes], *, key: uuid.UUID, after: timedelta = timedelta(0)) -> None:
    """As storage.keep, for who must not wait for the network: it goes there `after` so long. In pieces, each in a
    transaction of its own; killed on the way they go with their key, like what lies in storage. OSError (ENOSPC) where
    the bucket has been away for so long that no more is taken."""
    if not is_needed():
        storage.keep(name, file)
        return
    _check_room(file.seek(0, SEEK_END))
    let_go(name)
    file.seek(0)
    pieces = _pieces(file)
    first = next(pieces, b"")
    for number, body in enumerate(pieces, start=1):
        with transaction.atomic(durable=True):
            Held.objects.create(name=name, number=number, key=key, body=body)
    with transaction.atomic(durable=True):
        Held.objects.create(name=name, number=0, key=key, body=first, due_at=timezone.now() + after)


def let_go(name: str) -> None:
    """Whoever was to take it up has done so, or nobody wants it any more."""
    with transaction.atomic(durable=True):
        pks = _pieces_of(name)
        Held.objects.filter(pk__in=pks[:1]).delete()  # the first piece: no longer whole
    _clear(pks[1:])


def drop(name: str) -> None:
    """Wherever it lies. Waits for the storage."""
    let_go(name)
    storage.drop(name)


def put_away() -> int:
    """What is due goes to the bucket: claimed, copied outside of any transaction, and then forgotten here in the one
    that says where it is. Where the storage does not answer the first one waits some minutes, and the others for the
    next turn: 0."""
    now = timezone.now()
    due = Held.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", "name", "key", "due_at", "attempts")
    rows = list(due[:BATCH])
    for pk, name, key, due_at, attempts in rows:
        again = timezone.now() + min(CLAIM * (attempts + 1), LONGEST_WAIT)
        with transaction.atomic(durable=True):
            mine = Held.objects.filter(pk=pk, due_at=due_at).update(due_at=again, attempts=F("attempts") + 1)
        file = held.opened(name) if mine else None
        if file is None:
            continue
        try:
            with file:
                storage.keep(name, file)
        except OSError as error:
            log.warning("%s is held for now: %s %s", name, type(error).__name__, error)
            return 0
        _put(pk, name, key, again)
    return len(rows)


def _put(pk: int, name: str, key: uuid.UUID, claim: datetime) -> None:
    with transaction.atomic(durable=True):
        upload = Upload.objects.select_for_update(no_key=True).filter(key=key).first()
        pks = _pieces_of(name)
        ours = bool(Held.objects.filter(pk=pk, due_at=claim).delete()[0])
        if upload is None and storage.key_of(name):  # deleted meanwhile: what was stored since must go too
            removal.make_due([key])
        if upload is not None and upload.held:
            settle(upload)
    if ours:
        _clear(pks)
    elif not storage.key_of(name) and timezone.now() < claim:  # an archive, let go meanwhile: nobody else had the claim
        storage.drop(name)


def _pieces_of(name: str) -> list[int]:
    return list(Held.objects.filter(name=name).order_by("number").values_list("pk", flat=True))


def _clear(pks: list[int]) -> None:
    """In steps, by what they were: under the same name another attempt may be writing."""
    for start in range(0, len(pks), AT_ONCE):
        with transaction.atomic(durable=True):
            Held.objects.filter(pk__in=pks[start : start + AT_ONCE]).delete()


def _check_room(more: int) -> None:
    taken = cache.get_or_set("uploads:held", queries.held_bytes, COUNTED) or 0
    if taken + more > settings.MAX_HELD_BYTES:
        raise OSError(errno.ENOSPC, "too much waits for the bucket")


def settle(upload: Upload) -> None:
    """Of a locked row: where all that is shown of it lies in the bucket by now, its links lead there."""
    shown = storage.variants(upload.key)
    if not Held.objects.filter(key=upload.key, number=0, name__startswith=shown).exists():
        Upload.objects.filter(pk=upload.pk).update(held=False)
        upload.held = False


def wake_up() -> None:
    wake.after_commit("uploads.put_away")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece

"""What the clock does: what nobody uses goes, and no file is forgotten."""

import itertools
import logging
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from core.models import Pulse
from uploads import storage
from uploads.actions import attempts, removal
from uploads.actions.receiving import INTENT
from uploads.lanes import FILMS
from uploads.models import Held, Missing, Slot, Stored, Upload

log = logging.getLogger(__name__)
UNUSED = timedelta(hours=24)
LONGEST_WAIT = timedelta(hours=1)
YOUNG = timedelta(hours=1)
BATCH = 200


@transaction.atomic
def sweep_unused() -> int:
    """Deletes uploads that hang on nothing after a day, and slots that nobody has finished."""
    now = timezone.now()
    rows = Upload.objects.select_for_update(skip_locked=True).order_by("id")
    slots = Slot.objects.select_for_update(skip_locked=True).filter(created_at__lt=now - UNUSED).order_by("created_at")
    unused = rows.filter(attached_at__isnull=True, created_at__lt=now - UNUSED)[:BATCH]
    return removal.delete(list(unused)) + removal.delete_slots(list(slots[:BATCH]))


@transaction.atomic
def sweep_discarded() -> int:
    """Deletes uploads whose post (comment, profile) was deleted, or shows them no longer."""
    rows = Upload.objects.select_for_update(skip_locked=True).filter(discarded_at__lte=timezone.now())
    return removal.delete(list(rows.order_by("discarded_at")[:BATCH]))


@transaction.atomic
def sweep_stray() -> int:
    """Files whose upload went with its owner, by cascade, become due. Walks all keys, so once a day."""
    owned = Upload.objects.filter(key=OuterRef("key"))
    stray = Stored.objects.filter(~Exists(owned), due_at__isnull=True, created_at__lt=timezone.now() - INTENT)
    return stray.update(due_at=timezone.now() + removal.REMOVE_AFTER)


@transaction.atomic
def sweep_held() -> int:
    """Of uploads whose files have all left the database the links lead to the bucket. Pieces that were left behind when
    a process died go."""
    first = Held.objects.filter(name=OuterRef("name"), number=0)
    done = Upload.objects.filter(key=OuterRef("key"), state=Upload.State.READY, created_at__lt=timezone.now() - UNUSED)
    Held.objects.filter(~Exists(first), Exists(done)).delete()
    left = Held.objects.filter(key=OuterRef("key"), number=0, name__startswith=storage.SHOWN[0])
    return Upload.objects.filter(~Exists(left), held=True).update(held=False)


def sweep_storage() -> tuple[int, int]:
    """Walks what lies in storage beside the rows, both in the order of keys. Files without a row go: one stands before
    the first byte of every file, so what is listed first and has none afterwards will never get one. Of uploads that
    are ready and of which nothing is there the owner of the site hears (doctor). Returns how many of both there were.
    Copies in final/ of what is prepared already, which came too late, go as well, as does in temp/ what has no slot any
    more, and what a killed process has sent in parts."""
    storage.drop_unfinished(timezone.now() - UNUSED - YOUNG)
    begun, stray, lost = timezone.now(), 0, 0
    for folder in storage.FOLDERS:
        last = ""
        for some in _batches(storage.keys_in(folder)):
            listed = set(some)
            known = set(Stored.objects.filter(key__in=listed).values_list("key", flat=True))
            _forget_missing(listed)
            for key in sorted(listed - known):
                storage.drop_all(key)
                stray += 1
            if folder == storage.TEMP:
                stray += _drop_parts(known)
            if folder == storage.FINAL:
                stray += _drop_late(known)
            if folder in storage.SHOWN:
                lost += _note_missing(last, str(some[-1]), listed, begun)
                last = str(some[-1])
        if folder in storage.SHOWN:
            lost += _note_missing(last, "", set(), begun)
    return stray, lost


def sweep_originals() -> int:
    """Deletes originals that a process left behind when it died after its picture was ready."""
    left = Upload.objects.filter(state=Upload.State.READY, original=True).order_by("id")[:BATCH]
    for upload in left:
        attempts.drop_original(upload)
    return len(left)


@transaction.atomic
def note_films() -> None:
    """Somebody reads the queue of films."""
    Pulse.objects.update_or_create(name=FILMS.queue)


def remove_due_files() -> int:
    """Deletes files whose time has come: claimed, deleted outside of any transaction, then forgotten. Where the storage
    does not answer, the first one waits some minutes, and the others for the next turn: 0."""
    now = timezone.now()
    due = list(Stored.objects.filter(due_at__lte=now).order_by("due_at")[:BATCH])
    for row in due:
        again = now + min(removal.CLAIM * (row.attempts + 1), LONGEST_WAIT)
        with transaction.atomic(durable=True):
            mine = Stored.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=again, attempts=F("attempts") + 1)
        if not mine:
            continue
        try:
            with transaction.atomic(durable=True):
                Held.objects.filter(key=row.key).delete()
            storage.drop_all(row.key)
        except OSError as error:
            log.warning("files of %s stay for now: %s %s", row.key, type(error).__name__, error)
            return 0
        with transaction.atomic(durable=True):
            Stored.objects.filter(pk=row.pk, due_at=again).delete()
    return len(due)


def _drop_parts(keys: set[uuid.UUID]) -> int:
    """What was sent while its slot was taken over, or after that. Nobody reads it: it is listed first, and a slot that
    is gone then does not come back."""
    left = sorted(keys - set(Slot.objects.filter(key__in=keys).values_list("key", flat=True)))
    for key in left:
        storage.drop_parts(key)
    return len(left)


def _drop_late(keys: set[uuid.UUID]) -> int:
    """Copies of files whose upload has been prepared from another copy. Its claim is over for good by now."""
    done = Upload.objects.filter(key__in=keys, state=Upload.State.READY, original=False)
    late = list(done.order_by("key").values_list("key", flat=True))
    for key in late:
        storage.drop_originals(key)
    return len(late)


def _note_missing(after: str, until: str, listed: set[uuid.UUID], begun: datetime) -> int:
    """Of uploads between two keys that were ready before the walk began and of which nothing was listed."""
    rows = Upload.objects.filter(state=Upload.State.READY, discarded_at__isnull=True, held=False)
    rows = rows.filter(created_at__lt=begun - YOUNG)
    if after:
        rows = rows.filter(key__gt=after)
    if until:
        rows = rows.filter(key__lte=until)
    lost = 0
    for pk, key in rows.order_by("key").values_list("pk", "key").iterator(chunk_size=BATCH):
        if key not in listed and not storage.lies(key):
            with transaction.atomic(durable=True):
                if Upload.objects.filter(pk=pk, discarded_at__isnull=True).exists():
                    Missing.objects.bulk_create([Missing(upload_id=pk)], ignore_conflicts=True)
                    lost += 1
    return lost


def _forget_missing(found: set[uuid.UUID]) -> None:
    with transaction.atomic(durable=True):
        Missing.objects.filter(upload__key__in=found).delete()


def _batches(keys: Iterator[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    while some := list(itertools.islice(keys, BATCH)):
        yield some

"""What has arrived in a finished slot is taken over, to where nobody can send anything any more, and becomes an upload.

Waits for the storage: short transactions, marked durable. Killed at any line it is taken over once more, by another
claim, which has a copy of its own.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from core import realtime
from uploads import bucket, docks, frames, lanes, magic, reasons, registry, serializers, storage
from uploads.actions import attempts, checks, removal
from uploads.models import Slot, Stored, Upload

log = logging.getLogger(__name__)
CLAIM = timedelta(minutes=5)  # longer than taking over takes


def take_slot(*, slot_id: int) -> Upload | None:
    """One attempt, if one is due and nobody else is at it; None when it did not become an upload."""
    slot = _claim(slot_id)
    if slot is None:
        return None
    try:
        return _take_over(slot, docks.dock())
    except (FileNotFoundError, docks.Changed):
        _drop_copy(slot)
        _fail(slot, reasons.INCOMPLETE)
    except OSError as error:
        log.warning("slot %s: %s %s", slot.key, type(error).__name__, error)
        _fail(slot, reasons.FULL if bucket.is_full(error) else reasons.AWAY)
    return None


def _claim(slot_id: int) -> Slot | None:
    """Makes this process the only one at work on the row until `claimed_until`, which is also the proof at the end."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        due = Slot.objects.filter(pk=slot_id, due_at__lte=now, claimed_until__lte=now)
        claimed = due.update(claimed_until=now + CLAIM, due_at=now + CLAIM, attempts=F("attempts") + 1)
        slot = Slot.objects.get(pk=slot_id) if claimed else None
    if slot is not None and slot.attempts > attempts.ATTEMPTS:  # the workers of all attempts died
        _fail(slot, slot.reason or reasons.GAVE_UP)
        return None
    return slot


def _take_over(slot: Slot, dock: docks.Dock) -> Upload | None:
    _refuse_gaps(slot, dock.arrived(slot))
    found = dock.take(slot)
    try:
        type, width, height = checks.facts_of_head(registry.kind(slot.purpose), found, slot)
    except magic.Refused as refused:
        held, upload = _fail(slot, str(refused)), None
    else:
        upload = _become(slot, type=type, width=width, height=height)
        held = upload is not None or _fail(slot, reasons.LOST)
    if not held:  # deleted, swept or taken over by somebody else meanwhile
        _drop_copy(slot)
    if upload is not None:
        try:
            storage.drop_parts(slot.key)
        except OSError as error:  # the bucket's lifecycle, or the sweep of the storage
            log.warning("parts of %s stay: %s", slot.key, error)
    return upload


def _refuse_gaps(slot: Slot, arrived: dict[int, int]) -> None:
    if any(arrived.get(number) != slot.size_of(number) for number in range(1, slot.parts + 1)):
        raise FileNotFoundError
    if len(arrived) > slot.parts:
        raise docks.Changed


def _become(slot: Slot, **facts: Any) -> Upload | None:
    """The slot's upload, which a worker prepares; None for who no longer holds the claim, or whose day is over."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        if not _held(slot).delete()[0]:
            return None
        if not Stored.objects.filter(key=slot.key, due_at__gt=now).update(due_at=None):
            transaction.set_rollback(True)
            return None
        upload = Upload.objects.create(
            key=slot.key,
            owner_id=slot.owner_id,
            purpose=slot.purpose,
            public=registry.kind(slot.purpose).public,
            name=slot.name,
            alt=slot.alt,
            bytes=slot.bytes,
            state=Upload.State.RECEIVED,
            due_at=now,
            **facts,
            taken=slot.taking,
            medium=checks.medium_of(registry.kind(slot.purpose), facts["type"]),
        )
        lanes.wake(upload)
    return upload


def _drop_copy(slot: Slot) -> None:
    """Whole or not: nobody looks at it."""
    try:
        storage.drop(storage.original(slot.key, slot.taking))
    except OSError as error:  # the sweep of the storage
        log.warning("a copy of %s stays: %s", slot.key, error)


def _fail(slot: Slot, reason: str) -> bool:
    """Another attempt later, or the end of it: its owner hears why. What was refused for good goes at once. False for
    who no longer holds the claim."""
    now = timezone.now()
    again = reason in reasons.PASSING and slot.attempts < attempts.ATTEMPTS
    slot.reason, slot.due_at = reason, now + attempts.BACK_OFF[slot.attempts - 1] if again else None
    with transaction.atomic(durable=True):
        held = bool(_held(slot).update(reason=reason, due_at=slot.due_at, claimed_until=now))
        if held and slot.is_refused:
            removal.make_due([slot.key])
        if held and not again:
            realtime.push(f"user:{slot.owner_id}", frames.Failed(serializers.present(slot.upload)))
    return held


def _held(slot: Slot) -> QuerySet[Slot]:
    """The slot, while the claim on it is this process's."""
    return Slot.objects.filter(pk=slot.pk, claimed_until=slot.claimed_until)

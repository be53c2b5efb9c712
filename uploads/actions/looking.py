"""What the owner of a slot asks of a bucket: a worker asks it for them, and notes what it says until they come by.

Waits for the storage: short transactions, marked durable. Killed at any line it is done once more; what was begun twice
the sweep aborts.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from uploads import bucket, docks, reasons
from uploads.models import Slot

log = logging.getLogger(__name__)
CLAIM = timedelta(minutes=1)  # longer than the answer takes, and than the owner waits for it


def look_into_slot(*, slot_id: int) -> None:
    """Begins what comes in parts, and sees what has arrived, if somebody waits for that and nobody else is at it."""
    now = timezone.now()
    slot = Slot.objects.filter(pk=slot_id, asked_at__lte=now).first()
    if slot is None:
        return
    again = now + CLAIM
    with transaction.atomic(durable=True):
        mine = Slot.objects.filter(pk=slot.pk, asked_at=slot.asked_at).update(asked_at=again)
    if not mine:
        return
    seen: dict[str, Any]
    try:
        seen = {"parts": _arrived(slot, docks.dock())}
    except OSError as error:
        log.warning("slot %s: %s %s", slot.key, type(error).__name__, error)
        seen = {"reason": reasons.FULL if bucket.is_full(error) else reasons.AWAY}
    with transaction.atomic(durable=True):
        Slot.objects.filter(pk=slot.pk, asked_at=again).update(asked_at=None, seen=seen)


def _arrived(slot: Slot, dock: docks.Dock) -> dict[int, int]:
    if slot.parts == 1 or slot.multipart:
        return dock.arrived(slot)
    multipart = dock.begin(slot)
    with transaction.atomic(durable=True):
        # Whoever comes second uses what the first has begun.
        ours = Slot.objects.filter(pk=slot.pk, multipart="").update(multipart=multipart)
    if not ours:  # or it was called off meanwhile
        dock.abort(slot, multipart)
    return {}

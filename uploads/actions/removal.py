"""Parts of actions: rows that go, and with them what lies in storage."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from core import wake
from uploads.models import Held, Slot, Stored, Upload

CLAIM = timedelta(minutes=3)  # a worker's; longer than child.WALL_SECONDS and the way to storage and back together
REMOVE_AFTER = 2 * CLAIM  # a worker may still be writing variants


def delete(uploads: list[Upload]) -> int:
    """Locked rows, and what lies in storage: within seconds, or when whoever may be writing there has ended."""
    working = Upload.State.PROCESSING
    make_due([upload.key for upload in uploads if upload.state != working])
    make_due([upload.key for upload in uploads if upload.state == working], after=REMOVE_AFTER)
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).delete()
    return len(uploads)


def delete_slots(slots: list[Slot]) -> int:
    now = timezone.now()
    make_due([slot.key for slot in slots if slot.claimed_until <= now])
    make_due([slot.key for slot in slots if slot.claimed_until > now], after=REMOVE_AFTER)
    Slot.objects.filter(pk__in=[slot.pk for slot in slots]).delete()
    return len(slots)


def make_due(keys: Sequence[uuid.UUID], *, after: timedelta = timedelta(0)) -> None:
    """Rows say what goes and when, so nothing is forgotten; a worker is woken for what goes at once. What has not left
    the database goes with the transaction."""
    if not keys:
        return
    Held.objects.filter(key__in=keys).delete()
    due_at: datetime = timezone.now() + after
    Stored.objects.bulk_create(
        [Stored(key=key, due_at=due_at) for key in keys],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["due_at"],
    )
    wake.after_commit("uploads.remove")

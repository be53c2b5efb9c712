"""What the clock does: what nobody uses goes, and no file is forgotten."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from uploads import storage
from uploads.actions import attempts, removal
from uploads.actions.receiving import INTENT
from uploads.models import Stored, Upload

UNUSED = timedelta(hours=24)
DISCARDED = timedelta(days=30)
BATCH = 200


@transaction.atomic
def sweep_unused() -> int:
    """Deletes uploads that hang on nothing after a day, and those whose post was deleted 30 days ago."""
    now = timezone.now()
    rows = Upload.objects.select_for_update(skip_locked=True).order_by("id")
    unused = rows.filter(attached_at__isnull=True, created_at__lt=now - UNUSED)[:BATCH]
    discarded = rows.filter(discarded_at__lt=now - DISCARDED)[:BATCH]
    return removal.delete([*unused, *discarded])


@transaction.atomic
def sweep_stray() -> int:
    """Files whose upload went with its owner, by cascade, become due. Walks all keys, so once a day."""
    owned = Upload.objects.filter(key=OuterRef("key"))
    stray = Stored.objects.filter(~Exists(owned), due_at__isnull=True, created_at__lt=timezone.now() - INTENT)
    return stray.update(due_at=timezone.now() + removal.REMOVE_AFTER)


def sweep_originals() -> int:
    """Deletes originals that a process left behind when it died after its picture was ready."""
    left = Upload.objects.filter(state=Upload.State.READY, original=True).order_by("id")[:BATCH]
    for upload in left:
        attempts.drop_original(upload)
    return len(left)


def remove_due_files() -> int:
    """Deletes files whose time has come: claimed, deleted outside of any transaction, then forgotten."""
    now = timezone.now()
    due = list(Stored.objects.filter(due_at__lte=now).order_by("due_at")[:BATCH])
    for row in due:
        again = now + removal.CLAIM * (row.attempts + 1)
        with transaction.atomic(durable=True):
            mine = Stored.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=again, attempts=F("attempts") + 1)
        if mine:
            storage.drop_all(row.key)
            with transaction.atomic(durable=True):
                Stored.objects.filter(pk=row.pk, due_at=again).delete()
    return len(due)

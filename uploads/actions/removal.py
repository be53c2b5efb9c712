"""Parts of actions: rows that go, and with them what lies in storage."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from uploads.models import Stored, Upload

CLAIM = timedelta(minutes=3)  # a worker's; longer than child.WALL_SECONDS and the way to storage and back together
REMOVE_AFTER = 2 * CLAIM  # a worker may still be writing variants


def delete(uploads: list[Upload]) -> int:
    make_due([upload.key for upload in uploads])
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).delete()
    return len(uploads)


def make_due(keys: Sequence[uuid.UUID]) -> None:
    due_at: datetime = timezone.now() + REMOVE_AFTER
    Stored.objects.bulk_create(
        [Stored(key=key, due_at=due_at) for key in keys],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["due_at"],
    )

"""What the clock asks."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from uploads.models import Missing, Upload

LATE = timedelta(seconds=5)


def kept_pictures(owner_id: int) -> QuerySet[Upload]:
    """What a member has brought and what is ready, but what hung on something deleted."""
    return Upload.objects.filter(owner_id=owner_id, state=Upload.State.READY, discarded_at__isnull=True)


def due_upload_ids(*, late: timedelta = timedelta(0), limit: int = 100) -> list[int]:
    """Uploads to be prepared now, the longest waiting first; `late` ones have lost their wake-up or their worker."""
    due = Upload.objects.filter(due_at__lte=timezone.now() - late)
    return list(due.order_by("due_at").values_list("pk", flat=True)[:limit])


def missing_count() -> int:
    return Missing.objects.count()

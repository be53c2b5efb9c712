"""What the clock asks."""

from datetime import timedelta

from django.utils import timezone

from uploads.models import Upload

LATE = timedelta(seconds=5)


def overdue_upload_ids(*, limit: int = 100) -> list[int]:
    """Uploads whose wake-up was lost, whose worker died, or whose next attempt is due."""
    due = Upload.objects.filter(due_at__lte=timezone.now() - LATE)
    return list(due.order_by("due_at").values_list("pk", flat=True)[:limit])

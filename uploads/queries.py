"""What pages and the clock ask."""

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from core import errors
from uploads import access
from uploads.models import Upload

MOST = 100  # keys of one question
LATE = timedelta(seconds=5)


def kept_pictures(owner_id: int) -> QuerySet[Upload]:
    """What a member has brought and what is ready, but what hung on something deleted."""
    return Upload.objects.filter(owner_id=owner_id, state=Upload.State.READY, discarded_at__isnull=True)


def due_upload_ids(*, late: timedelta = timedelta(0), limit: int = 100) -> list[int]:
    """Uploads to be prepared now, the longest waiting first; `late` ones have lost their wake-up or their worker."""
    due = Upload.objects.filter(due_at__lte=timezone.now() - late)
    return list(due.order_by("due_at").values_list("pk", flat=True)[:limit])


def own_pictures(viewer: Any, keys: Sequence[Any]) -> list[Upload]:
    """Those of the viewer's ready pictures that have these keys, in no order. No query for none."""
    wanted = []
    for key in keys:
        with contextlib.suppress(errors.NotFound):
            wanted.append(access.as_key(key))
    if not wanted:
        return []
    return list(access.own_uploads(viewer).filter(key__in=wanted[:MOST], state=Upload.State.READY))

"""An upload is made ready: decoded in a child process, its variants stored.

Waits for the disk and the child: short transactions, marked durable. Killed at any line it is done once more.
"""

import logging
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core import wake
from uploads import reasons
from uploads.actions import attempts, removal
from uploads.models import Upload

log = logging.getLogger(__name__)


def process_upload(*, upload_id: int) -> Upload | None:
    """One attempt at preparing, if one is due and nobody else is at it; returns the row as it then is."""
    claimed = _claim(upload_id)
    if claimed is None:
        return Upload.objects.filter(pk=upload_id).first()
    try:
        return attempts.work(claimed)
    except OSError as error:
        log.warning("upload %s: %s %s", upload_id, type(error).__name__, error)
        return attempts.fail(claimed, reasons.AWAY)


@transaction.atomic
def retry_upload(*, actor: Any, upload_id: int) -> bool:
    """Staff gives a failed upload three more attempts; False if it did not fail or its file is gone."""
    rows = Upload.objects.filter(pk=upload_id, state=Upload.State.FAILED, original=True)
    again = rows.update(state=Upload.State.RECEIVED, reason="", attempts=0, due_at=timezone.now())
    wake.after_commit("uploads.process", str(upload_id))
    return bool(again)


def _claim(upload_id: int) -> Upload | None:
    """Makes this process the only one at work on the row until `due_at`, which is also the proof at the end."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        claimed = Upload.objects.filter(pk=upload_id, due_at__lte=now).update(
            state=Upload.State.PROCESSING, attempts=F("attempts") + 1, due_at=now + removal.CLAIM
        )
        if not claimed:
            return None
        upload = Upload.objects.get(pk=upload_id)
    if upload.attempts > attempts.ATTEMPTS:  # the workers of all attempts died
        attempts.fail(upload, upload.reason or reasons.GAVE_UP)
        return None
    return upload

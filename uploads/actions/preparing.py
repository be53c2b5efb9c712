"""An upload is made ready: decoded in a child process, its variants stored.

Waits for the disk and the child: short transactions, marked durable. Killed at any line it is done once more; a film
goes on with the step it was killed at.
"""

import logging
import uuid
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core import errors
from uploads import access, bucket, lanes, reasons
from uploads.actions import attempts, films, removal, slots
from uploads.models import Slot, Upload

log = logging.getLogger(__name__)


def process_upload(*, upload_id: int) -> Upload | None:
    """One attempt at preparing, if one is due and nobody else is at it; returns the row as it then is."""
    claimed = _claim(upload_id)
    if claimed is None:
        return Upload.objects.filter(pk=upload_id).first()
    try:
        if claimed.is_file:
            return attempts.keep(claimed)
        return films.work(claimed) if claimed.is_film else attempts.work(claimed)
    except OSError as error:
        log.warning("upload %s: %s %s", upload_id, type(error).__name__, error)
        return attempts.fail(claimed, reasons.FULL if bucket.is_full(error) else reasons.AWAY)


@transaction.atomic
def retry_upload(*, actor: Any, upload_id: int) -> bool:
    """Staff gives a failed upload three more attempts; False if it did not fail or its file is gone."""
    rows = Upload.objects.filter(pk=upload_id, state=Upload.State.FAILED, original=True)
    return _again(rows)


@transaction.atomic
def retry_own_upload(*, actor: Any, key: str | uuid.UUID) -> Upload:
    """Its owner gives it three more attempts, where those may help; Conflict if they cannot."""
    found = access.access_sent(actor, key, lock=True)
    if isinstance(found, Slot) and found.can_retry:
        return slots.finish_slot(actor=actor, key=key)
    if isinstance(found, Slot) or not (found.can_retry and _again(Upload.objects.filter(pk=found.pk))):
        raise errors.Conflict(_("Trying again would not help. Please upload it once more."))
    found.refresh_from_db()
    return found


def _again(rows: QuerySet[Upload]) -> bool:
    """A new start for one failed upload."""
    upload = rows.first()
    if upload is None:
        return False
    rows.update(state=Upload.State.RECEIVED, reason="", attempts=0, progress=0, due_at=timezone.now())
    lanes.wake(upload)
    return True


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

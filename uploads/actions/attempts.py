"""Parts of actions: one attempt at preparing an upload, by who has claimed it, outside of any transaction."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core import realtime
from uploads import child, frames, reasons, serializers, storage
from uploads.actions import removal
from uploads.models import Upload

Crop = tuple[float, float, float, float]  # left, top, width, height, in parts of the whole
ATTEMPTS = 3
BACK_OFF = (timedelta(seconds=20), timedelta(minutes=2))


def work(upload: Upload, *, shape: float | None = None, crop: Crop | None = None) -> Upload:
    """Outside of any transaction: fetch, decode in a child, store, then one short write."""
    try:
        with child.folder() as folder:
            digest = storage.fetch(upload.original_name, folder / "original")
            picture = child.run(folder, kind=upload.type, max_pixels=settings.MAX_IMAGE_PIXELS, shape=shape, crop=crop)
            for name in picture.variants:
                with (folder / f"{name}.webp").open("rb") as file:
                    storage.keep(storage.variant(upload.key, name), file)
    except FileNotFoundError:
        return fail(upload, reasons.LOST)
    except child.Failed as failed:
        return fail(upload, str(failed))
    return done(
        upload,
        sha256=digest,
        variants=picture.variants,
        width=picture.width,
        height=picture.height,
        color=picture.color,
        animated=picture.animated,
    )


def done(upload: Upload, **facts: Any) -> Upload:
    """Everything is stored: it can be used, and the file as it came goes."""
    ready = {"state": Upload.State.READY, "reason": "", "due_at": None}
    upload = _finish(upload, frames.Ready, **ready, **facts)
    if upload.is_ready:
        drop_original(upload)
    return upload


def fail(upload: Upload, reason: str) -> Upload:
    """Another attempt later, or the end of it."""
    if reason in reasons.PASSING and upload.attempts < ATTEMPTS:
        later = timezone.now() + BACK_OFF[upload.attempts - 1]
        return _finish(upload, None, state=Upload.State.RECEIVED, reason=reason, due_at=later)
    return _finish(upload, frames.Failed, state=Upload.State.FAILED, reason=reason, due_at=None)


def _finish(upload: Upload, said: type[frames.Ready | frames.Failed] | None, **changes: Any) -> Upload:
    """Writes what came out, if this process still holds the claim; who lost it changes nothing."""
    with transaction.atomic(durable=True):
        mine = Upload.objects.filter(pk=upload.pk, state=Upload.State.PROCESSING, due_at=upload.due_at)
        held = mine.update(**changes)
        fresh = Upload.objects.filter(pk=upload.pk).first()
        if fresh is None:  # deleted meanwhile: what was stored since must go too
            removal.make_due([upload.key])
        elif held and said and upload.owner_id:
            realtime.push(f"user:{upload.owner_id}", said(serializers.present(fresh)))
    return fresh or upload


def left(upload: Upload) -> Upload:
    """Somebody else has it by now. What was stored of an upload that is gone goes, too."""
    with transaction.atomic(durable=True):
        fresh = Upload.objects.filter(pk=upload.pk).first()
        if fresh is None:
            removal.make_due([upload.key])
    return fresh or upload


def drop_original(upload: Upload) -> None:
    storage.drop_originals(upload.key)
    with transaction.atomic(durable=True):
        Upload.objects.filter(pk=upload.pk).update(original=False)
    upload.original = False

"""Parts of actions: one attempt at preparing an upload, by who has claimed it, outside of any transaction."""

import uuid
from datetime import timedelta
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core import realtime
from uploads import child, frames, held, reasons, registry, serializers, storage
from uploads.actions import holding, removal
from uploads.models import Upload

Crop = tuple[float, float, float, float]  # left, top, width, height, in parts of the whole
ATTEMPTS = 3
BACK_OFF = (timedelta(seconds=20), timedelta(minutes=2))


def work(upload: Upload, *, shape: float | None = None, crop: Crop | None = None, hold: bool = False) -> Upload:
    """Outside of any transaction: fetch, decode in a child, store (`hold`: for who waits for no bucket), then one short
    write."""
    source = upload.original_name
    if upload.piece:
        source = storage.variant(uuid.UUID(upload.piece["of"]), upload.piece["variant"])
        shape, crop = registry.kind(upload.purpose).shape, upload.piece["crop"]
    try:
        with child.folder() as folder:
            digest = held.fetch(source, folder / "original")
            picture = child.run(folder, kind=upload.type, max_pixels=settings.MAX_IMAGE_PIXELS, shape=shape, crop=crop)
            for name in picture.variants:
                with (folder / f"{name}.webp").open("rb") as file:
                    _keep(upload, name, file, hold=hold)
    except FileNotFoundError:
        return fail(upload, reasons.LOST)
    except child.Failed as failed:
        return fail(upload, str(failed))
    return done(
        upload,
        held=hold and holding.is_needed(),
        sha256=digest,
        variants=picture.variants,
        width=picture.width,
        height=picture.height,
        color=picture.color,
        animated=picture.animated,
    )


def _keep(upload: Upload, name: str, file: IO[bytes], *, hold: bool) -> None:
    if hold:
        holding.keep(storage.variant(upload.key, name), file, key=upload.key)
    else:
        storage.keep(storage.variant(upload.key, name), file)


def keep(upload: Upload) -> Upload:
    """A file that is nothing to look into: its bytes are taken as they came, and nothing ever opens them."""
    try:
        with child.folder() as folder:
            digest = held.fetch(upload.original_name, folder / "original")
            with (folder / "original").open("rb") as file:
                storage.keep(storage.variant(upload.key, storage.FILE), file)
    except FileNotFoundError:
        return fail(upload, reasons.LOST)
    kept = {storage.FILE: {"w": 0, "h": 0, "bytes": upload.bytes}}
    return done(upload, sha256=digest, renditions=kept, progress=100)


def done(upload: Upload, **facts: Any) -> Upload:
    """Everything is stored: it can be used, and the file as it came goes."""
    ready = {"state": Upload.State.READY, "reason": "", "due_at": None}
    upload = _finish(upload, frames.Ready, **ready, **facts)
    if upload.is_ready and upload.original:
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
        ours = mine.update(**changes)
        fresh = Upload.objects.filter(pk=upload.pk).first()
        if fresh is None:  # deleted meanwhile: what was stored since must go too
            removal.make_due([upload.key])
        elif ours and said and upload.owner_id:
            realtime.push(f"user:{upload.owner_id}", said(serializers.present(fresh)))
        if ours and fresh is not None and fresh.held:
            holding.settle(fresh)
            holding.wake_up()
    return fresh or upload


def left(upload: Upload) -> Upload:
    """Somebody else has it by now. What was stored of an upload that is gone goes, too."""
    with transaction.atomic(durable=True):
        fresh = Upload.objects.filter(pk=upload.pk).first()
        if fresh is None:
            removal.make_due([upload.key])
    return fresh or upload


def drop_original(upload: Upload) -> None:
    """Of one that is held itself it was, too: there is nothing in the bucket, for which nobody waits here."""
    holding.let_go(upload.original_name)
    if not upload.held:
        storage.drop_originals(upload.key)
    with transaction.atomic(durable=True):
        Upload.objects.filter(pk=upload.pk).update(original=False)
    upload.original = False

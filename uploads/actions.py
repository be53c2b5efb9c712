"""Every write of uploads.

Some wait for the disk or a child process (receive, process, remove). They are not one transaction but several short
ones, marked durable: called inside a transaction they refuse. Killed at any line they leave rows that a sweep finds.
"""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import errors, realtime, wake
from uploads import access, child, magic, reasons, registry, serializers, storage
from uploads.models import Stored, Upload

log = logging.getLogger(__name__)
Crop = tuple[float, float, float, float]  # left, top, width, height, in parts of the whole

ATTEMPTS = 3
CLAIM = timedelta(minutes=3)  # longer than child.WALL_SECONDS and the way to storage and back together
BACK_OFF = (timedelta(seconds=20), timedelta(minutes=2))
INTENT = timedelta(hours=1)  # a file without a row for so long never gets one
UNUSED = timedelta(hours=24)
DISCARDED = timedelta(days=30)
REMOVE_AFTER = 2 * CLAIM  # a worker may still be writing variants
SLACK = 0.001  # of what browsers round
SMALLEST = 0.01
UNUSED_LIMIT = 60  # a member's uploads that hang on nothing yet
BATCH = 200


def receive_upload(
    *, actor: Any, purpose: str, file: IO[bytes], alt: str = "", name: str = "", max_bytes: int | None = None
) -> Upload:
    """Checks and keeps a file; a worker prepares it. Invalid or TooLarge name the field "file"."""
    return _receive(actor, purpose, file, alt, name, max_bytes, claimed=False)


def receive_ready_upload(
    *,
    actor: Any,
    purpose: str,
    file: IO[bytes],
    alt: str = "",
    name: str = "",
    max_bytes: int | None = None,
    crop: Crop | None = None,
) -> Upload:
    """The same and prepares it at once, for forms that work without script: ready, or Invalid with the reason. What has
    a shape by its purpose gets it: out of the middle of `crop`, or of the whole. `actor` is None for a worker that
    found it."""
    shape, crop = registry.kind(purpose).shape, _crop(crop)
    upload = _work(_receive(actor, purpose, file, alt, name, max_bytes, claimed=True), shape=shape, crop=crop)
    if not upload.is_ready:
        raise errors.Invalid(reasons.sentence(upload.reason), field="file")
    return upload


def cut_upload(*, actor: Any, key: str | uuid.UUID, purpose: str, crop: Crop | None = None) -> Upload:
    """A new ready upload in the purpose's shape, or of the crop's where it has none, cut out of the actor's ready one,
    which stays as it is, in use or not."""
    source = access.own_uploads(actor).filter(key=_key(key), purpose=purpose).first()
    if source is None:
        raise errors.NotFound(field="upload")
    _refuse_unready(source)
    try:
        with storage.open_variant(source.key, source.largest) as file:
            return receive_ready_upload(
                actor=actor, purpose=purpose, file=file, alt=source.alt, name=source.name, crop=crop
            )
    except FileNotFoundError:
        raise errors.Invalid(reasons.sentence(reasons.LOST), field="upload") from None


def process_upload(*, upload_id: int) -> Upload | None:
    """One attempt at preparing, if one is due and nobody else is at it; returns the row as it then is."""
    claimed = _claim(upload_id)
    if claimed is None:
        return Upload.objects.filter(pk=upload_id).first()
    try:
        return _work(claimed)
    except OSError as error:
        log.warning("upload %s: %s %s", upload_id, type(error).__name__, error)
        return _fail(claimed, reasons.AWAY)


@transaction.atomic
def attach_uploads(*, actor: Any, keys: Sequence[str | uuid.UUID], purpose: str, limit: int) -> list[Upload]:
    """Takes the actor's ready and unused uploads into use, in the order of `keys`. Errors name the field "uploads"."""
    wanted = list(dict.fromkeys(_key(key) for key in keys))
    if len(wanted) > limit:
        text = ngettext("One picture at most, please.", "%(limit)d pictures at most, please.", limit)
        raise errors.Invalid(text % {"limit": limit}, field="uploads")
    own = access.own_uploads(actor).filter(key__in=wanted, purpose=purpose)
    found = {upload.key: upload for upload in own.select_for_update().order_by("id")}
    if len(found) < len(wanted):
        raise errors.NotFound(field="uploads")
    uploads = [found[key] for key in wanted]
    for upload in uploads:
        _refuse_unusable(upload)
    now = timezone.now()
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).update(attached_at=now)
    for upload in uploads:
        upload.attached_at = now
    return uploads


@transaction.atomic
def attach_found_upload(*, actor: None, upload_id: int) -> bool:
    """Takes a ready upload of nobody's into use, which a worker received with `actor=None`; False if it is gone."""
    found = Upload.objects.filter(pk=upload_id, owner__isnull=True, state=Upload.State.READY, attached_at__isnull=True)
    return bool(found.update(attached_at=timezone.now()))


@transaction.atomic
def delete_found_uploads(*, actor: None, upload_ids: Sequence[int]) -> int:
    """Uploads of nobody's that hang on nothing any more."""
    rows = Upload.objects.select_for_update().filter(pk__in=upload_ids, owner__isnull=True)
    return _delete(list(rows.order_by("id")))


@transaction.atomic
def detach_uploads(*, actor: Any, upload_ids: Sequence[int]) -> int:
    """What these hung on was deleted by `actor` (its author, a moderator): the files go in 30 days. The caller has
    checked that actor may delete that; ids are its own rows', never a client's."""
    rows = Upload.objects.filter(pk__in=upload_ids, attached_at__isnull=False, discarded_at__isnull=True)
    return rows.update(discarded_at=timezone.now())


@transaction.atomic
def release_uploads(*, actor: None, upload_ids: Sequence[int]) -> int:
    """What these hung on lets go of them: they are unused again. Ids are the caller's own rows', never a client's."""
    return Upload.objects.filter(pk__in=upload_ids, attached_at__isnull=False).update(attached_at=None)


@transaction.atomic
def delete_upload(*, actor: Any, key: str | uuid.UUID) -> None:
    """The owner no longer wants an upload that is not in use."""
    upload = access.access_upload(actor, key, lock=True)
    if upload.attached_at:
        raise errors.Conflict(_("This picture is in use. Delete it where it is shown."))
    _delete([upload])


@transaction.atomic
def delete_uploads(*, actor: Any, owner_id: int, limit: int = BATCH) -> int:
    """A batch of what one member brought: erasure. The caller has checked that actor may ask for it."""
    return _delete(list(Upload.objects.select_for_update().filter(owner_id=owner_id).order_by("id")[:limit]))


@transaction.atomic
def describe_upload(*, actor: Any, key: str | uuid.UUID, alt: str) -> Upload:
    """Sets the words for those who do not see the picture."""
    upload = access.access_upload(actor, key, lock=True)
    upload.alt = _alt(alt)
    upload.save(update_fields=["alt"])
    return upload


@transaction.atomic
def retry_upload(*, actor: Any, upload_id: int) -> bool:
    """Staff gives a failed upload three more attempts; False if it did not fail or its file is gone."""
    rows = Upload.objects.filter(pk=upload_id, state=Upload.State.FAILED, original=True)
    again = rows.update(state=Upload.State.RECEIVED, reason="", attempts=0, due_at=timezone.now())
    wake.after_commit("uploads.process", str(upload_id))
    return bool(again)


# The clock


@transaction.atomic
def sweep_unused() -> int:
    """Deletes uploads that hang on nothing after a day, and those whose post was deleted 30 days ago."""
    now = timezone.now()
    rows = Upload.objects.select_for_update(skip_locked=True).order_by("id")
    unused = rows.filter(attached_at__isnull=True, created_at__lt=now - UNUSED)[:BATCH]
    discarded = rows.filter(discarded_at__lt=now - DISCARDED)[:BATCH]
    return _delete([*unused, *discarded])


@transaction.atomic
def sweep_stray() -> int:
    """Files whose upload went with its owner, by cascade, become due. Walks all keys, so once a day."""
    owned = Upload.objects.filter(key=OuterRef("key"))
    stray = Stored.objects.filter(~Exists(owned), due_at__isnull=True, created_at__lt=timezone.now() - INTENT)
    return stray.update(due_at=timezone.now() + REMOVE_AFTER)


def sweep_originals() -> int:
    """Deletes originals that a process left behind when it died after its picture was ready."""
    left = Upload.objects.filter(state=Upload.State.READY, original=True).order_by("id")[:BATCH]
    for upload in left:
        _drop_original(upload)
    return len(left)


def remove_due_files() -> int:
    """Deletes files whose time has come: claimed, deleted outside of any transaction, then forgotten."""
    now = timezone.now()
    due = list(Stored.objects.filter(due_at__lte=now).order_by("due_at")[:BATCH])
    for row in due:
        again = now + CLAIM * (row.attempts + 1)
        with transaction.atomic(durable=True):
            mine = Stored.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=again, attempts=F("attempts") + 1)
        if mine:
            storage.drop_all(row.key)
            with transaction.atomic(durable=True):
                Stored.objects.filter(pk=row.pk, due_at=again).delete()
    return len(due)


# Parts


def _receive(
    actor: Any, purpose: str, file: IO[bytes], alt: str, name: str, max_bytes: int | None, *, claimed: bool
) -> Upload:
    kind, alt = registry.kind(purpose), _alt(alt)
    if actor is not None:
        _refuse_hoard(actor)
    facts = _inspect(file, max_bytes or settings.MAX_IMAGE_BYTES)
    key = uuid.uuid4()
    # The intent stands before the first byte: if this process dies now, remove_due_files finds the file.
    with transaction.atomic(durable=True):
        Stored.objects.create(key=key, due_at=timezone.now() + INTENT)
    storage.keep(storage.original(key), file)
    now = timezone.now()
    with transaction.atomic(durable=True):
        if not Stored.objects.filter(key=key, due_at__gt=now).update(due_at=None):
            raise errors.Conflict(_("That took too long. Please upload it again."), field="file")
        upload = Upload.objects.create(
            key=key,
            owner_id=actor.pk if actor is not None else None,
            purpose=kind.name,
            public=kind.public,
            name=name.replace("\\", "/").rpartition("/")[2][:255],
            alt=alt,
            type=facts.type,
            bytes=facts.bytes,
            sha256=facts.sha256,
            width=facts.width,
            height=facts.height,
            state=Upload.State.PROCESSING if claimed else Upload.State.RECEIVED,
            attempts=1 if claimed else 0,
            due_at=now + CLAIM if claimed else now,
        )
        if not claimed:
            wake.after_commit("uploads.process", str(upload.pk))
    return upload


def _refuse_hoard(actor: Any) -> None:
    unused = Upload.objects.filter(owner_id=actor.pk, attached_at__isnull=True)[:UNUSED_LIMIT].count()
    if unused >= UNUSED_LIMIT:
        raise errors.TooMany(
            _("You have many pictures waiting. Use or delete some first."), field="file", retry_after=60
        )


def _inspect(file: IO[bytes], max_bytes: int) -> magic.Facts:
    try:
        return magic.inspect(file, max_bytes=max_bytes, max_pixels=settings.MAX_IMAGE_PIXELS)
    except magic.Refused as refused:
        kind = errors.TooLarge if str(refused) == reasons.TOO_LARGE else errors.Invalid
        raise kind(reasons.sentence(str(refused)), field="file") from None


def _alt(text: str) -> str:
    text = text.strip()
    if len(text) > Upload.ALT_LENGTH:
        limit = {"limit": Upload.ALT_LENGTH}
        raise errors.Invalid(_("Please describe it in %(limit)d characters or fewer.") % limit, field="alt")
    return text


def _key(text: str | uuid.UUID) -> uuid.UUID:
    try:
        return access.as_key(text)
    except errors.NotFound:
        raise errors.NotFound(field="uploads") from None


def _refuse_unready(upload: Upload) -> None:
    if upload.state == Upload.State.FAILED:
        raise errors.Invalid(reasons.sentence(upload.reason), field="uploads")
    if not upload.is_ready:
        raise errors.Conflict(_("A picture is still being prepared. One moment, please."), field="uploads")


def _refuse_unusable(upload: Upload) -> None:
    _refuse_unready(upload)
    if upload.attached_at:
        raise errors.Conflict(_("A picture is already in use elsewhere. Please upload it again."), field="uploads")


def _claim(upload_id: int) -> Upload | None:
    """Makes this process the only one at work on the row until `due_at`, which is also the proof at the end."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        claimed = Upload.objects.filter(pk=upload_id, due_at__lte=now).update(
            state=Upload.State.PROCESSING, attempts=F("attempts") + 1, due_at=now + CLAIM
        )
        if not claimed:
            return None
        upload = Upload.objects.get(pk=upload_id)
    if upload.attempts > ATTEMPTS:  # the workers of all attempts died
        _fail(upload, upload.reason or reasons.GAVE_UP)
        return None
    return upload


def _crop(crop: Crop | None) -> Crop | None:
    """A rectangle within the picture, in parts of its upright width and height."""
    if crop is None:
        return None
    x, y, width, height = (float(one) for one in crop)
    inside = x >= 0 and y >= 0 and x + width <= 1 + SLACK and y + height <= 1 + SLACK
    if not (inside and width >= SMALLEST and height >= SMALLEST):  # not a number is none of these
        raise errors.Invalid(_("This piece is not inside the picture."), field="crop")
    return x, y, width, height


def _work(upload: Upload, *, shape: float | None = None, crop: Crop | None = None) -> Upload:
    """Outside of any transaction: fetch, decode in a child, store, then one short write."""
    try:
        with child.folder() as folder:
            storage.fetch(storage.original(upload.key), folder / "original")
            picture = child.run(folder, kind=upload.type, max_pixels=settings.MAX_IMAGE_PIXELS, shape=shape, crop=crop)
            for name in picture.variants:
                with (folder / f"{name}.webp").open("rb") as file:
                    storage.keep(storage.variant(upload.key, name), file)
    except FileNotFoundError:
        return _fail(upload, reasons.LOST)
    except child.Failed as failed:
        return _fail(upload, str(failed))
    done = _finish(
        upload,
        "upload.ready",
        state=Upload.State.READY,
        reason="",
        due_at=None,
        variants=picture.variants,
        width=picture.width,
        height=picture.height,
        color=picture.color,
        animated=picture.animated,
    )
    if done.is_ready:
        _drop_original(done)
    return done


def _fail(upload: Upload, reason: str) -> Upload:
    """Another attempt later, or the end of it."""
    if reason in reasons.PASSING and upload.attempts < ATTEMPTS:
        later = timezone.now() + BACK_OFF[upload.attempts - 1]
        return _finish(upload, "", state=Upload.State.RECEIVED, reason=reason, due_at=later)
    return _finish(upload, "upload.failed", state=Upload.State.FAILED, reason=reason, due_at=None)


def _finish(upload: Upload, kind: str, **changes: Any) -> Upload:
    """Writes what came out, if this process still holds the claim; who lost it changes nothing."""
    with transaction.atomic(durable=True):
        mine = Upload.objects.filter(pk=upload.pk, state=Upload.State.PROCESSING, due_at=upload.due_at)
        held = mine.update(**changes)
        fresh = Upload.objects.filter(pk=upload.pk).first()
        if fresh is None:  # deleted meanwhile: what was stored since must go too
            _make_due([upload.key])
        elif held and kind and upload.owner_id:
            realtime.push(f"user:{upload.owner_id}", kind, serializers.present(fresh))
    return fresh or upload


def _drop_original(upload: Upload) -> None:
    storage.drop(storage.original(upload.key))
    with transaction.atomic(durable=True):
        Upload.objects.filter(pk=upload.pk).update(original=False)
    upload.original = False


def _delete(uploads: list[Upload]) -> int:
    _make_due([upload.key for upload in uploads])
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).delete()
    return len(uploads)


def _make_due(keys: Sequence[uuid.UUID]) -> None:
    due_at: datetime = timezone.now() + REMOVE_AFTER
    Stored.objects.bulk_create(
        [Stored(key=key, due_at=due_at) for key in keys],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["due_at"],
    )

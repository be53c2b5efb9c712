"""Files come in.

Waits for the disk and a child process, never for a bucket (holding.py): short transactions, marked durable, so that it
refuses inside another. Killed at any line it leaves rows that a sweep finds.
"""

import time
import uuid
from contextlib import nullcontext
from datetime import timedelta
from typing import IO, Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import errors, scratch
from uploads import access, lanes, magic, reasons, registry, storage
from uploads.actions import attempts, checks, holding, removal, troubles
from uploads.actions.attempts import Crop
from uploads.models import Stored, Upload

PATIENCE = 1.5  # seconds; a worker needs less than one
LOOK_EVERY = 0.1
INTENT = timedelta(hours=1)  # a file without a row for so long never gets one


def receive_upload(
    *, actor: Any, purpose: str, file: IO[bytes], alt: str = "", name: str = "", max_bytes: int | None = None
) -> Upload:
    """Checks and keeps a file; a worker prepares it. Invalid, TooLarge and Busy (the storage is away or full) name the
    field "file"."""
    with troubles.told():
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
    found it. All but pictures may take too long for that: it comes back as it is, and a worker prepares it."""
    shape, crop = registry.kind(purpose).shape, checks.inside(crop)
    with troubles.told() if actor is not None else nullcontext():
        upload = _receive(actor, purpose, file, alt, name, max_bytes, claimed=True)
        if upload.medium != Upload.Medium.PICTURE:
            return upload
        upload = attempts.work(upload, shape=shape, crop=crop, hold=True)
    if not upload.is_ready:
        raise errors.Invalid(reasons.sentence(upload.reason), field="file")
    return upload


def cut_upload(*, actor: Any, key: str | uuid.UUID, purpose: str, crop: Crop | None = None) -> Upload:
    """A new ready upload in the purpose's shape, cut out of the actor's ready one, which stays as it is. Out of one in
    a bucket a worker cuts it: perhaps it is not ready yet, and who asks again gets the same one."""
    source = access.own_uploads(actor).filter(key__in=access.as_keys([key]), purpose=purpose).first()
    if source is None:
        raise errors.NotFound(field="upload")
    checks.refuse_unready(source)
    if holding.is_needed():
        return _ordered(actor, source, checks.inside(crop))
    try:
        with troubles.told(), storage.open_variant(source.key, source.largest) as file:
            return receive_ready_upload(
                actor=actor, purpose=purpose, file=file, alt=source.alt, name=source.name, crop=crop
            )
    except FileNotFoundError:
        raise errors.Invalid(reasons.sentence(reasons.LOST), field="upload") from None


def _ordered(actor: Any, source: Upload, crop: Crop | None) -> Upload:
    """A worker cuts it. Waits a moment for that, as the actor does, by looking at the row."""
    piece = {"of": str(source.key), "variant": source.largest, "crop": crop and list(crop)}
    with transaction.atomic(durable=True):
        checks.in_turn(actor)  # whoever asks twice at once gets one
        access.access_upload(actor, source.key, lock=True)
        known = access.own_uploads(actor).filter(purpose=source.purpose, attached_at__isnull=True, piece=piece)
        upload = known.exclude(state=Upload.State.FAILED).first() or _order(actor, source, piece)
    end = time.monotonic() + PATIENCE
    while upload.due_at is not None and time.monotonic() < end:
        if not connection.in_atomic_block:
            connection.close()  # somebody else can use it meanwhile
        time.sleep(LOOK_EVERY)
        upload = access.access_upload(actor, upload.key)
    if upload.state == Upload.State.FAILED:
        raise errors.Invalid(reasons.sentence(upload.reason), field="upload")
    return upload


def _order(actor: Any, source: Upload, piece: dict[str, Any]) -> Upload:
    size = source.variants[source.largest]["bytes"]
    checks.refuse_hoard(actor, more=size)
    key = uuid.uuid4()
    Stored.objects.create(key=key)
    upload = Upload.objects.create(
        key=key,
        owner_id=actor.pk,
        purpose=source.purpose,
        public=source.public,
        name=source.name,
        alt=source.alt,
        type=storage.content_type(f".{storage.ending(source.largest)}"),
        bytes=size,
        piece=piece,
        original=False,
    )
    lanes.wake(upload)
    return upload


def _receive(
    actor: Any, purpose: str, file: IO[bytes], alt: str, name: str, max_bytes: int | None, *, claimed: bool
) -> Upload:
    kind, alt = registry.kind(purpose), checks.described(alt)
    if actor is not None:
        checks.refuse_hoard(actor)
    facts = checks.facts_of(file, kind, max_bytes)
    medium = Upload.Medium(checks.medium_of(kind, facts.type))
    claimed = claimed and medium == Upload.Medium.PICTURE
    key = uuid.uuid4()
    # The intent stands before the first byte: if this process dies now, remove_due_files finds the file.
    with transaction.atomic(durable=True):
        Stored.objects.create(key=key, due_at=timezone.now() + INTENT)
    scratch.check_room(facts.bytes)
    holding.keep(storage.original(key), file, key=key, after=holding.SOON)
    try:
        return _listed(actor, kind, key, facts, claimed=claimed, name=checks.plain_name(name), alt=alt, medium=medium)
    except (errors.TooMany, errors.TooLarge):  # others came meanwhile
        with transaction.atomic(durable=True):
            removal.make_due([key])
        raise


def _listed(
    actor: Any, kind: registry.Kind, key: uuid.UUID, facts: magic.Facts, *, claimed: bool, **said: Any
) -> Upload:
    """The row of a file that is kept."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        if actor is not None:
            checks.in_turn(actor)
            checks.refuse_hoard(actor, more=facts.bytes)
        if not Stored.objects.filter(key=key, due_at__gt=now).update(due_at=None):
            raise errors.Conflict(_("That took too long. Please upload it again."), field="file")
        upload = Upload.objects.create(
            key=key,
            owner_id=actor.pk if actor is not None else None,
            purpose=kind.name,
            public=kind.public,
            type=facts.type,
            bytes=facts.bytes,
            sha256=facts.sha256,
            width=facts.width,
            height=facts.height,
            state=Upload.State.PROCESSING if claimed else Upload.State.RECEIVED,
            attempts=1 if claimed else 0,
            due_at=now + removal.CLAIM if claimed else now,
            **said,
        )
        if not claimed:
            lanes.wake(upload)
    return upload

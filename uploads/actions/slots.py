"""Files on their way, straight to the storage: a slot is opened, filled by whoever has its addresses, and finished:
then a worker takes it over (taking.py).

Where parts are begun or listed it waits for the storage, so these are short transactions, marked durable.
"""

import uuid
from datetime import timedelta
from typing import Any, Protocol

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from core import errors, scratch, wake
from uploads import access, docks, reasons, registry, storage
from uploads.actions import checks, removal, troubles
from uploads.models import Slot, Stored, Upload

LASTS = timedelta(hours=24)


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def open_slot(*, actor: Any, purpose: str, name: str, type: str, bytes: int, alt: str = "") -> Slot:
    """A place for a file of exactly so many bytes. Errors name the field."""
    kind, alt = registry.kind(purpose), checks.described(alt)
    checks.refuse_size(kind, type, bytes)
    dock = docks.dock()
    slot = Slot(
        owner_id=actor.pk,
        purpose=kind.name,
        name=checks.plain_name(name),
        alt=alt,
        type=type[:100],
        bytes=bytes,
        part_bytes=dock.part_bytes(bytes),
    )
    # The intent stands before the first byte: whatever comes, remove_due_files finds it.
    with transaction.atomic(durable=True):
        # Two at once would each see room for itself.
        get_user_model().objects.select_for_update(no_key=True).filter(pk=actor.pk).first()
        checks.refuse_hoard(actor, more=bytes)
        Stored.objects.create(key=slot.key, due_at=slot.created_at + LASTS)
        slot.save(force_insert=True)
    return _begun(slot, dock)


def renew_slot(*, actor: Any, key: str | uuid.UUID) -> tuple[Slot, dict[int, int]]:
    """One's own slot and the bytes of the parts that have arrived: for who goes on after a lost connection."""
    slot, dock = access.access_slot(actor, key), docks.dock()
    _refuse_over(slot)
    slot = _begun(slot, dock)
    with troubles.told():
        return slot, dock.arrived(slot)


def receive_part(*, key: uuid.UUID, number: int, body: Readable) -> None:
    """A part that is sent to us, where files lie with us. Sent again it takes the place of what was there."""
    slot = Slot.objects.filter(key=key).first()
    if slot is None or slot.created_at < timezone.now() - LASTS:
        raise errors.NotFound
    wanted = slot.size_of(number)
    piece = body.read(wanted + 1) if wanted else b""
    if not wanted or len(piece) != wanted:
        raise errors.Invalid(reasons.sentence(reasons.WRONG_SIZE), field="file")
    with troubles.told():
        scratch.check_room(wanted)
        storage.keep_part(slot.key, number, piece)


@transaction.atomic
def finish_slot(*, actor: Any, key: str | uuid.UUID) -> Upload:
    """Everything is sent, says its owner: a worker takes it over, and this waits for nothing. The same answer however
    often; what becomes of it says the upload of this key."""
    slot = access.own_slots(actor).select_for_update().filter(key=access.as_key(key)).first()
    if slot is None:  # it became the upload in one transaction
        return access.access_upload(actor, key)
    _refuse_over(slot)
    if slot.due_at is None:
        slot.due_at, slot.reason, slot.attempts = timezone.now(), "", 0
        slot.save(update_fields=["due_at", "reason", "attempts"])
    wake.after_commit("uploads.take", str(slot.pk))
    upload: Upload = slot.upload
    return upload


@transaction.atomic
def delete_slot(*, actor: Any, key: str | uuid.UUID) -> None:
    """The owner no longer wants to send it."""
    slot = access.access_slot(actor, key, lock=True)
    removal.delete_slots([slot])


def _begun(slot: Slot, dock: docks.Dock) -> Slot:
    if slot.parts == 1 or slot.multipart:
        return slot
    with troubles.told():
        multipart = dock.begin(slot)
    if multipart:
        with transaction.atomic(durable=True):
            # Whoever comes second uses what the first has begun; the sweep aborts the other.
            Slot.objects.filter(pk=slot.pk, multipart="").update(multipart=multipart)
            slot = Slot.objects.filter(pk=slot.pk).first() or slot
    return slot


def _refuse_over(slot: Slot) -> None:
    if slot.is_refused:
        raise errors.Invalid(reasons.sentence(slot.reason), field="file")
    if slot.created_at < timezone.now() - LASTS:
        raise errors.NotFound

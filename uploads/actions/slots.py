"""Files on their way, straight to the storage: a slot is opened, filled by whoever has its addresses, and finished:
then a worker takes it over (taking.py).

No request waits for a bucket: what must be asked of it a worker asks (looking.py), and the owner comes by again. Where
files lie with us a request looks by itself.
"""

import uuid
from datetime import timedelta
from typing import Any, Protocol

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
    if dock.waits and slot.parts > 1:
        slot.asked_at = slot.created_at
    # The intent stands before the first byte: whatever comes, remove_due_files finds it.
    with transaction.atomic(durable=True):
        checks.in_turn(actor)
        checks.refuse_hoard(actor, more=bytes, field="bytes")
        Stored.objects.create(key=slot.key, due_at=slot.created_at + LASTS)
        slot.save(force_insert=True)
        if slot.asked_at:
            wake.after_commit("uploads.look", str(slot.pk))
    return slot


def renew_slot(*, actor: Any, key: str | uuid.UUID) -> tuple[Slot, dict[int, int]]:
    """One's own slot and the bytes of the parts that have arrived: for who goes on after a lost connection. While a
    worker is asked (`slot.asked_at`) nothing is known of them. What it saw is said once: who comes after that asks
    anew."""
    slot, dock = access.access_slot(actor, key), docks.dock()
    if not dock.waits:
        _refuse_over(slot)
        with troubles.told():
            return slot, dock.arrived(slot)
    with transaction.atomic(durable=True):
        slot = access.access_slot(actor, key, lock=True)
        _refuse_over(slot)
        seen, slot.seen = slot.seen, None
        if seen is not None:
            slot.save(update_fields=["seen"])
        elif slot.asked_at is None:
            slot.asked_at = timezone.now()
            slot.save(update_fields=["asked_at"])
            wake.after_commit("uploads.look", str(slot.pk))
    if seen and "reason" in seen:
        raise errors.Busy(reasons.sentence(seen["reason"]), field="file")
    return slot, {int(number): size for number, size in (seen or {}).get("parts", {}).items()}


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


def _refuse_over(slot: Slot) -> None:
    if slot.is_refused:
        raise errors.Invalid(reasons.sentence(slot.reason), field="file")
    if slot.created_at < timezone.now() - LASTS:
        raise errors.NotFound

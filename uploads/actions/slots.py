"""Files on their way, straight to the storage: a slot is opened, filled by whoever has its addresses, and finished.

Waits for the storage, so these are short transactions, marked durable. Killed at any line: the slot can be finished
again, or goes after a day with what lies there.
"""

import logging
import uuid
from datetime import timedelta
from typing import Any, Protocol

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core import errors, scratch
from uploads import access, docks, lanes, magic, reasons, registry, storage
from uploads.actions import checks, removal, troubles
from uploads.models import Slot, Stored, Upload

log = logging.getLogger(__name__)
LASTS = timedelta(hours=24)
CLAIM = timedelta(minutes=5)  # longer than taking over takes


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


def finish_slot(*, actor: Any, key: str | uuid.UUID) -> Upload:
    """Takes over what has arrived, from where nobody can send anything any more. The same answer however often."""
    slot = access.own_slots(actor).filter(key=access.as_key(key)).first()
    if slot is None:  # it became the upload in one transaction
        return access.access_upload(actor, key)
    _refuse_over(slot)
    if not _claim(slot):
        raise errors.Conflict(_("Your file is just being taken over. One moment, please."))
    try:
        return _take_over(slot, docks.dock())
    except (errors.SocialError, OSError):
        _let_go(slot)
        raise


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
    if slot.reason:
        raise errors.Invalid(reasons.sentence(slot.reason), field="file")
    if slot.created_at < timezone.now() - LASTS:
        raise errors.NotFound


def _claim(slot: Slot) -> bool:
    now = timezone.now()
    with transaction.atomic(durable=True):
        claimed = Slot.objects.filter(pk=slot.pk, claimed_until__lte=now).update(claimed_until=now + CLAIM)
    slot.claimed_until = now + CLAIM
    return bool(claimed)


def _let_go(slot: Slot) -> None:
    with transaction.atomic(durable=True):
        _held(slot).update(claimed_until=timezone.now())


def _take_over(slot: Slot, dock: docks.Dock) -> Upload:
    try:
        with troubles.told():
            _refuse_gaps(slot, dock.arrived(slot))
            found = dock.take(slot)
    except (FileNotFoundError, docks.Changed):
        _drop_copy(slot)
        raise errors.Conflict(_("Not everything has arrived yet. Please send the rest, then try again.")) from None
    try:
        type, width, height = checks.facts_of_head(registry.kind(slot.purpose), found, slot)
    except magic.Refused as refused:
        if _refuse_for_good(slot, str(refused)):
            raise errors.Invalid(reasons.sentence(str(refused)), field="file") from None
        upload = None
    else:
        upload = _become(slot, type=type, width=width, height=height)
    if upload is None:  # deleted, swept or taken over by somebody else meanwhile
        _drop_copy(slot)
        raise errors.Conflict(_("That took too long. Please upload it again."), field="file")
    try:
        storage.drop_parts(slot.key)
    except OSError as error:  # the bucket's lifecycle, or the sweep
        log.warning("parts of %s stay: %s", slot.key, error)
    return upload


def _refuse_gaps(slot: Slot, arrived: dict[int, int]) -> None:
    if any(arrived.get(number) != slot.size_of(number) for number in range(1, slot.parts + 1)):
        raise FileNotFoundError
    if len(arrived) > slot.parts:
        raise docks.Changed


def _become(slot: Slot, **facts: Any) -> Upload | None:
    """The slot's upload, which a worker prepares; None for who no longer holds the claim."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        if not _held(slot).delete()[0]:
            return None
        if not Stored.objects.filter(key=slot.key, due_at__gt=now).update(due_at=None):
            transaction.set_rollback(True)
            return None
        upload = Upload.objects.create(
            key=slot.key,
            owner_id=slot.owner_id,
            purpose=slot.purpose,
            public=registry.kind(slot.purpose).public,
            name=slot.name,
            alt=slot.alt,
            bytes=slot.bytes,
            state=Upload.State.RECEIVED,
            due_at=now,
            **facts,
            taken=slot.taking,
            medium=magic.medium_of(facts["type"]),
        )
        lanes.wake(upload)
    return upload


def _drop_copy(slot: Slot) -> None:
    """Whole or not: nobody looks at it."""
    try:
        storage.drop(storage.original(slot.key, slot.taking))
    except OSError as error:  # the sweep of the storage
        log.warning("a copy of %s stays: %s", slot.key, error)


def _refuse_for_good(slot: Slot, reason: str) -> bool:
    """What came goes at once; why, the owner can read until the slot goes. False for who no longer holds the claim."""
    with transaction.atomic(durable=True):
        held = bool(_held(slot).update(reason=reason))
        if held:
            removal.make_due([slot.key])
    return held


def _held(slot: Slot) -> QuerySet[Slot]:
    """The slot, while the claim on it is this process's."""
    return Slot.objects.filter(pk=slot.pk, claimed_until=slot.claimed_until)

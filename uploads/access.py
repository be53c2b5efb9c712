"""Who may see an upload: its owner, and whoever may see what it hangs on."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from core import errors
from uploads import registry
from uploads.models import Slot, Upload


def own_uploads(viewer: Any) -> QuerySet[Upload]:
    """The viewer's own, but those whose post is deleted."""
    if viewer is None or not viewer.is_authenticated:
        return Upload.objects.none()
    return Upload.objects.filter(owner_id=viewer.pk, discarded_at__isnull=True)


def visible_uploads(viewer: Any) -> QuerySet[Upload]:
    """The viewer's own, and those in use that the rooms which use them let the viewer see."""
    seen = Q(pk__in=own_uploads(viewer).values("pk"))
    for kind in registry.kinds.values():
        used = Upload.objects.filter(purpose=kind.name, attached_at__isnull=False, discarded_at__isnull=True)
        seen |= Q(pk__in=kind.visible(viewer, used).values("pk"))
    return Upload.objects.filter(seen)


def access_upload(viewer: Any, key: str | uuid.UUID, *, to: str = "change", lock: bool = False) -> Upload:
    """The upload with this key, to "see" it or (owners only) to "change" it; NotFound if hidden or absent."""
    uploads = visible_uploads(viewer) if to == "see" else own_uploads(viewer)
    try:
        return (uploads.select_for_update(of=("self",)) if lock else uploads).get(key=as_key(key))
    except Upload.DoesNotExist:
        raise errors.NotFound from None


def own_slots(viewer: Any) -> QuerySet[Slot]:
    if viewer is None or not viewer.is_authenticated:
        return Slot.objects.none()
    return Slot.objects.filter(owner_id=viewer.pk)


def access_slot(viewer: Any, key: str | uuid.UUID, *, lock: bool = False) -> Slot:
    """The viewer's own slot; NotFound for everybody else's, as if it were absent."""
    slots = own_slots(viewer)
    try:
        return (slots.select_for_update() if lock else slots).get(key=as_key(key))
    except Slot.DoesNotExist:
        raise errors.NotFound from None


def access_sent(viewer: Any, key: str | uuid.UUID, *, lock: bool = False) -> Upload | Slot:
    """The viewer's own upload, or the finished slot that is to become it."""
    slots = own_slots(viewer)
    slot = (
        (slots.select_for_update() if lock else slots).filter(key=as_key(key)).first()
    )  # first: it becomes the upload
    return slot if slot is not None and slot.is_finished else access_upload(viewer, key, lock=lock)


def as_key(text: str | uuid.UUID) -> uuid.UUID:
    """A key as it came from a client; rubbish is NotFound like an absent one."""
    try:
        return text if isinstance(text, uuid.UUID) else uuid.UUID(text)
    except (ValueError, AttributeError, TypeError):
        raise errors.NotFound from None


def as_keys(given: Iterable[str | uuid.UUID]) -> list[uuid.UUID]:
    """The same for several; NotFound names the field "uploads"."""
    try:
        return [as_key(one) for one in given]
    except errors.NotFound:
        raise errors.NotFound(field="uploads") from None

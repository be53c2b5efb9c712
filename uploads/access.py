"""Who may see an upload: its owner, and whoever may see what it hangs on."""

import functools
import operator
import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from core import errors
from uploads import registry
from uploads.models import Slot, Upload


def own_uploads(viewer: Any) -> QuerySet[Upload]:
    """The viewer's own, but those whose post is deleted."""
    if viewer is None or not viewer.is_authenticated:
        return Upload.objects.none()
    return Upload.objects.filter(owner_id=viewer.pk, discarded_at__isnull=True)


def visible_uploads(viewer: Any, among: QuerySet[Upload] | None = None) -> QuerySet[Upload]:
    """The viewer's own, and those in use that the rooms which use them, or others for their reasons, let the viewer
    see. `among`: who asks for few says which, so that no room walks all of its own."""
    among = Upload.objects.all() if among is None else among
    seen = Q(pk__in=own_uploads(viewer).values("pk"))
    used = among.filter(attached_at__isnull=False, discarded_at__isnull=True)
    for kind in registry.kinds.values():
        seen |= Q(pk__in=kind.visible(viewer, used.filter(purpose=kind.name)).values("pk"))
    for oversees in registry.overseers:
        seen |= Q(pk__in=oversees(viewer, used).values("pk"))
    return Upload.objects.filter(seen)


def visible_card_pictures(viewer: Any, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Pictures of links' cards, for whoever may see something that shows the card."""
    nowhere = Q(pk__in=[])
    return uploads.filter(functools.reduce(operator.or_, (room.shows(viewer) for room in registry.card_rooms), nowhere))


def access_upload(viewer: Any, key: str | uuid.UUID, *, to: str = "change", lock: bool = False) -> Upload:
    """The upload with this key, to "see" it or (owners only) to "change" it; NotFound if hidden or absent. Its links
    end with what shows it."""
    asked = Upload.objects.filter(key=as_key(key))
    uploads = visible_uploads(viewer, asked) if to == "see" else own_uploads(viewer)
    try:
        found = (uploads.select_for_update(of=("self",)) if lock else uploads).get(key=as_key(key))
    except Upload.DoesNotExist:
        raise errors.NotFound from None
    kind = registry.kinds.get(found.purpose)
    if kind and kind.ends and found.attached_at:
        found.ends_at = kind.ends(viewer, found)
        if found.ends_at is not None and found.ends_at <= timezone.now():
            raise errors.NotFound
    return found


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

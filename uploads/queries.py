"""What pages and the clock ask."""

import contextlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, QuerySet, Sum
from django.db.models.functions import Length
from django.utils import timezone

from core import errors
from core.models import Pulse
from uploads import access
from uploads.lanes import FILMS, Lane
from uploads.models import Caption, Held, LinkPreview, Missing, Slot, Stored, Upload

MOST = 100  # keys of one question
LATE = timedelta(seconds=5)


def kept_pictures(owner_id: int) -> QuerySet[Upload]:
    """What a member has brought and what is ready, but what hung on something deleted."""
    return Upload.objects.filter(owner_id=owner_id, state=Upload.State.READY, discarded_at__isnull=True)


def sent_upload(viewer: Any, key: str | uuid.UUID) -> Upload:
    """How far one's own is, from the moment that everything is sent."""
    found = access.access_sent(viewer, key)
    return found.upload if isinstance(found, Slot) else found


def due_slot_ids(*, late: timedelta = timedelta(0), limit: int = 100) -> list[int]:
    """Finished slots to be taken over now, the longest waiting first."""
    due = Slot.objects.filter(due_at__lte=timezone.now() - late)
    return list(due.order_by("due_at").values_list("pk", flat=True)[:limit])


def asked_slot_ids(*, late: timedelta = timedelta(0), limit: int = 100) -> list[int]:
    """Slots whose owners wait for what the bucket says, the longest waiting first."""
    asked = Slot.objects.filter(asked_at__lte=timezone.now() - late)
    return list(asked.order_by("asked_at").values_list("pk", flat=True)[:limit])


def is_held_due() -> bool:
    """Something is to go to the bucket now."""
    return Held.objects.filter(due_at__lte=timezone.now()).exists()


def held_in_vain() -> int:
    """How many files the bucket has not taken, though it was tried."""
    return Held.objects.filter(due_at__isnull=False, attempts__gt=1).count()


def held_bytes() -> int:
    """What waits in the database for the bucket. No file is read for that."""
    return int(Held.objects.aggregate(sum=Sum(Length("body")))["sum"] or 0)


def held_since() -> datetime | None:
    """When the oldest upload of which something waits was begun."""
    waiting = Stored.objects.filter(key__in=Held.objects.values("key"))
    begun: datetime | None = waiting.aggregate(first=Min("created_at"))["first"]
    return begun


def due_upload_ids(lane: Lane | None = None, *, late: timedelta = timedelta(0), limit: int = 100) -> list[int]:
    """Uploads to be prepared now, the longest waiting first; of one lane or all. `late` ones have lost their wake-up or
    their worker."""
    due = Upload.objects.filter(due_at__lte=timezone.now() - late)
    if lane:
        due = due.filter(medium__in=lane.media)
    return list(due.order_by("due_at").values_list("pk", flat=True)[:limit])


def own_pictures(viewer: Any, keys: Sequence[Any]) -> list[Upload]:
    """Those of the viewer's ready pictures that have these keys, in no order. No query for none."""
    wanted = []
    for key in keys:
        with contextlib.suppress(errors.NotFound):
            wanted.append(access.as_key(key))
    if not wanted:
        return []
    return list(access.own_uploads(viewer).filter(key__in=wanted[:MOST], state=Upload.State.READY))


def caption(key: uuid.UUID, id: int) -> Caption | None:
    return Caption.objects.filter(pk=id, upload__key=key).first()


def captions_of(upload: Upload) -> list[Caption]:
    """With their words."""
    return list(Caption.objects.filter(upload=upload).order_by("language"))


def films_seen_at() -> datetime | None:
    """When the queue of films was last read."""
    return Pulse.objects.filter(name=FILMS.queue).values_list("at", flat=True).first()


def are_films_seen(*, within: timedelta) -> bool:
    seen = films_seen_at()
    return seen is not None and seen > timezone.now() - within


def films_at_work() -> bool:
    """Somebody has a claim on one, and reads nothing else meanwhile."""
    films = Upload.objects.filter(medium__in=FILMS.media, state=Upload.State.PROCESSING)
    return films.filter(due_at__gt=timezone.now()).exists()


def missing_count() -> int:
    return Missing.objects.count()


def are_previews_due() -> bool:
    return LinkPreview.objects.filter(due_at__lte=timezone.now()).exists()


def previews_waiting(*, since: datetime) -> int:
    """How many cards of links should have been fetched before `since`."""
    return LinkPreview.objects.filter(due_at__lte=since).count()

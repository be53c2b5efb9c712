"""The screens of drafts and scheduled posts, and what the clock asks."""

from django.utils import timezone

from accounts.access.people import Viewer
from accounts.models.people import User
from core import paging
from core.paging import Page
from feed.access import drafts as draft_access
from feed.models.drafts import Draft

PAGE = 20


def drafts(viewer: User, cursor: str = "") -> Page[Draft]:
    """What the viewer keeps and has not scheduled, the latest saved first."""
    rows = draft_access.own_drafts(viewer).filter(is_kept=True, publish_at__isnull=True)
    rows = rows.prefetch_related("pictures__upload")
    return paging.page(rows, cursor=cursor, size=PAGE, by=("-updated_at", "-id"))


def scheduled(viewer: User, cursor: str = "") -> Page[Draft]:
    """What waits for its time, the next first; what was refused then stands above by its time."""
    rows = draft_access.own_drafts(viewer).filter(publish_at__isnull=False).prefetch_related("pictures__upload")
    return paging.page(rows, cursor=cursor, size=PAGE, by=("publish_at", "id"))


def in_composer(viewer: Viewer) -> Draft | None:
    """What the viewer has begun to write, on whatever device."""
    return draft_access.own_drafts(viewer).filter(is_kept=False).prefetch_related("pictures__upload").first()


def due_ids(limit: int = 100) -> list[int]:
    """Scheduled posts whose time has come, the longest waiting first."""
    due = Draft.objects.filter(publish_at__lte=timezone.now(), trouble="")
    return list(due.order_by("publish_at").values_list("pk", flat=True)[:limit])

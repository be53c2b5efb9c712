"""What the page of one's data shows, and what the clock asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files import File
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from accounts import bundles
from accounts.access import archives as archive_access
from accounts.access import life as life_access
from accounts.models.archives import OPEN, Archive, ArchiveState, Export, Import
from accounts.models.life import Departure
from accounts.models.people import User
from core import errors
from uploads import links, storage

AGAIN = timedelta(days=1)
NOW = timedelta(0)


@dataclass(frozen=True)
class Data:
    """The latest export and import, what is in their way, and whether another may be asked for; if not, `again_at`."""

    export: Export | None
    came: Import | None
    may_export: bool
    link: str
    export_says: str | Promise
    import_says: str | Promise
    again_at: datetime | None


def data(viewer: User) -> Data:
    """Two queries."""
    export = archive_access.own_exports(viewer).order_by("-pk").first()
    came = archive_access.own_imports(viewer).order_by("-pk").first()
    again_at = export.created_at + AGAIN if export is not None and export.state == ArchiveState.READY else None
    waits = again_at is not None and again_at > timezone.now()
    is_open = export is not None and export.is_open
    there = export is not None and archive_access.is_there(export)
    link = archive_access.link_token(export) if export is not None and there else ""
    return Data(
        export=export,
        came=came,
        may_export=not (waits or is_open),
        link=link,
        export_says=_says(export),
        import_says=_says(came),
        again_at=again_at if waits else None,
    )


def _says(row: Archive | None) -> str | Promise:
    """Why it failed or waits, in words."""
    if row is None:
        return ""
    if row.state == ArchiveState.FAILED:
        return bundles.REASONS[row.reason or "gave_up"]
    return bundles.WAITS.get(row.reason, "") if row.is_open else ""


def download(export: Export) -> "File[bytes] | str":
    """The file, or where it lies elsewhere. NotFound when its week has just ended."""
    name = storage.archive("export", export.key)
    return links.download(name, file_name=export.file_name, kind="application/zip") or file(export)


def file(export: Export) -> "File[bytes]":
    """Waits for the storage. NotFound when its week has just ended."""
    try:
        return storage.open_archive("export", export.key)
    except FileNotFoundError:
        raise errors.NotFound from None


def departure(viewer: User) -> Departure | None:
    return life_access.departure_of(viewer)


def due_exports(late: timedelta = NOW) -> list[int]:
    return _due(Export.objects.all(), late)


def due_imports(late: timedelta = NOW) -> list[int]:
    return _due(Import.objects.all(), late)


def _due(rows: QuerySet[Any], late: timedelta) -> list[int]:
    """Twenty that are due (since `late`), the longest waiting first."""
    due = rows.filter(state__in=OPEN, due_at__lte=timezone.now() - late)
    return list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:20])


def member_by_handle(handle: str) -> User | None:
    """Whoever is called so, hidden ones as well: for the shell."""
    return User.objects.filter(handle=handle.removeprefix("@").lower()).first()

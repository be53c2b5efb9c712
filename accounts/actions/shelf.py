"""Where the zips of exports and imports lie: what is over, what has lost its row, whose member leaves."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models.archives import Export, Import
from accounts.models.people import User
from core import scratch
from uploads import storage
from uploads.actions import holding as uploads_holding

BATCH = 100


def _kinds() -> list[tuple[str, QuerySet[Any]]]:
    return [("export", Export.objects.all()), ("import", Import.objects.all())]


def drop_expired() -> int:
    """Files whose week is over, then their rows; returns how many."""
    now = timezone.now()
    gone = 0
    for kind, rows in _kinds():
        for pk, key in list(rows.filter(expires_at__lte=now).order_by("pk").values_list("pk", "key")[:BATCH]):
            uploads_holding.drop(storage.archive(kind, key))
            rows.filter(pk=pk).delete()
            gone += 1
    return gone


def drop_stray() -> int:
    """Files whose member went while a worker was bringing them here, and who died before it could take them away.
    A row stands before the first byte, so what has none will never get one."""
    gone = 0
    for kind, rows in _kinds():
        keys = storage.archive_keys(kind)
        for start in range(0, len(keys), BATCH):
            some = set(keys[start : start + BATCH])
            for key in some - set(rows.filter(key__in=some).values_list("key", flat=True)):
                uploads_holding.drop(storage.archive(kind, key))
                gone += 1
    return gone


def erase_exports(*, member: User, take_messages: bool) -> int:
    return _erase("export", Export.objects.filter(user=member))


def erase_imports(*, member: User, take_messages: bool) -> int:
    return _erase("import", Import.objects.filter(user=member))


def _erase(kind: str, rows: QuerySet[Any]) -> int:
    """Files first: a row without a file is found again. Also what a worker is writing, or was when it died."""
    listed = list(rows.order_by("pk").values_list("pk", "key")[:BATCH])
    for _pk, key in listed:
        scratch.drop(f"{kind}-{key}")
        uploads_holding.drop(storage.archive(kind, key))
    rows.filter(pk__in=[pk for pk, _key in listed]).delete()
    return len(listed)

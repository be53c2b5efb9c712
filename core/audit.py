"""Who with power did what to whom: one row for each, in the transaction of the deed, never changed afterwards."""

from datetime import datetime
from typing import Any

from django.db import connection

from core.models import AuditEntry

ACTIONS = """
    WITH RECURSIVE found(action) AS (
        SELECT min(action) FROM core_auditentry
        UNION ALL
        SELECT (SELECT min(entry.action) FROM core_auditentry entry WHERE entry.action > found.action)
        FROM found WHERE found.action IS NOT NULL
    )
    SELECT action FROM found WHERE action IS NOT NULL
"""
Plain = str | int | bool | None


def record(action: str, *, subject: str, actor_id: int | None = None, **data: Plain | list[int] | list[str]) -> None:
    """`action` is room and verb ("accounts.reset_mfa"), `subject` a kind and an id ("user:5"). `data` holds ids, kinds
    and times, never words, names or addresses: rows outlive the members they tell of."""
    AuditEntry.objects.create(actor_id=actor_id, action=action, subject=subject, data=data)


def actions() -> list[str]:
    """Every action there is a row of, in order: one step over the index for each, however many rows."""
    with connection.cursor() as cursor:
        cursor.execute(ACTIONS)
        return [action for (action,) in cursor.fetchall()]


def done(action: str, *, actor_id: int, since: datetime) -> list[dict[str, Any]]:
    """The data of what somebody did since then."""
    rows = AuditEntry.objects.filter(actor_id=actor_id, action=action, created_at__gte=since)
    return list(rows.order_by("pk").values_list("data", flat=True))

"""Who with power did what to whom: one row for each, in the transaction of the deed, never changed afterwards."""

from datetime import datetime
from typing import Any

from core.models import AuditEntry

Plain = str | int | bool | None


def record(action: str, *, subject: str, actor_id: int | None = None, **data: Plain | list[int] | list[str]) -> None:
    """`action` is room and verb ("accounts.reset_mfa"), `subject` a kind and an id ("user:5"). `data` holds ids, kinds
    and times, never words, names or addresses: rows outlive the members they tell of."""
    AuditEntry.objects.create(actor_id=actor_id, action=action, subject=subject, data=data)


def done(action: str, *, actor_id: int, since: datetime) -> list[dict[str, Any]]:
    """The data of what somebody did since then."""
    rows = AuditEntry.objects.filter(actor_id=actor_id, action=action, created_at__gte=since)
    return list(rows.order_by("pk").values_list("data", flat=True))

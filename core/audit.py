"""Who with power did what to whom: one row for each, in the transaction of the deed, never changed afterwards."""

from django.db import connection

from core.models import AuditEntry

Plain = str | int | bool | None


def record(action: str, *, subject: str, actor_id: int | None = None, **data: Plain | list[int] | list[str]) -> None:
    """`action` is room and verb ("accounts.reset_mfa"), `subject` a kind and an id ("user:5"). `data` holds ids, kinds
    and times, never words, names or addresses: rows outlive the members they tell of."""
    AuditEntry.objects.create(actor_id=actor_id, action=action, subject=subject, data=data)


def actions() -> list[str]:
    """Every action there is a row of, in order: one step over the index for each, however many rows."""
    table = AuditEntry._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE found(action) AS (SELECT min(action) FROM {table} UNION ALL"  # noqa: S608
            f" SELECT (SELECT min(action) FROM {table} WHERE {table}.action > found.action) FROM found"
            " WHERE found.action IS NOT NULL) SELECT action FROM found WHERE action IS NOT NULL"
        )
        return [action for (action,) in cursor.fetchall()]

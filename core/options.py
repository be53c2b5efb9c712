"""What the owner decides on the site's pages instead of by environment variables. Rooms declare their options here.

Reading is cheap and may be some seconds old; what decides over a door reads `sure`.
"""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import Error as DatabaseAway
from django.db import transaction
from django.db.models import QuerySet

from core import audit, errors, prepared
from core.models import Setting

OLD = 5.0  # seconds that a process may go on with what it has read

T = TypeVar("T")


@dataclass(frozen=True)
class Option(Generic[T]):
    """`clean` turns what was given or stored (plain JSON) into the value, or raises errors.Invalid; what is stored and
    clean no more counts as not set."""

    key: str
    default: T
    clean: Callable[[Any], T]


declared: dict[str, Option[Any]] = {}
_known: tuple[float, dict[str, Any]] = (0.0, {})


def declare(option: Option[T]) -> Option[T]:
    declared[option.key] = option
    return option


def read(option: Option[T]) -> T:
    """The owner's decision, or the default; at most OLD seconds old, read with all others in one query. While the
    database is away it is what was known before: error pages bear the site's name, too."""
    global _known
    at, values = _known
    if time.monotonic() - at > OLD or not at:
        with contextlib.suppress(DatabaseAway):
            _known = (time.monotonic(), values := dict(Setting.objects.values_list("key", "value")))
    return _value(option, values)


def sure(option: Option[T]) -> T:
    """As it stands in the database now."""
    row = prepared.row(_settings, None, option.key, by="key")
    return _value(option, {row.key: row.value} if row else {})


def _settings(_viewer: None) -> QuerySet[Setting]:
    return Setting.objects.all()


@transaction.atomic
def decide(*, actor_id: int | None, **values: Any) -> None:
    """Sets options by key (dots as double underscores). Invalid names the field. Whoever calls has asked whether the
    actor may."""
    for name, given in values.items():
        option = declared[name.replace("__", ".")]
        try:
            value = option.clean(given)
        except errors.Invalid as error:
            raise errors.Invalid(str(error.message), field=name) from None
        Setting.objects.update_or_create(key=option.key, defaults={"value": value})
        audit.record("core.decide", subject=f"option:{option.key}", actor_id=actor_id)
    transaction.on_commit(forget)


def forget() -> None:
    """The next `read` asks the database."""
    global _known
    _known = (0.0, {})


def _value(option: Option[T], values: dict[str, Any]) -> T:
    if option.key not in values:
        return option.default
    try:
        return option.clean(values[option.key])
    except errors.Invalid:
        return option.default

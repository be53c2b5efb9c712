"""Cursor pages over an index. The cursor is the key of the last candidate: a page may be short and have a next. It is
sealed, because the last candidate may be somebody whom the reader may not see.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core import errors, sealed

Row = TypeVar("Row", bound=Model)
Kept = TypeVar("Kept")

PURPOSE = "cursor"
ROUNDS = 2  # at most
PAGES_A_ROUND = 2  # of candidates, in the first round
MOST = 10  # times as many in all


@dataclass(frozen=True)
class Page(Generic[Kept]):
    """Some rows and the cursor of what follows (empty at the end)."""

    rows: list[Kept]
    next: str


def encode(key: tuple[Any, ...]) -> str:
    return sealed.seal(orjson.dumps(key).decode(), purpose=PURPOSE).rstrip("=")


def decode(cursor: str, size: int) -> tuple[Any, ...]:
    """The key in a cursor; rubbish is Invalid, never a server error."""
    try:
        key = orjson.loads(sealed.unseal(cursor + "=" * (-len(cursor) % 4), purpose=PURPOSE))
    except (sealed.Unreadable, orjson.JSONDecodeError):
        key = None
    # Only numbers and short texts: nothing else is ever put in.
    if (
        not isinstance(key, list)
        or len(key) != size
        or not all(isinstance(one, str) or (isinstance(one, int) and not isinstance(one, bool)) for one in key)
        or any(isinstance(one, int) and abs(one) >= 2**63 for one in key)
    ):
        raise _no_such_page()
    return tuple(key)


def _no_such_page() -> errors.Invalid:
    return errors.Invalid(_("This page does not exist any more. Start again from the top."), field="cursor")


def page(
    rows: QuerySet[Row],
    *,
    cursor: str = "",
    size: int = 20,
    by: tuple[str, ...] = ("-id",),
    keep: Callable[[list[Row]], list[Row]] | None = None,
    pages_a_round: int = PAGES_A_ROUND,
) -> Page[Row]:
    """Walks `rows` in the order `by` (all ascending or all descending, the last unique) from after the cursor.

    `rows` are candidates over their index. `keep` returns those of a list that the viewer may see (one query over
    `visible_*`); so many are walked at most that the cost stays flat for one who may see 1 row in 1,000.
    """
    names = tuple(name.lstrip("-") for name in by)
    descending = by[0].startswith("-")

    def fetch(after: tuple[Any, ...] | None, number: int) -> list[Row]:
        try:
            beyond = rows.filter(_beyond(names, after, descending)) if after else rows
            return list(beyond.order_by(*by)[:number])
        except (ValidationError, ValueError, TypeError, OverflowError):  # a cursor of another list
            raise _no_such_page() from None

    return walk(fetch, cursor=cursor, size=size, names=names, keep=keep, pages_a_round=pages_a_round)


def walk(
    fetch: Callable[[tuple[Any, ...] | None, int], list[Kept]],
    *,
    cursor: str,
    size: int,
    names: tuple[str, ...] = ("id",),
    keep: Callable[[list[Kept]], list[Kept]] | None = None,
    pages_a_round: int = PAGES_A_ROUND,
) -> Page[Kept]:
    """As `page`, for candidates that are no queryset: `fetch(after, number)` returns the next ones after a key (the
    values of `names`), fewer only at the end."""
    after, sparse = _begin(cursor, len(names)) if cursor else (None, False)
    kept: list[Kept] = []
    first = size * pages_a_round
    rounds = (size,) if keep is None else (first * MOST,) if sparse else (first, first * (MOST - 1))
    for turn, wanted in enumerate(rounds):
        candidates = fetch(after, wanted + 1)
        more = len(candidates) > wanted
        candidates = candidates[:wanted]
        for row in candidates if keep is None else keep(candidates):
            if len(kept) == size:
                return Page(kept, _go_on(kept[-1], names, sparse=turn > 0 or kept[-1] not in candidates[:first]))
            kept.append(row)
        if not more:
            return Page(kept, "")
        after = _key(candidates[-1], names)
    return Page(kept, _go_on(candidates[-1], names, sparse=keep is not None))


# The first round does for who sees half of the candidates; for who sees less all the rest is looked at in the second,
# for it is the number of statements that costs. Whose page took the second finds it in the cursor, and has one only.


def _begin(cursor: str, size: int) -> tuple[tuple[Any, ...], bool]:
    try:
        return decode(cursor, size), False
    except errors.Invalid:
        *key, _sparse = decode(cursor, size + 1)
        return tuple(key), True


def _go_on(row: Any, names: tuple[str, ...], *, sparse: bool) -> str:
    return encode((*_key(row, names), 1) if sparse else _key(row, names))


def _key(row: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    values = (getattr(row, name) for name in names)
    return tuple(value.isoformat() if hasattr(value, "isoformat") else value for value in values)


def _beyond(names: tuple[str, ...], after: tuple[Any, ...], descending: bool) -> Q:
    """Rows after a key in lexicographic order."""
    side = "lt" if descending else "gt"
    beyond = Q()
    for place, name in enumerate(names):
        equal = {names[earlier]: after[earlier] for earlier in range(place)}
        beyond |= Q(**equal, **{f"{name}__{side}": after[place]})
    if len(names) > 1:  # Without it databases begin at the top of the index and throw away what is not beyond.
        beyond &= Q(**{f"{names[0]}__{side}e": after[0]})
    return beyond

"""Keeps what members are found by in step with what they are called."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F

from accounts.models import names
from accounts.models.names import NamePart
from accounts.models.people import User, folded

BATCH = 500


@transaction.atomic
def write_parts(*, people: Iterable[int]) -> None:
    """To be called in the transaction that makes members or changes a name or handle, after it has."""
    rows = User.objects.select_for_update(no_key=True).filter(names.stale(), pk__in=people)
    _write(list(rows.order_by("pk")))


@transaction.atomic
def catch_up() -> int:
    """A batch of members whom the version before has made or renamed while this one was brought out."""
    stale = User.objects.select_for_update(skip_locked=True, no_key=True).filter(names.stale())
    rows = list(stale.order_by("pk")[:BATCH])
    _write(rows)
    return len(rows)


def rewrite_parts() -> int:
    """Sets what everybody is found and sorted by to what it should be; returns for how many it was wrong."""
    mended, last = 0, 0
    while True:
        with transaction.atomic():
            rows = list(User.objects.select_for_update(no_key=True).filter(pk__gt=last).order_by("pk")[:BATCH])
            wrong = _wrong(rows)
            _write(wrong)
        if not rows:
            return mended
        mended += len(wrong)
        last = rows[-1].pk


def _write(rows: list[User]) -> None:
    """For locked rows: whoever changes a name at the same moment comes before or after."""
    NamePart.objects.filter(person__in=rows).delete()
    for row in rows:
        row.name_key = folded(row.display_name)
    User.objects.bulk_update(rows, ["name_key"], BATCH)
    NamePart.objects.bulk_create((part for row in rows for part in _made_of(row)), BATCH)
    called = {"parts_name": F("display_name"), "parts_handle": F("handle")}
    User.objects.filter(pk__in=[row.pk for row in rows]).update(**called)


def _made_of(row: User) -> list[NamePart]:
    return [
        NamePart(person=row, part=part, created_at=row.created_at, name_key=row.name_key)
        for part in sorted(names.parts(row.display_name, row.handle))
    ]


def _wrong(rows: list[User]) -> list[User]:
    """Those of them whose parts or columns are not what would be written now."""
    there: dict[int, set[tuple[object, ...]]] = {row.pk: set() for row in rows}
    kept = NamePart.objects.filter(person__in=rows).values_list("person_id", "part", "created_at", "name_key")
    for person, *rest in kept:
        there[person].add(tuple(rest))
    wrong = []
    for row in rows:
        key = folded(row.display_name)
        parts = names.parts(row.display_name, row.handle)
        columns = (row.name_key, row.parts_name, row.parts_handle)
        if columns != (key, row.display_name, row.handle) or there[row.pk] != {
            (part, row.created_at, key) for part in parts
        }:
            wrong.append(row)
    return wrong

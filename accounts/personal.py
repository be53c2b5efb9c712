"""What every room holds of a member: what of it they may take along, and how it goes when they go.

Each room says so from its apps.py, a line for each table: `personal.holds(WordMute, "owner", file="mutes.json",
title=_("Words you do not want to see"), fields={"word": "word", "until": "until"})`. A test fails for a table that
names members and has no line.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, Protocol

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from accounts.models.people import User

AT_ONCE = 500

Row = dict[str, Any]
Rows = Callable[[User], Iterator[Row]]
# Path within the zip, and what opens it; FileNotFoundError when it is gone meanwhile.
Media = Callable[[User], Iterator[tuple[str, Callable[[], IO[bytes]]]]]


class Erase(Protocol):
    """Takes one batch away and says how many rows that were; 0: nothing is left. Safe to repeat, whatever died."""

    def __call__(self, *, member: User, take_messages: bool) -> int: ...


class Bring(Protocol):
    """Takes one row of a file of another site's export over, once however often it comes. `origin` names site and
    account there; `picture(path in the zip)` makes an upload of the member's and returns its key, or None, and so does
    it for a video or a sound: `picture({"file": path, "captions": [path]})`. Returns how many came, were there before
    or were refused: {"posts": 1, "pictures": 2}, {"before": 1} or {"refused": 1}."""

    def __call__(
        self, *, member: User, origin: str, row: Row, picture: Callable[[object], Any], only_me: bool
    ) -> dict[str, int]: ...


@dataclass(frozen=True)
class Table:
    """A table that names members in `columns`. Its rows go in batches, by `erase` where others' counts hang on them;
    `kept` says why they may outlive the member."""

    model: type[Model]
    columns: tuple[str, ...]
    erase: Erase | None = None
    kept: str = ""


@dataclass(frozen=True)
class Chapter:
    """A file of the export: rows of plain values, oldest first, each also shown by `template`. Never what the member
    may not see now, never what is private to others."""

    file: str
    title: str | Promise
    rows: Rows
    template: str = "archives/_row.html"
    media: Media | None = None


tables: list[Table] = []
chapters: dict[str, Chapter] = {}
brings: dict[str, Bring] = {}


def holds(
    model: type[Model],
    *columns: str,
    erase: Erase | None = None,
    kept: str = "",
    file: str = "",
    title: str | Promise = "",
    fields: Mapping[str, str] | None = None,
) -> None:
    """One table, and the file of the export that shows the `fields` (name there -> path here) of its rows."""
    tables.append(Table(model, columns, erase, kept))
    if file:
        register(Chapter(file, title, rows_of(model, columns[0], fields or {})))


def register(chapter: Chapter) -> None:
    chapters[chapter.file] = chapter


def rows_of(
    model: type[Model],
    column: str,
    fields: Mapping[str, str],
    narrow: Callable[[User, QuerySet[Any]], QuerySet[Any]] | None = None,
) -> Rows:
    """The rows whose `column` is the member; `narrow(member, rows)` leaves out what they may not see."""

    def rows(member: User) -> Iterator[Row]:
        mine = model._default_manager.filter(**{column: member})
        if narrow is not None:
            mine = narrow(member, mine)
        for values in walk(mine.values_list("pk", *fields.values()), pk=lambda row: row[0]):
            yield dict(zip(fields, values[1:], strict=True))

    return rows


def walk(rows: QuerySet[Any], *, pk: Callable[[Any], int] = lambda row: int(row.pk)) -> Iterator[Any]:
    """All rows, oldest first, a batch in memory at a time."""
    last, ordered = None, rows.order_by("pk")
    while batch := list((ordered if last is None else ordered.filter(pk__gt=last))[:AT_ONCE]):
        yield from batch
        last = pk(batch[-1])


def with_the_member(*, member: User, take_messages: bool) -> int:
    """For rows that go last, with the member's own row."""
    return 0

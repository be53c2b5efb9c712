"""Queries that are built and compiled once, and then executed for every viewer.

A page of posts asks some twenty relations whether the viewer may see what it shows. To build such a queryset and to
turn it into SQL costs ten times what the database needs to answer it, and PostgreSQL as much again to plan it. Here
both are done once: the queryset is built for a stand-in, and its place in the SQL's values is kept for who asks.
"""

import contextlib
import copy
import re
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import Field, Lookup, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

Build = Callable[[Any], QuerySet[Any, Any]]
Statement = tuple[str, dict[str, Any] | list[Any]]  # its text, always the same, and its values
Narrow = Callable[[QuerySet[Any, Any], Any], QuerySet[Any, Any]]

MOMENT = datetime(9009, 9, 9, 9, 9, 9, 9, tzinfo=UTC)  # stands for now
AROUND = timedelta(days=3650)  # what is this near to it is so much sooner or later than now
_building: ContextVar[bool] = ContextVar("building", default=False)


class StandIn:
    """Any logged-in viewer. Whatever else than the id a query would ask of one differs between viewers, and raises."""

    pk = id = 2**62 + 9_009_009  # of nobody
    is_authenticated = True


AMONG = object()  # stands for what the column is among


def now() -> datetime:
    """The time for conditions of querysets: what a query is built with must not stay at the hour of the first one."""
    return MOMENT if _building.get() else timezone.now()


def rows(build: Build, viewer: Any, among: Sequence[Any], narrow: Narrow | None = None, *, by: str = "pk") -> list[Any]:
    """The rows of `build(viewer)`, or of `narrow(build(viewer), viewer)`, whose column `by` is among these, in no
    order. Both are functions of a module."""
    logged_in = viewer is not None and viewer.is_authenticated
    among = [one for one in among if not isinstance(one, int) or abs(one) < 2**63]  # others stand in no table
    shape = _shape(build, narrow, by, logged_in, connection.vendor) if among else None
    return list(shape.queryset(viewer, among)) if shape else []


def row(build: Build, viewer: Any, one: Any, narrow: Narrow | None = None, *, by: str = "pk") -> Any:
    """The row of `rows` for this one value, or None."""
    return next(iter(rows(build, viewer, [one], narrow, by=by)), None)


def execute(statement: str, values: dict[str, Any] | list[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement whose text is always the same, planned once a connection."""
    [found] = execute_all([(statement, values)])
    return found


def execute_all(statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    """The rows of each, run in this order in the current transaction; PostgreSQL is asked once for all of them."""
    if connection.vendor != "postgresql" or len(statements) == 1:
        return [_execute(*statement) for statement in statements]
    with contextlib.ExitStack() as stack:
        cursors = [stack.enter_context(cursor_of(connection)) for _statement in statements]
        with connection.together():  # type: ignore[attr-defined]
            for cursor, statement in zip(cursors, statements, strict=True):
                cursor.execute(*statement)
        # `description` would make objects of all columns of each.
        return [list(cursor.fetchall()) if cursor.pgresult.nfields else [] for cursor in cursors]


def execute_at_end(statements: Sequence[Statement]) -> None:
    """As `execute_all`, for what nobody needs the rows of. On PostgreSQL it goes out together with the commit of this
    transaction, or before whatever is asked until then; what is wrong with it is raised there."""
    if connection.vendor != "postgresql" or len(connection.atomic_blocks) > 1:
        execute_all(statements)
        return

    def say() -> None:
        for statement in statements:
            cursor_of(connection).execute(*statement)

    connection.hold(say)  # type: ignore[attr-defined]


def _execute(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with cursor_of(connection) as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


class Question:
    """A queryset of values, compiled once, for what asks in the name of nobody: Question(build, "people") makes it of
    `build(people)`, whose `people` may stand where a column is `__among` them."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *names: str) -> None:
        self.build, self.marks = build, {name: object() for name in names}
        self.shapes: dict[str, _Shape] = {}  # by kind of database

    def among(self, **values: Iterable[Any]) -> Statement:
        """The statement, and what goes with it, by name."""
        shape = self.shapes.get(connection.vendor) or self._compile()
        return shape.sql, shape.values(connection, {name: listed(some) for name, some in values.items()})

    def _compile(self) -> "_Shape":
        slots = {mark: name for name, mark in self.marks.items()}
        shape = _compiled(self.build.__qualname__, lambda: self.build(*self.marks.values()), slots)
        if shape is None:
            raise TypeError(f"{self.build.__qualname__} finds nothing, whatever is asked for.")
        self.shapes[connection.vendor] = shape
        return shape


class Given:
    """Rows that a statement takes, as a table of this name in it: Given("fresh", id="bigint", seq="bigint")."""

    def __init__(self, name: str, /, **columns: str) -> None:
        self.name = name
        self.columns = columns

    def table(self, vendor: str) -> str:
        """What stands after FROM. The text is the same however many rows there are."""
        if vendor == "postgresql":
            lists = ", ".join(f"%({self.name}_{column})s::{kind}[]" for column, kind in self.columns.items())
            return f"unnest({lists}) AS {self.name}({', '.join(self.columns)})"
        each = ", ".join(f"json_extract(value, '$[{at}]') AS {column}" for at, column in enumerate(self.columns))
        return f"(SELECT {each} FROM json_each(%({self.name})s)) AS {self.name}"  # noqa: S608  names alone

    def values(self, rows: Sequence[Sequence[Any]]) -> dict[str, str]:
        """What goes with the text, for rows of values in the order of the columns."""
        if connection.vendor == "postgresql":
            columns = zip(*rows, strict=True) if rows else [()] * len(self.columns)
            return {
                f"{self.name}_{name}": f"{{{','.join(map(_element, column))}}}"
                for name, column in zip(self.columns, columns, strict=True)
            }
        return {self.name: orjson.dumps(rows, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()}


def text(statement: str, *tables: Given) -> str:
    """A statement whose [name]s are these tables."""
    return _text(statement, connection.vendor, *tables)


@cache
def _text(statement: str, vendor: str, *tables: Given) -> str:
    for given in tables:
        statement = statement.replace(f"[{given.name}]", given.table(vendor))
    return statement


def _element(value: Any) -> str:
    """As it stands in an array of PostgreSQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _plain(value: Any) -> str:
    """As it stands in SQLite."""
    return str(connection.ops.adapt_datetimefield_value(value))


@Field.register_lookup
class Among(Lookup):
    """As `in`, by one value however many ids there are, so that the text of the statement stays the same."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        column, values = self.process_lhs(compiler, connection)
        among = "IN (SELECT value FROM json_each(%s))" if connection.vendor == "sqlite" else "= ANY(%s)"
        return f"{column} {among}", [*values, self.rhs]


def listed(values: Iterable[Any]) -> Any:
    """The value that stands for AMONG."""
    return orjson.dumps(list(values)).decode() if connection.vendor == "sqlite" else list(values)


@cache
def _shape(build: Build, narrow: Narrow | None, by: str, logged_in: bool, vendor: str) -> "_Shape | None":
    for one in filter(None, (build, narrow)):
        if "<" in one.__qualname__:
            raise TypeError(f"{one.__qualname__} is made anew for every call; only functions of a module are kept.")

    def queryset() -> QuerySet[Any, Any]:
        viewer = StandIn() if logged_in else None
        rows = build(viewer).filter(**{f"{by}__among": AMONG})
        return narrow(rows, viewer) if narrow else rows

    return _compiled(build.__qualname__, queryset, {StandIn.pk: "viewer", AMONG: "among"})


def _compiled(name: str, build: Callable[[], QuerySet[Any, Any]], slots: dict[Any, str]) -> "_Shape | None":
    """What `build` makes of values that stand for others, with their names where these belong."""
    token = _building.set(True)
    try:
        queryset = build()
        compiler = queryset.query.get_compiler(queryset.db)
        sql, values = compiler.as_sql()
    except EmptyResultSet:  # whatever is asked for
        return None
    finally:
        _building.reset(token)
    names: list[str | timedelta] = []

    def place(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        value = next(given)
        if value.__hash__ and value in slots:
            names.append(slots[value])
            return "%s"
        if (since := _since_now(value)) is not None:
            names.append(since)
            return "%s"
        if is_time(value):
            raise TypeError(f"{name} would keep the time {value}: take `prepared.now()`.")
        return _literal(value)

    given = iter(values)
    return _Shape(queryset, compiler, re.sub("%%|%s", place, sql), tuple(names))


def _since_now(value: Any) -> timedelta | None:
    """How much later than `now()` a time is that was made of it; None for all others."""
    if not is_time(value):
        return None
    time = datetime.fromisoformat(str(value))
    since = (time if time.tzinfo else time.replace(tzinfo=UTC)) - MOMENT
    return since if abs(since) < AROUND else None


def _literal(value: Any) -> str:
    """A constant as it stands in SQL: behind a place for a value a plan would not know it, and leave the indexes that
    are made for just that."""
    if isinstance(value, bool | None):
        return {True: "TRUE", False: "FALSE", None: "NULL"}[value]
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str) and not {"\\", "\0"} & set(value):
        return "'" + value.replace("'", "''").replace("%", "%%") + "'"
    raise TypeError(f"No literal for {value!r}.")


def is_time(value: Any) -> bool:
    """SQLite takes times as texts."""
    if isinstance(value, str):
        try:
            return bool(datetime.fromisoformat(value))
        except ValueError:
            return False
    return isinstance(value, date)


class _Preparing:
    """A connection whose cursors are `prepared`."""

    def __init__(self, database: Any) -> None:
        self.database = database

    def cursor(self) -> Any:
        return cursor_of(self.database)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)


@dataclass(frozen=True)
class _Shape:
    """A compiled queryset."""

    built: QuerySet[Any]
    compiler: SQLCompiler
    sql: str
    names: tuple[str | timedelta, ...]  # of the values that it takes; of times, how much later they are than now

    def values(self, database: Any, given: dict[str, Any]) -> list[Any]:
        """In their order."""
        now, stored = timezone.now(), database.ops.adapt_datetimefield_value
        return [given[name] if isinstance(name, str) else stored(now + name) for name in self.names]

    def queryset(self, viewer: Any, among: Sequence[Any]) -> QuerySet[Any]:
        """Not to be narrowed any more: only to be read."""
        database = connections[self.built.db]
        values = self.values(database, {"viewer": viewer.pk if viewer else None, "among": listed(among)})
        compiler: Any = copy.copy(self.compiler)
        compiler.connection = _Preparing(database)
        compiler.as_sql = lambda *_options, **_more: (self.sql, values)
        query = copy.copy(self.built.query)
        query.get_compiler = lambda *_using, **_more: compiler  # type: ignore[method-assign]
        found: Any = QuerySet(self.built.model, query, self.built.db)
        for name in ("_iterable_class", "_fields", "_known_related_objects", "_prefetch_related_lookups"):
            setattr(found, name, getattr(self.built, name))
        return found


def cursor_of(database: Any) -> Any:
    """Of core.postgres one whose statements are planned once; SQLite plans for next to nothing."""
    return database.prepared_cursor() if database.vendor == "postgresql" else database.cursor()

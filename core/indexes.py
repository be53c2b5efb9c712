"""Migrations that build indexes of tables in use: PostgreSQL builds them while others go on writing (such a migration
says `atomic = False`), SQLite, which has one writer anyhow, plainly. One that is there already stays; one that was cut
off, and that PostgreSQL would keep up and never use, is built anew; two `migrate` at once take turns.

And changes of foreign keys for which Django would drop the constraint and have PostgreSQL look through the whole table
again, behind a lock that lets nobody read."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import migrations

TURN = 7_301_905_512  # any number that nobody else locks
PAUSE = 0.2  # seconds


def _ways(schema_editor: Any) -> dict[str, bool]:
    return {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}


def _build(schema_editor: Any, statement: Any) -> None:
    name, sql = str(statement.parts["name"]), str(statement)
    kind = "CREATE UNIQUE INDEX " if sql.startswith("CREATE UNIQUE") else "CREATE INDEX "
    begin = f"{kind}CONCURRENTLY " if _ways(schema_editor) else kind
    sql = sql.replace(kind, begin, 1) if not sql.startswith(begin) else sql
    assert sql.startswith(begin), sql
    with _alone(schema_editor):
        if _ways(schema_editor) and _is_cut_off(schema_editor, name):
            _drop(schema_editor, statement)
        schema_editor.execute(f"{begin}IF NOT EXISTS {sql.removeprefix(begin)}", params=None)


def _drop(schema_editor: Any, statement: Any) -> None:
    how = "CONCURRENTLY " if _ways(schema_editor) else ""
    schema_editor.execute(f"DROP INDEX {how}IF EXISTS {statement.parts['name']}", params=None)


def _is_cut_off(schema_editor: Any, name: str) -> bool:
    """Nobody is building it: this process has the turn."""
    found = _asked(
        schema_editor, "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid", name
    )
    return bool(found)


@contextmanager
def _alone(schema_editor: Any) -> Iterator[None]:
    """One process at a time: what another is building looks as if it was cut off. The lock ends with its connection.
    Asked for again and again and not waited for, because whoever waits in the database is somebody for whom building
    beside others waits itself."""
    if not _ways(schema_editor):
        yield
        return
    while not _asked(schema_editor, "SELECT pg_try_advisory_lock(%s)", TURN):
        time.sleep(PAUSE)
    try:
        yield
    finally:
        _asked(schema_editor, "SELECT pg_advisory_unlock(%s)", TURN)


def _asked(schema_editor: Any, question: str, *words: Any) -> Any:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(question, words)
        return cursor.fetchone()[0]


class _Built:
    """What comes as an index, however Django calls it."""

    def _statement(self, app_label: str, schema_editor: Any, state: Any) -> Any:
        raise NotImplementedError

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _build(schema_editor, self._statement(app_label, schema_editor, to_state))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _drop(schema_editor, self._statement(app_label, schema_editor, from_state))


class AddIndex(_Built, migrations.AddIndex):
    """An index of `Meta.indexes`."""

    def _statement(self, app_label: str, schema_editor: Any, state: Any) -> Any:
        model = state.apps.get_model(app_label, self.model_name)
        ways: Any = _ways(schema_editor)
        return self.index.create_sql(model, schema_editor, **ways)


class AddUnique(_Built, migrations.AddConstraint):
    """A unique constraint of `Meta.constraints` that has a condition, and so is an index."""

    def _statement(self, app_label: str, schema_editor: Any, state: Any) -> Any:
        model = state.apps.get_model(app_label, self.model_name)
        return self.constraint.create_sql(model, schema_editor)


class IndexField(migrations.AlterField):
    """What `db_index=True` (for foreign keys: the absence of `db_index=False`) on a field stands for, and nothing else
    of the field changes."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self._statements(app_label, schema_editor, to_state):
            _build(schema_editor, statement)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self._statements(app_label, schema_editor, from_state):
            _drop(schema_editor, statement)

    def _statements(self, app_label: str, schema_editor: Any, state: Any) -> list[Any]:
        """As Django names them: the index, and for words on PostgreSQL the one for beginnings."""
        model = state.apps.get_model(app_label, self.model_name)
        field, ways = model._meta.get_field(self.name), _ways(schema_editor)
        made = [schema_editor._create_index_sql(model, fields=[field], **ways)]
        if ways and (field.db_type(schema_editor.connection) or "").startswith("varchar"):
            like = {"suffix": "_like", "opclasses": ["varchar_pattern_ops"]}
            made.append(schema_editor._create_index_sql(model, fields=[field], **like, **ways))
        return made


class UnindexField(IndexField):
    """The other way around: the field is `db_index=False` from now on, and nothing else of it changes."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        super().database_backwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        super().database_forwards(app_label, schema_editor, from_state, to_state)


class RemoveIndex(migrations.RemoveIndex):
    """An index of `Meta.indexes` that goes."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _drop(schema_editor, self._statement(app_label, schema_editor, from_state))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _build(schema_editor, self._statement(app_label, schema_editor, to_state))

    def _statement(self, app_label: str, schema_editor: Any, state: Any) -> Any:
        index = state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        ways: Any = _ways(schema_editor)
        return index.create_sql(state.apps.get_model(app_label, self.model_name), schema_editor, **ways)


class AddCheck(migrations.AddConstraint):
    """A check on a table in use: new rows keep it at once, those there are looked through beside their users."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        table, name = (schema_editor.quote_name(one) for one in (model._meta.db_table, self.constraint.name))
        added = str(self.constraint.create_sql(model, schema_editor))
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}", params=None)
        schema_editor.execute(f"{added} NOT VALID", params=None)
        schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}", params=None)


class MayBeNull(migrations.AlterField):
    """`null=True` from now on, and nothing else of the field changes."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._change("DROP", super().database_forwards, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._change("SET", super().database_backwards, app_label, schema_editor, from_state, to_state)

    def _change(self, verb: str, plainly: Any, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return plainly(app_label, schema_editor, *states)
        model = states[1].apps.get_model(app_label, self.model_name)
        column = schema_editor.quote_name(model._meta.get_field(self.name).column)
        table = schema_editor.quote_name(model._meta.db_table)
        schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} {verb} NOT NULL", params=None)
        return None

"""Migrations that build indexes of tables in use: PostgreSQL builds them while others go on writing (such a migration
says `atomic = False`), SQLite, which has one writer anyhow, plainly. One that is there already stays; one that was cut
off, and that PostgreSQL would keep up and never use, is built anew."""

from typing import Any

from django.db import migrations


def _ways(schema_editor: Any) -> dict[str, bool]:
    return {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}


def _build(schema_editor: Any, statement: Any) -> None:
    name, sql = str(statement.parts["name"]), str(statement)
    unique = "UNIQUE " if sql.startswith("CREATE UNIQUE ") else ""
    begin = f"CREATE {unique}INDEX CONCURRENTLY " if _ways(schema_editor) else f"CREATE {unique}INDEX "
    if unique:  # Django knows no other way for these
        sql = sql.replace("CREATE UNIQUE INDEX ", begin, 1)
    assert sql.startswith(begin), sql
    if _ways(schema_editor):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid", [name])
            broken = cursor.fetchone()
        if broken:
            _drop(schema_editor, statement)
    schema_editor.execute(f"{begin}IF NOT EXISTS {sql.removeprefix(begin)}", params=None)


def _drop(schema_editor: Any, statement: Any) -> None:
    how = "CONCURRENTLY " if _ways(schema_editor) else ""
    schema_editor.execute(f"DROP INDEX {how}IF EXISTS {statement.parts['name']}", params=None)


class AddIndex(migrations.AddIndex):
    """An index of `Meta.indexes`."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _build(schema_editor, self._statement(app_label, schema_editor, to_state))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _drop(schema_editor, self._statement(app_label, schema_editor, from_state))

    def _statement(self, app_label: str, schema_editor: Any, state: Any) -> Any:
        model = state.apps.get_model(app_label, self.model_name)
        ways: Any = _ways(schema_editor)
        return self.index.create_sql(model, schema_editor, **ways)


class AddUnique(migrations.AddConstraint):
    """A unique constraint of `Meta.constraints` that has a condition, and so is an index."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _build(schema_editor, self._statement(app_label, schema_editor, to_state))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _drop(schema_editor, self._statement(app_label, schema_editor, from_state))

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

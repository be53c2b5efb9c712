"""Indexes that migrations build while the site is in use."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, migrations, models
from django.db.migrations.state import ProjectState

from core import indexes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

STEPS: list[migrations.operations.base.Operation] = [
    indexes.AddIndex("thing", models.Index(fields=["-id"], name="thing_newest")),
    indexes.IndexField("thing", "word", models.CharField(max_length=20, db_index=True)),
]


@pytest.fixture
def state() -> Iterator[ProjectState]:
    state = ProjectState()
    fields = [("id", models.BigAutoField(primary_key=True)), ("word", models.CharField(max_length=20))]
    make = migrations.CreateModel("Thing", fields)
    after = state.clone()
    make.state_forwards("core", after)
    with connection.schema_editor() as editor:
        make.database_forwards("core", editor, state, after)
    yield after
    with connection.schema_editor() as editor:
        make.database_backwards("core", editor, after, state)


def run(state: ProjectState, *, back: bool = False) -> ProjectState:
    for step in STEPS:
        after = state.clone()
        step.state_forwards("core", after)
        with connection.schema_editor(atomic=False) as editor:
            if back:
                step.database_backwards("core", editor, after, state)
            else:
                step.database_forwards("core", editor, state, after)
        state = after
    return state


def built() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "core_thing")
    return {name for name, one in found.items() if one["index"] and not one["primary_key"] and not one["unique"]}


def test_built_once_however_often_and_taken_back(state: ProjectState) -> None:
    run(state)
    made = built()
    assert "thing_newest" in made
    assert len(made) == (3 if connection.vendor == "postgresql" else 2)
    run(state)
    assert built() == made
    run(state, back=True)
    assert built() == set()


def test_the_names_are_django_s_own(state: ProjectState) -> None:
    """So that databases which have them from Django keep them."""
    run(state)
    made = built()
    run(state, back=True)
    plain = migrations.AlterField("thing", "word", models.CharField(max_length=20, db_index=True))
    after = state.clone()
    plain.state_forwards("core", after)
    with connection.schema_editor() as editor:
        plain.database_forwards("core", editor, state, after)
    assert built() == made - {"thing_newest"}


@pytest.mark.postgres
def test_one_that_was_cut_off_is_built_anew(state: ProjectState) -> None:
    run(state)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'thing_newest'::regclass")
    run(state)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'thing_newest'::regclass")
        assert cursor.fetchone() == (True,)


def test_a_foreign_key_keeps_its_constraint(state: ProjectState) -> None:
    """Django's own way would drop it and look through the whole table again."""
    key = {"null": True, "on_delete": models.CASCADE, "to": "core.thing"}
    rows: list[migrations.operations.base.Operation] = [
        migrations.AddField("thing", "other", models.ForeignKey(**key)),
        indexes.UnindexField("thing", "other", models.ForeignKey(**key, db_index=False)),
        indexes.AddUnique(
            "thing",
            models.UniqueConstraint(fields=["other"], condition=models.Q(other__isnull=False), name="thing_other_once"),
        ),
        indexes.MayBeNull("thing", "word", models.CharField(max_length=20, null=True)),
        migrations.AddIndex("thing", models.Index(fields=["word"], name="thing_word")),
        indexes.RemoveIndex("thing", "thing_word"),
    ]
    made = []
    for step in rows:
        after = state.clone()
        step.state_forwards("core", after)
        with connection.schema_editor(atomic=False) as editor:
            step.database_forwards("core", editor, state, after)
        made.append((step, state, after))
        state = after
        if step is rows[0]:
            before = keys()
    assert keys() == before
    assert built() == set()
    thing = state.apps.get_model("core", "Thing")
    first = thing.objects.create(word=None)
    thing.objects.create(word="a", other=first)
    with pytest.raises(IntegrityError):
        thing.objects.create(word="b", other=first)
    thing.objects.all().delete()
    for step, earlier, after in reversed(made):
        with connection.schema_editor(atomic=False) as editor:
            step.database_backwards("core", editor, after, earlier)
        if step is rows[1]:
            assert len(built()) == 1


def keys() -> set[object]:
    """On PostgreSQL by their number: one made anew has another."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT oid FROM pg_constraint WHERE conrelid = 'core_thing'::regclass AND contype = 'f'")
            return {row[0] for row in cursor.fetchall()}
        found = connection.introspection.get_constraints(cursor, "core_thing")
        return {str(one["foreign_key"]) for one in found.values() if one["foreign_key"]}

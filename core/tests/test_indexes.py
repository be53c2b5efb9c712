"""Indexes that migrations build while the site is in use."""

import threading
from collections.abc import Iterator
from time import sleep as waiting

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


@pytest.mark.postgres
def test_two_at_once_take_turns(state: ProjectState, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes while the first is building, whose index looks as if it had been cut off."""
    waited, built_by, step, after = threading.Event(), [], STEPS[0], state.clone()
    step.state_forwards("core", after)
    monkeypatch.setattr(indexes, "PAUSE", 0.05)
    monkeypatch.setattr(indexes.time, "sleep", lambda seconds: waited.set() or waiting(seconds))

    def migrate(name: str) -> None:
        with connection.schema_editor(atomic=False) as editor:
            step.database_forwards("core", editor, state, after)
        built_by.append(name)
        connection.close()

    first, second = (threading.Thread(target=migrate, args=[name]) for name in ("first", "second"))
    writer = connection.copy()
    try:
        writer.cursor().execute("BEGIN; INSERT INTO core_thing (word) VALUES ('late')")  # building waits for its end
        first.start()
        while not (begun := standing()):
            waiting(0.05)
        second.start()
        assert waited.wait(20), "the second waits for its turn"
        waiting(0.3)
        assert standing() == begun, "what the first has begun is still there"
    finally:
        writer.cursor().execute("COMMIT")
        writer.close()
        for thread in (first, second):
            thread.join(20)
    assert sorted(built_by) == ["first", "second"]
    assert standing() == (begun[0], True), "and it is the first one's"


def standing() -> tuple[int, bool] | None:
    """The number of the index in this database, and whether it can be used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid, indisvalid FROM pg_index WHERE indexrelid = to_regclass('thing_newest')")
        return cursor.fetchone()


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

"""What the owner decides, and the trail that it leaves."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from core import errors, options
from core.models import AuditEntry, Setting

pytestmark = pytest.mark.django_db


def _clean(value: Any) -> str:
    if value not in ("open", "closed"):
        raise errors.Invalid("Open or closed.")
    return str(value)


@pytest.fixture
def door() -> Any:
    option = options.declare(options.Option("tests.door", "open", _clean))
    yield option
    del options.declared[option.key]


def test_the_default_stands_until_the_owner_decides(door: Any, django_capture_on_commit_callbacks: Any) -> None:
    assert options.read(door) == options.sure(door) == "open"
    with django_capture_on_commit_callbacks(execute=True):
        options.decide(actor_id=7, tests__door="closed")
    assert options.read(door) == options.sure(door) == "closed"
    entry = AuditEntry.objects.get()
    assert (entry.actor_id, entry.action, entry.subject) == (7, "core.decide", "option:tests.door")


def test_a_refusal_names_the_field_and_changes_nothing(door: Any) -> None:
    with pytest.raises(errors.Invalid) as refused:
        options.decide(actor_id=None, tests__door="ajar")
    assert refused.value.field == "tests__door"
    assert not Setting.objects.exists()


def test_what_is_stored_and_good_no_more_counts_as_not_set(door: Any) -> None:
    Setting.objects.create(key=door.key, value="ajar")
    assert options.sure(door) == "open"


def test_reading_often_asks_once(door: Any) -> None:
    options.forget()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for _time in range(5):
            options.read(door)
    assert len(queries) == 1


def test_while_the_database_is_away_what_was_known_stands(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Setting.objects.create(key=door.key, value="closed")
    options.forget()
    assert options.read(door) == "closed"
    _at, values = options._known
    monkeypatch.setattr(options, "_known", (0.0, values))  # long ago

    def away(*columns: str) -> None:
        raise OperationalError

    monkeypatch.setattr(Setting.objects, "values_list", away)
    assert options.read(door) == "closed"
    monkeypatch.undo()
    options.forget()

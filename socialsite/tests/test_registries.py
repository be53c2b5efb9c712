"""What a lower room asks of higher ones goes through a registry; a room that owes an answer and is missing fails here.

Who owes what is read from the code (a foreign key, a file), so that a new room is held to it without being named.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import BooleanField, Model
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import personal
from accounts.models.people import User
from core import consumers, outbox, realtime
from uploads import registry as uploads_registry
from uploads.models import Upload

HOUSE = Path(__file__).resolve().parents[2]
ROOMS = [name for name in settings.ROOMS if name not in ("core", "socialsite")]


def callables(entry: Any) -> Iterable[Callable[..., Any]]:
    if dataclasses.is_dataclass(entry):
        values = [getattr(entry, field.name) for field in dataclasses.fields(entry)]
        return [value for value in values if callable(value)]
    return [entry] if callable(entry) else []


def rooms_in(*registries: Any) -> set[str]:
    """The rooms whose functions stand in these registries (dicts or lists, of functions or of dataclasses of them)."""
    entries = [
        entry for registry in registries for entry in (registry.values() if isinstance(registry, dict) else registry)
    ]
    return {function.__module__.partition(".")[0] for entry in entries for function in callables(entry)}


def with_file(name: str) -> set[str]:
    return {room for room in ROOMS if (HOUSE / room / f"{name}.py").exists() or (HOUSE / room / name).is_dir()}


def with_uploads() -> set[str]:
    return {
        model._meta.app_label
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model is Upload and model._meta.app_label != "uploads"
    }


def with_routes() -> set[str]:
    def walk(patterns: Iterable[URLPattern | URLResolver]) -> Iterable[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            else:
                yield getattr(pattern.callback, "__module__", "").partition(".")[0]

    return set(walk(get_resolver().url_patterns))


@pytest.mark.parametrize(
    ("owing", "filled", "form"),
    [
        pytest.param(
            with_uploads,
            lambda: rooms_in(uploads_registry.kinds),
            "attaches uploads: in apps.py, uploads_registry.register('post', visible=access.visible_pictures)",
            id="uploads",
        ),
        pytest.param(
            lambda: with_file("handlers"),
            lambda: rooms_in(outbox.subscriptions),
            "has handlers.py: import it in apps.py, and @outbox.subscribes(PostCreated, name='home-fanout')",
            id="subscribers",
        ),
        pytest.param(
            lambda: with_file("consumers"),
            lambda: rooms_in(consumers.handlers, consumers.leaving, realtime.background, realtime.resyncers),
            "has consumers.py: import it in apps.py, where it registers the frames it answers",
            id="frames",
        ),
        pytest.param(
            lambda: with_file("urls"), with_routes, "has urls.py: include it in socialsite/urls.py", id="routes"
        ),
    ],
)
def test_every_room_answers_what_it_is_asked(owing: Callable, filled: Callable, form: str) -> None:
    missing = sorted(owing() - filled())
    assert not missing, f"{', '.join(missing)} {form}"


# A column that names a member without a foreign key: an id, an address.
NAMING = re.compile(
    r"^((.+_)?(user|member|person|actor|owner|author|sender|inviter|invited)_id|to|(.+_)?email|handle)$"
)


def naming_members() -> set[tuple[type[Model], str]]:
    """Every column of every table that says which member a row is about, except for the member's own."""
    return {
        (model, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if model is not User
        and not isinstance(field, BooleanField)
        and (field.related_model is User or (not field.is_relation and NAMING.match(field.name)))
    }


def test_every_table_that_names_members_says_what_becomes_of_it() -> None:
    told = {(table.model, column) for table in personal.tables for column in table.columns}
    missing = sorted(f"{model._meta.label}.{column}" for model, column in naming_members() - told)
    assert not missing, (
        f"{', '.join(missing)}: export and erasure do not know of it. One line in the room's belongings.register():\n"
        '  personal.holds(WordMute, "owner", file="mutes.json", title=_("Words you mute"), fields={"word": "word"})\n'
        "Without a file it is not exported; erase=... where others' counts hang on the rows;\n"
        'kept="why" for what may outlive the member (ids only).'
    )


def test_lines_of_belongings_name_columns_that_exist() -> None:
    for table in personal.tables:
        names = {field.name for field in table.model._meta.concrete_fields}
        assert set(table.columns) <= names, f"{table.model._meta.label}: {set(table.columns) - names}"
        assert not (table.kept and table.erase), f"{table.model._meta.label} is kept or erased, not both"


def test_every_event_of_a_room_is_known_before_anybody_emits_it() -> None:
    declared = {kind.fact.__module__.partition(".")[0] for kind in outbox.kinds.values()}
    silent = sorted(with_file("events") - declared)
    assert not silent, f"{', '.join(silent)}: apps.py does not lead to events.py"

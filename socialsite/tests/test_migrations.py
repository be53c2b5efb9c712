"""An upgrade stops nobody: what looks through a table that people are using is done beside them."""

from django.apps import apps
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

# Before the rule.
EARLIER = {
    ("accounts", "0002_initial"),
    ("accounts", "0003_device_address"),
    ("accounts", "0006_sso"),
    ("accounts", "0010_tokens"),
}


def test_indexes_of_tables_in_use_are_built_while_others_write() -> None:
    ours = {app.label for app in apps.get_app_configs() if not app.module.__file__ or "site-packages" not in app.path}
    wrong = set()
    for (label, name), migration in MigrationLoader(None).disk_migrations.items():
        if label not in ours or (label, name) in EARLIER:
            continue
        made = {one.name_lower for one in migration.operations if isinstance(one, migrations.CreateModel)}
        for step in migration.operations:
            model = getattr(step, "model_name_lower", "")
            if model and model not in made and _looks_through(step):
                wrong.add(f"{label}.{name}: {step.describe()}")
    assert not wrong, f"use core.indexes in a migration with atomic = False: {sorted(wrong)}"


def _looks_through(step: migrations.operations.base.Operation) -> bool:
    if type(step) in (migrations.AddIndex, migrations.AddConstraint):
        return True
    field = getattr(step, "field", None)
    if type(step) is migrations.AddField:
        return bool(field.unique or field.db_index)
    return type(step) is migrations.AlterField and isinstance(field, models.ForeignKey)

"""What those are found by who are here already. Apart from the change of the table and in short transactions, so that
nobody waits for it; begun again, it goes on where it was."""

from django.db import migrations, transaction
from django.db.models import F

from accounts.models.names import parts, stale
from accounts.models.people import folded

BATCH = 500


def write_parts(apps, schema_editor):
    User, NamePart = apps.get_model("accounts", "User"), apps.get_model("accounts", "NamePart")
    last = 0
    while True:
        with transaction.atomic(using=schema_editor.connection.alias):
            rows = User.objects.select_for_update(no_key=True).filter(stale(), pk__gt=last).order_by("pk")
            batch = list(rows.only("pk", "display_name", "handle", "name_key", "created_at")[:BATCH])
            NamePart.objects.filter(person__in=batch).delete()
            made, moved = [], []
            for row in batch:
                if row.name_key != (key := folded(row.display_name)):
                    row.name_key = key
                    moved.append(row)
                made += [
                    NamePart(person=row, part=part, created_at=row.created_at, name_key=row.name_key)
                    for part in sorted(parts(row.display_name, row.handle))
                ]
            NamePart.objects.bulk_create(made, 2000)
            User.objects.bulk_update(moved, ["name_key"])
            called = {"parts_name": F("display_name"), "parts_handle": F("handle")}
            User.objects.filter(pk__in=[row.pk for row in batch]).update(**called)
        if not batch:
            return
        last = batch[-1].pk


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0016_name_parts")]

    operations = [migrations.RunPython(write_parts, migrations.RunPython.noop, elidable=True)]

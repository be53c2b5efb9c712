"""Names of those who are here already, as they are searched from now on. Apart from the change of the table and in
short transactions, so that nobody waits for it."""

from django.db import migrations, transaction

from accounts.models.people import folded

BATCH = 500


def fold_names(apps, schema_editor):
    people = apps.get_model("accounts", "User").objects.filter(name_key="").order_by("pk")
    last = 0
    while True:
        with transaction.atomic(using=schema_editor.connection.alias):
            batch = list(people.filter(pk__gt=last).only("pk", "display_name").select_for_update()[:BATCH])
            for person in batch:
                person.name_key = folded(person.display_name)
            people.model.objects.bulk_update(batch, ["name_key"])
        if not batch:
            return
        last = batch[-1].pk


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0012_ties")]

    operations = [migrations.RunPython(fold_names, migrations.RunPython.noop, elidable=True)]

"""The mailboxes of those who wait, then one for each. Of several of one mailbox the first has it; the others stay as they
are until they are answered."""

from django.db import migrations, models

from accounts.access.doors import fold
from core import indexes


def write_mailboxes(apps, schema_editor):
    rows = apps.get_model("accounts", "Application").objects.filter(state="waiting")
    seen = set(rows.exclude(mailbox="").values_list("mailbox", flat=True))
    for pk, email in rows.filter(mailbox="").order_by("pk").values_list("pk", "email"):
        if (mailbox := fold(email)) not in seen:
            rows.filter(pk=pk).update(mailbox=mailbox)
            seen.add(mailbox)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0020_application_mailbox")]

    operations = [
        migrations.RunPython(write_mailboxes, migrations.RunPython.noop, elidable=True),
        indexes.AddUnique(
            "application",
            models.UniqueConstraint(
                "mailbox",
                condition=models.Q(state="waiting") & ~models.Q(mailbox=""),
                name="application_once_a_mailbox",
            ),
        ),
    ]

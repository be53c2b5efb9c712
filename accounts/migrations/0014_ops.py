"""Why an export or an import waits or failed."""

from django.db import migrations, models

REASON = {
    "blank": True,
    "db_default": "",
    "default": "",
    "help_text": "Why it waits, or failed: a code.",
    "max_length": 12,
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_names")]

    operations = [
        migrations.AddField("export", "reason", models.CharField(**REASON)),
        migrations.AddField("import", "reason", models.CharField(**REASON)),
    ]

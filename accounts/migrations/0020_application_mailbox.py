from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0019_explore_indexes")]

    operations = [
        migrations.AddField(
            "application",
            "mailbox",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="As access.doors.fold leaves the address: one waits for each. Empty: of an older version.",
                max_length=254,
            ),
        ),
    ]

"""The code of a move waits in a session (accounts.moving). The columns stay for a version that still runs, and write
themselves; a later migration drops them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0021_application_mailbox_once")]

    operations = [
        migrations.AlterField("addresschange", "attempts", models.PositiveSmallIntegerField(default=0, db_default=0)),
        migrations.AlterField(
            "addresschange", "code_digest", models.CharField(max_length=64, blank=True, default="", db_default="")
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="addresschange", name="attempts"),
                migrations.RemoveField(model_name="addresschange", name="code_digest"),
            ]
        ),
    ]

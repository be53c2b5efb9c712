from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0006_taken")]

    operations = [
        migrations.AddField(
            "slot",
            "due_at",
            models.DateTimeField(
                null=True,
                help_text="Its owner says that everything is sent: next attempt at taking it over. Empty otherwise.",
            ),
        ),
        migrations.AddField("slot", "attempts", models.PositiveSmallIntegerField(default=0, db_default=0)),
        migrations.AlterField(
            "slot",
            "reason",
            models.CharField(blank=True, help_text="Why what came was not taken over.", max_length=32),
        ),
    ]

"""Requests wait for no bucket: what came with one is held here until a worker has put it there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0011_linkpreview")]

    operations = [
        migrations.CreateModel(
            name="Held",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="In the storage.", max_length=120)),
                ("number", models.PositiveIntegerField(help_text="Counted from 0.")),
                ("key", models.UUIDField(db_index=True, help_text="Of the upload or the archive.")),
                ("body", models.BinaryField()),
                (
                    "due_at",
                    models.DateTimeField(help_text="Of the first piece: when the file goes to the bucket.", null=True),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "held",
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="held_due")
                ],
                "constraints": [models.UniqueConstraint(fields=("name", "number"), name="held_once")],
            },
        ),
        migrations.AddField(
            "upload",
            "held",
            models.BooleanField(db_default=False, default=False, help_text="What is shown lies in Held, on its way."),
        ),
        migrations.AddField(
            "upload",
            "piece",
            models.JSONField(
                blank=True,
                help_text='Cut out of another: {"of": "<key>", "variant": "2048", "crop": [0, 0, 1, 1]}.',
                null=True,
            ),
        ),
        migrations.AddField(
            "slot",
            "asked_at",
            models.DateTimeField(help_text="Its owner waits for a worker to ask the bucket.", null=True),
        ),
        migrations.AddField(
            "slot",
            "seen",
            models.JSONField(
                help_text='What it said: {"parts": {"1": 5242880}} or {"reason": "away"}.', null=True
            ),
        ),
    ]

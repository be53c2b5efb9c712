"""Indexes of the members' table, those of 0008 too: databases that have them from there keep them. A run that was cut
off can be repeated."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0014_ops")]

    operations = [
        indexes.IndexField(
            "user",
            "handle",
            models.CharField(
                db_index=True,
                max_length=30,
                validators=[
                    django.core.validators.RegexValidator(
                        "^(?=.*[a-z])[a-z0-9_][a-z0-9_.]{0,28}[a-z0-9_]\\Z",
                        "A handle has 2 to 30 small letters, digits, dots or underscores, and at least one letter.",
                    )
                ],
                verbose_name="handle",
            ),
        ),
        indexes.IndexField(
            "user",
            "cover",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="uploads.upload",
            ),
        ),
        indexes.AddIndex("user", models.Index(fields=["name_key", "id"], name="user_by_name")),
        indexes.AddIndex(
            "user", models.Index(fields=["name_key"], name="user_name_begins", opclasses=["varchar_pattern_ops"])
        ),
        indexes.AddIndex("user", models.Index(fields=["-created_at", "-id"], name="user_newest")),
        indexes.AddIndex("user", models.Index(fields=["id"], condition=models.Q(is_staff=True), name="user_staff")),
        indexes.AddIndex("user", models.Index(fields=["id"], condition=models.Q(is_bot=True), name="user_bots")),
    ]

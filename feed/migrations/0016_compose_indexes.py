"""Hashtags by how they begin."""

from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feed", "0015_compose")]

    operations = [
        indexes.AddIndex(
            "source", models.Index(fields=["name"], name="source_begins", opclasses=["varchar_pattern_ops"])
        )
    ]

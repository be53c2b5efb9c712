"""Slots whose owners wait for a worker."""

from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("uploads", "0012_held")]

    operations = [
        indexes.AddIndex(
            "slot", models.Index(fields=["asked_at"], condition=models.Q(asked_at__isnull=False), name="slot_asked")
        ),
    ]

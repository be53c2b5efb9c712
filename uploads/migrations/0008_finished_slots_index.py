from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("uploads", "0007_finished_slots")]

    operations = [
        indexes.AddIndex(
            "slot", models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="slot_due")
        ),
    ]

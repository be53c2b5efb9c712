from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("uploads", "0009_files")]

    operations = [
        indexes.AddCheck(
            "upload",
            models.CheckConstraint(
                condition=~models.Q(state="ready")
                | models.Q(width__gt=0, height__gt=0)
                | models.Q(medium__in=("audio", "file")),
                name="upload_ready_has_size",
            ),
        ),
    ]

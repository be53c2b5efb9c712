"""Sounds have no size. Looked through beside those who use the table; a run that was cut off can be repeated."""

from django.db import migrations, models
from django.db.models import Q

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("uploads", "0004_media")]

    operations = [
        indexes.AddCheck(
            "upload",
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(width__gt=0, height__gt=0) | Q(medium="audio"),
                name="upload_ready_has_size",
            ),
        ),
    ]

"""Indexes of a table in use. A run that was cut off can be repeated."""

from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feed", "0011_posts")]

    operations = [
        indexes.AddIndex(
            "post",
            models.Index(fields=["place", "-id"], condition=models.Q(place__isnull=False), name="post_of_place"),
        ),
        indexes.AddIndex(
            "post",
            models.Index(fields=["author", "-pinned_at"], condition=models.Q(pinned_at__isnull=False), name="post_pinned"),
        ),
    ]

"""Indexes for what was deleted lately, of tables in use. A run that was cut off can be repeated."""

from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feed", "0019_linkpreview")]

    operations = [
        indexes.AddIndex(
            "post",
            models.Index(fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="post_deleted"),
        ),
        indexes.AddIndex(
            "comment",
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False, picture__isnull=False),
                name="comment_picture_deleted",
            ),
        ),
    ]

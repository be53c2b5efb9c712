"""Indexes of shares, among the posts there are. A run that was cut off can be repeated."""

from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feed", "0013_shares")]

    operations = [
        indexes.AddIndex(
            "post",
            models.Index(
                fields=["shared", "-id"], condition=models.Q(("shared__isnull", False)), name="post_of_shared"
            ),
        ),
        indexes.AddUnique(
            "post",
            models.UniqueConstraint(
                fields=("author", "shared"),
                condition=models.Q(models.Q(("is_share", True), ("text", "")), ("deleted_at__isnull", True)),
                name="post_shared_once",
            ),
        ),
    ]

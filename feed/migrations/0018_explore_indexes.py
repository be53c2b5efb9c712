"""Indexes for what a member said and reacted to lately, of tables in use. A run that was cut off can be repeated."""

from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feed", "0017_explore")]

    operations = [
        indexes.AddIndex("comment", models.Index(fields=["author", "-id"], name="comment_of_author")),
        indexes.AddIndex(
            "reaction",
            models.Index(fields=["user", "-id"], condition=models.Q(post__isnull=False), name="reactions_to_posts_of"),
        ),
    ]

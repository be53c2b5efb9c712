"""Indexes of tables in use. A run that was cut off can be repeated."""

from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0010_marks")]

    operations = [
        indexes.AddIndex(
            "message",
            models.Index(condition=models.Q(("link__isnull", False)), fields=["link", "-id"], name="message_of_link"),
        ),
        indexes.AddIndex(
            "messagemark",
            models.Index(
                condition=models.Q(("reaction", ""), _negated=True),
                fields=["message", "-id"],
                name="message_mark_reaction",
            ),
        ),
    ]

"""Indexes of tables in use, and one that nobody asks any more."""

from django.db import migrations, models

from core import indexes

WAITING = models.Q(("declined_at__isnull", True))
STALE = ~models.Q(parts_handle=models.F("handle"), parts_name=models.F("display_name"))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0017_name_parts_fill")]

    operations = [
        indexes.AddIndex("user", models.Index(condition=STALE, fields=["id"], name="user_parts_stale")),
        indexes.AddIndex("friendrequest", models.Index(condition=WAITING, fields=["asker", "-id"], name="friend_sent")),
        indexes.AddIndex("followrequest", models.Index(condition=WAITING, fields=["asker", "-id"], name="request_sent")),
        migrations.RemoveIndex("user", "user_name_begins"),
    ]

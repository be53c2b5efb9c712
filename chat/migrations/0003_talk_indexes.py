"""Indexes of tables in use. A run that was cut off can be repeated."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0002_talk")]

    operations = [
        indexes.UnindexField(
            "message",
            "conversation",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="chat.conversation",
            ),
        ),
        indexes.UnindexField(
            "message",
            "sender",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="messages",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        indexes.AddIndex(
            "conversation",
            models.Index(
                condition=models.Q(("picture__isnull", False)), fields=["picture"], name="conversation_of_picture"
            ),
        ),
        indexes.AddIndex("membership", models.Index(condition=models.Q(("sync__gt", 0)), fields=["user", "sync"], name="membership_sync")),
        indexes.AddIndex(
            "membership",
            models.Index(
                condition=models.Q(("pinned_at__isnull", False)),
                fields=["user", "-pinned_at"],
                name="membership_pinned",
            ),
        ),
        indexes.AddIndex(
            "membership",
            models.Index(condition=models.Q(("is_request", True)), fields=["user", "-id"], name="membership_request"),
        ),
        indexes.AddIndex(
            "membership",
            models.Index(
                condition=models.Q(("invited_by__isnull", False)), fields=["invited_by"], name="membership_by"
            ),
        ),
        indexes.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("pinned_at__isnull", False)),
                fields=["conversation", "-pinned_at"],
                name="message_pinned",
            ),
        ),
        indexes.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("expires_at__isnull", False)), fields=["expires_at"], name="message_expires"
            ),
        ),
        indexes.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("deleted_by__isnull", False)), fields=["deleted_by"], name="message_deleted_by"
            ),
        ),
    ]

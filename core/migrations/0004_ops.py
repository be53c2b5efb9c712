"""Mails by address, for erasure; the audit trail by what was done, for staff."""

from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("core", "0003_settings_and_audit")]

    operations = [
        indexes.AddIndex("mail", models.Index(fields=["to"], name="mail_to")),
        indexes.AddIndex("auditentry", models.Index(fields=["action", "-id"], name="audit_by_action")),
    ]

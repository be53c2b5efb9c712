"""The table stands already: feed made it. Here and in feed's 0019 only its model moves."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("uploads", "0010_files_size"), ("feed", "0018_explore_indexes")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="LinkPreview",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                        ),
                        ("url", models.TextField(help_text="In the one spelling of core.fetch.")),
                        ("digest", models.CharField(help_text="SHA-256 of the address.", max_length=64, unique=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("ready", "Ready"),
                                    ("failed", "Failed, to be tried again"),
                                    ("none", "Nothing to show"),
                                ],
                                default="waiting",
                                max_length=8,
                            ),
                        ),
                        ("title", models.CharField(blank=True, max_length=200)),
                        ("description", models.CharField(blank=True, max_length=400)),
                        ("site_name", models.CharField(blank=True, max_length=80)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        (
                            "due_at",
                            models.DateTimeField(
                                default=django.utils.timezone.now,
                                help_text="Next attempt; also the end of a worker's claim. Empty when done.",
                                null=True,
                            ),
                        ),
                        ("fetched_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "expires_at",
                            models.DateTimeField(
                                blank=True, help_text="Who writes it later has it fetched again.", null=True
                            ),
                        ),
                        (
                            "wanted_at",
                            models.DateTimeField(
                                default=django.utils.timezone.now,
                                help_text="When something with this link was written last.",
                            ),
                        ),
                        (
                            "upload",
                            models.OneToOneField(
                                blank=True,
                                help_text="Nobody's.",
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="uploads.upload",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "feed_linkpreview",
                        "indexes": [
                            models.Index(condition=Q(("due_at__isnull", False)), fields=["due_at"], name="preview_due"),
                            models.Index(fields=["wanted_at"], name="preview_wanted"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=Q(("due_at__isnull", False), ("state__in", ("ready", "none")), _connector="OR"),
                                name="preview_due_while_open",
                            ),
                            models.CheckConstraint(
                                condition=Q(("state", "ready"), ("title", ""), _negated=True),
                                name="preview_ready_has_title",
                            ),
                        ],
                    },
                )
            ]
        )
    ]

"""What members take along when they go elsewhere, and what they bring."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class ArchiveState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    WORKING = "working", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


OPEN = (ArchiveState.WAITING, ArchiveState.WORKING)


class Archive(models.Model):
    """A zip that a worker makes or reads. `due_at` is the next attempt and the end of a worker's claim; `attempts`
    says whose claim it is. One is open for each member at a time."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=8, choices=ArchiveState.choices, default=ArchiveState.WAITING)
    done = models.PositiveIntegerField(default=0, help_text="Steps behind it, of `total`.")
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    reason = models.CharField(
        max_length=12, blank=True, default="", db_default="", help_text="Why it waits, or failed: a code."
    )
    bytes = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When the file goes.")

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


class Export(Archive):
    """Everything of one member as a zip, there for a week."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(state__in=OPEN), name="export_one_open"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="export_of_user"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="export_due"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="export_expires"),
        ]

    def __str__(self) -> str:
        return f"export {self.key}"

    @property
    def file_name(self) -> str:
        return f"{self.user.handle}-{self.created_at:%Y-%m-%d}.zip"


class Import(Archive):
    """A zip from another site of our kind, that a member wants to have here."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="imports")
    only_me = models.BooleanField(default=False, help_text="Posts are for the member alone, whatever they were.")
    report = models.JSONField(default=dict, blank=True, help_text="How many of what came, and why not; handles.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(state__in=OPEN), name="import_one_open"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="import_of_user"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="import_due"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="import_expires"),
        ]

    def __str__(self) -> str:
        return f"import {self.key}"

"""What the first link of a post leads to, as a worker found it: one row for all posts with the same link."""

from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LinkPreview(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed, to be tried again")
        NONE = "none", _("Nothing to show")

    url = models.TextField(help_text="In the one spelling of core.fetch.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the address.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    title = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=400, blank=True)
    site_name = models.CharField(max_length=80, blank=True)
    upload = models.OneToOneField(
        "uploads.Upload", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Nobody's."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(
        null=True, default=timezone.now, help_text="Next attempt; also the end of a worker's claim. Empty when done."
    )
    fetched_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="A post written later has it fetched again.")
    wanted_at = models.DateTimeField(default=timezone.now, help_text="When a post with this link was written last.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at__isnull=False) | Q(state__in=("ready", "none")), name="preview_due_while_open"
            ),
            models.CheckConstraint(condition=~Q(state="ready", title=""), name="preview_ready_has_title"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="preview_due"),
            models.Index(fields=["wanted_at"], name="preview_wanted"),
        ]

    def __str__(self) -> str:
        return f"preview {self.pk}"

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def host(self) -> str:
        """In ASCII, so that no letter looks like another."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")

"""Requests to join that a moderator answers."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class Application(models.Model):
    """Somebody has proven an address and asks to join. Waiting, it keeps handle and address from others; decided, it
    tells moderators what was decided, until the clock forgets it."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        ACCEPTED = "accepted", "accepted"
        DECLINED = "declined", "declined"

    email = models.EmailField()
    mailbox = models.CharField(
        max_length=254,
        default="",
        db_default="",
        blank=True,
        help_text="As access.doors.fold leaves the address: one waits for each. Empty: of an older version.",
    )
    handle = models.CharField(max_length=30)
    display_name = models.CharField(max_length=60)
    password_hash = models.CharField(max_length=128, blank=True, help_text="Emptied when decided.")
    language = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=1000, help_text="Why they would like to join, in their words.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    answer = models.CharField(max_length=1000, blank=True, help_text="What a declined person was told.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("email", condition=models.Q(state="waiting"), name="application_once"),
            models.UniqueConstraint(
                "mailbox",
                condition=models.Q(state="waiting") & ~models.Q(mailbox=""),
                name="application_once_a_mailbox",
            ),
            models.UniqueConstraint(Lower("handle"), condition=models.Q(state="waiting"), name="applied_handle_once"),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="applications_by_state"),
            models.Index(fields=["state", "decided_at"], name="applications_by_age"),
        ]

    def __str__(self) -> str:
        return f"application {self.pk} ({self.state})"

"""What members report."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

WORDS_LIMIT = 1000  # characters of what somebody adds in their own words


class Reason(models.TextChoices):
    SPAM = "spam", _("It is spam, or a scam")
    HARASSMENT = "harassment", _("It bullies or threatens somebody")
    HATE = "hate", _("It is hateful towards a group of people")
    VIOLENCE = "violence", _("It shows violence, or calls for it")
    SEXUAL = "sexual", _("It is sexual and should not be here")
    PRIVATE = "private", _("It shows somebody's private things")
    PRETENDS = "pretends", _("It pretends to be somebody else")
    HARM = "harm", _("Somebody may be in danger, or hurt themselves")
    OTHER = "other", _("Something else")


class Report(models.Model):
    """One member's word about one thing; `member` is whose thing it is. What is reported may be of any room, so it is
    named by kind and id; `copy` is its text as it stood then, for it may be changed or gone when somebody looks."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("looked at")

    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    reason = models.CharField(max_length=20, choices=Reason.choices)
    words = models.TextField(blank=True)
    copy = models.TextField(blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now, help_text=_("When its reporter last wrote it."))
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reporter", "kind", "subject_id"], name="report_once")]
        indexes = [
            models.Index(fields=["state", "id"], name="reports_waiting"),
            models.Index(fields=["kind", "subject_id", "id"], name="reports_about"),
            models.Index(fields=["closed_at"], name="reports_closed", condition=models.Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"report {self.pk} of {self.kind} {self.subject_id}"

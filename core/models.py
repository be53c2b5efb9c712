"""The event log and who has read how far, what the owner decided, who did what; signs of life for the doctor."""

from django.db import models


class Event(models.Model):
    """One fact, appended in the transaction that made it true. `number` is its place, given after commit."""

    number = models.BigIntegerField(null=True, unique=True, editable=False)
    name = models.CharField(max_length=80)
    subject = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(number__isnull=True), name="event_unnumbered"),
            models.Index(fields=["name", "number"], name="event_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.number or 'unnumbered'} {self.name} {self.subject}"


class Head(models.Model):
    """One row: the last number given. Its lock makes the dispatcher one at a time."""

    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="head_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)


class Subscriber(models.Model):
    """How far one subscriber has read the log; its lock makes its delivery one at a time."""

    name = models.CharField(max_length=80, unique=True)
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"


class Parked(models.Model):
    """An event that failed for one subscriber, or that waits behind a failed one of the same subject."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE)
    event = models.ForeignKey(Event, on_delete=models.PROTECT)
    subject = models.CharField(max_length=80)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="Next attempt; empty while it waits behind another or is dead.")
    dead = models.BooleanField(default=False)
    error = models.CharField(max_length=200, blank=True, help_text="Kind and place of the last failure, never data.")
    parked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "parked events"
        constraints = [models.UniqueConstraint(fields=["subscriber", "event"], name="parked_once")]
        indexes = [
            models.Index(fields=["subscriber", "subject", "event"], name="parked_by_subject"),
            models.Index(fields=["subscriber", "due_at"], name="parked_due"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber.name}: {self.event}"


class Pulse(models.Model):
    """A sign of life that another process can read: beat's tick, an answer to the doctor."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField(auto_now=True)
    detail = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"


class Mail(models.Model):
    """One mail on its way out. Its words are emptied as soon as nobody will send it any more."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        SENT = "sent", "sent"
        FAILED = "failed", "failed"
        EXPIRED = "expired", "expired"

    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    html = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(
        help_text="Nobody else touches it before: a sender's claim, or the next attempt."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="After this it is not worth sending.")
    error = models.CharField(max_length=80, blank=True, help_text="Kind of the last failure, never data.")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["claimed_until", "id"], condition=models.Q(state="waiting"), name="mail_due"),
            models.Index(fields=["created_at"], name="mail_age"),
            models.Index(fields=["to"], name="mail_to"),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk} ({self.state})"


class Count(models.Model):
    """How often something happened lately (core.limits), where that must outlive a restart."""

    key = models.CharField(max_length=64, unique=True, help_text="A digest: whose it is cannot be read from it.")
    turn = models.BigIntegerField(default=-9, help_text="The window that `count` belongs to.")
    count = models.PositiveIntegerField(default=0)
    before = models.PositiveIntegerField(default=0, help_text="The count of the window before.")
    until = models.BigIntegerField(default=0, db_index=True, help_text="Seconds since 1970; it limits nobody after.")

    def __str__(self) -> str:
        return f"{self.count} in window {self.turn}"


class Setting(models.Model):
    """One decision of the owner (core.options); what has no row is as the program has it."""

    key = models.CharField(max_length=80, unique=True)
    value = models.JSONField()
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.key


class AuditEntry(models.Model):
    """Somebody with power did something (core.audit). Appended, never changed; ids and kinds only, so that it may
    outlive those it tells of."""

    actor_id = models.BigIntegerField(null=True, blank=True, help_text="Who did it; empty for the shell and the clock.")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, help_text="What it was done to, such as user:5.")
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "-id"], name="audit_of_subject"),
            models.Index(fields=["actor_id", "-id"], name="audit_of_actor"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"

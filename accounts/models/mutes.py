"""What a member does not want to hear of, and until when. Only they know. `until` empty: for ever."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User

WORDS_LIMIT = 200  # of one member
WORD_LENGTH = 100


class Span(models.TextChoices):
    """How long a mute holds."""

    HOUR = "hour", _("For one hour")
    DAY = "day", _("For one day")
    WEEK = "week", _("For one week")
    EVER = "ever", _("Until I change my mind")


class Mute(models.Model):
    muter = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mutes")
    muted = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["muter", "muted"], name="mute_once"),
            models.CheckConstraint(condition=~models.Q(muter=models.F("muted")), name="mute_not_self"),
        ]
        indexes = [
            models.Index(fields=["muter", "-id"], name="mutes_of"),
            models.Index(fields=["until"], name="mute_ends", condition=models.Q(until__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.muter_id} mutes {self.muted_id}"


class MutedWord(models.Model):
    """A word or phrase. `folded` is what texts are searched for: core.folding.needle of it."""

    muter = models.ForeignKey(User, on_delete=models.CASCADE, related_name="muted_words")
    phrase = models.CharField(max_length=WORD_LENGTH)
    folded = models.CharField(max_length=4 * WORD_LENGTH)
    until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["muter", "folded"], name="muted_word_once")]
        indexes = [
            models.Index(fields=["muter", "-id"], name="muted_words_of"),
            models.Index(fields=["until"], name="muted_word_ends", condition=models.Q(until__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"a word muted by {self.muter_id}"

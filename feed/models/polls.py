"""Polls: a post's choices with their counts in one row, and who has voted for what."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from feed.models.posts import Post

CHOICES_LEAST, CHOICES_MOST = 2, 10
CHOICE_LIMIT = 100  # characters
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=30)


class Poll(models.Model):
    """`votes` stands beside `choices` and is changed only under the lock of the post, as the reactions of a post are;
    `manage.py recount` can make it anew from Vote."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, primary_key=True, related_name="poll")
    choices = models.JSONField(default=list)
    votes = models.JSONField(default=list)
    voters_count = models.PositiveIntegerField(default=0)
    is_multiple = models.BooleanField(default=False)
    ends_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"poll of post {self.post_id}"

    def count(self, chosen: Sequence[int], step: int) -> None:
        """One vote more or less, in memory."""
        for place in chosen:
            self.votes[place] = max(0, self.votes[place] + step)
        self.voters_count = max(0, self.voters_count + (step if chosen else 0))

    def is_over(self, now: datetime | None = None) -> bool:
        return self.ends_at is not None and self.ends_at <= (now or timezone.now())


class Vote(models.Model):
    """What one member has chosen: the places of the choices, one or, where that is allowed, several. Who voted for what
    is shown to nobody else."""

    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="+", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    chosen = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["poll", "member"], name="vote_once")]

    def __str__(self) -> str:
        return f"vote of {self.member_id} in the poll of post {self.poll_id}"

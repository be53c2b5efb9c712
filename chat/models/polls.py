"""Polls in conversations: messages whose `data` says what may be chosen and how it stands, and who has voted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from chat.models.messages import Message

QUESTION_LIMIT = 300
CHOICES_LEAST, CHOICES_MOST = 2, 10
CHOICE_LIMIT = 100
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=30)


class Vote(models.Model):
    """What one member has chosen: the places of the choices, one or, where that is allowed, several."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    chosen = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "member"], name="chat_vote_once")]
        indexes = [models.Index(fields=["message", "-id"], name="chat_vote_of_poll")]

    def __str__(self) -> str:
        return f"vote of {self.member_id} in the poll {self.message_id}"


class Poll:
    """A poll as `data` of its message holds it. Changed only under the lock of the conversation, so that what is shown,
    resumed and counted is one row."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.choices: list[str] = data["choices"]
        self.votes: list[int] = data["votes"]
        self.voters: int = data["voters"]
        self.is_multiple: bool = data["is_multiple"]
        self.is_anonymous: bool = data["is_anonymous"]
        self.ends_at = _time(data["ends_at"])
        self.closed_at = _time(data["closed_at"])

    def as_data(self) -> dict[str, Any]:
        return {
            **vars(self),
            "ends_at": self.ends_at and self.ends_at.isoformat(),
            "closed_at": self.closed_at and self.closed_at.isoformat(),
        }

    @staticmethod
    def fresh(choices: list[str], *, is_multiple: bool, is_anonymous: bool, ends_at: datetime | None) -> dict[str, Any]:
        """The `data` of a poll in which nobody has voted."""
        return {
            "choices": choices,
            "votes": [0] * len(choices),
            "voters": 0,
            "is_multiple": is_multiple,
            "is_anonymous": is_anonymous,
            "ends_at": ends_at and ends_at.isoformat(),
            "closed_at": None,
        }

    def count(self, chosen: Sequence[int], step: int) -> None:
        """One vote more or less."""
        for place in chosen:
            self.votes[place] = max(0, self.votes[place] + step)
        self.voters = max(0, self.voters + (step if chosen else 0))

    @property
    def is_over(self) -> bool:
        return self.closed_at is not None or (self.ends_at is not None and self.ends_at <= timezone.now())


def _time(written: str | None) -> datetime | None:
    return parse_datetime(written) if written else None

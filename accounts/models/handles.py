"""Handles that members had."""

from django.db import models
from django.utils import timezone

from accounts.models.people import User


class FormerHandle(models.Model):
    """`person` was called this until `left_at`. A row for each change: addresses with it lead to them as long as nobody
    else has it, and for a year nobody else may."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="former_handles", db_index=False)
    handle = models.CharField(max_length=30)
    left_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["handle", "-left_at"], name="former_handle_newest"),
            models.Index(fields=["person", "-left_at"], name="former_handle_of"),
        ]

    def __str__(self) -> str:
        return f"@{self.handle}, once {self.person_id}"

"""Members who move to another e-mail address."""

import hashlib

from django.db import models
from django.utils import timezone

from accounts.models.people import User


class AddressChange(models.Model):
    """One wish to move, and for a week the way back from it. The code waits elsewhere (accounts.moving); of the link of
    the notice only what recognises it stands here."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="address_changes")
    old = models.EmailField()
    new = models.EmailField()
    undo_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="address_changes_of"),
            models.Index(fields=["created_at"], name="address_change_age"),
        ]

    def __str__(self) -> str:
        return f"address change {self.pk} of {self.user_id}"

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

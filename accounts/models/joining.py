"""Ways to become a member."""

import hashlib

from django.db import models


class OwnerLink(models.Model):
    """The one-time link that makes the owner's account. Only its digest is kept; a new one replaces it."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"owner link of {self.created_at:%Y-%m-%d %H:%M}"

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

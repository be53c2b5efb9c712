"""Logins of browsers and apps."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.models.people import User


class Device(models.Model):
    """One login. The session, the refresh family or the token, and the sockets of it hang on this row; ending it ends
    them all."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    key = models.UUIDField(unique=True)
    session_key = models.CharField(max_length=40, blank=True, db_index=True)
    refresh_id = models.CharField(
        max_length=40, blank=True, help_text="The one refresh token of the family that is good."
    )
    previous_id = models.CharField(max_length=40, blank=True, help_text="The one before; good for some seconds more.")
    refreshed_at = models.DateTimeField(null=True, blank=True)
    client = models.CharField(max_length=200, blank=True)
    identity = models.ForeignKey(
        "accounts.Identity", null=True, blank=True, on_delete=models.SET_NULL, related_name="devices"
    )  # by which provider it came, if by one
    provider_sid = models.CharField(
        max_length=200, null=True, blank=True, db_index=True, help_text="The provider's name for its own session."
    )
    address = models.GenericIPAddressField(null=True, blank=True, help_text="Gone as soon as the login ends.")
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    proven_at = models.DateTimeField(null=True, blank=True, help_text="When its member last proved again who they are.")
    # What the token behind a request may do; None for browsers and apps, which may whatever their member may.
    scopes: ClassVar[frozenset[str] | None] = None

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "-seen_at", "-id"], condition=models.Q(ended_at__isnull=True), name="device_standing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.client} of {self.user_id}"

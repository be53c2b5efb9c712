"""Invitations, and who came by whom."""

import hashlib

from django.conf import settings
from django.db import models
from django.utils import timezone


class Invitation(models.Model):
    """A link that lets some people in. Only its digest is kept: the link is shown once, and can be made anew."""

    inviter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Empty: made in the shell.",
    )
    digest = models.CharField(max_length=64, unique=True)
    email = models.EmailField(blank=True, help_text="Where it was sent; empty for a link that is passed on by hand.")
    only_email = models.BooleanField(default=False, help_text="Good for that address alone.")
    mail = models.ForeignKey("core.Mail", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    uses = models.PositiveIntegerField(default=1, help_text="How many may join with it.")
    used = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(used__lte=models.F("uses")), name="invitation_not_overused")
        ]
        indexes = [models.Index(fields=["inviter", "-id"], name="invitations_of")]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()


class Arrival(models.Model):
    """A member came by an invitation: who invited whom. Stays as long as the two are members."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="arrival")
    inviter = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    invitation = models.ForeignKey(Invitation, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["inviter", "-id"], name="arrivals_by")]

    def __str__(self) -> str:
        return f"{self.person_id} by {self.inviter_id}"

"""Who may come in at all."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    """How one becomes a member; the owner's choice (access.doors.MODE)."""

    OPEN = "open", _("Open: everybody may join")
    INVITATION = "invitation", _("By invitation only")
    DOMAINS = "domains", _("Only with an address of certain domains")
    APPROVAL = "approval", _("A moderator looks at each request")
    CLOSED = "closed", _("Closed: nobody joins")


class Inviters(models.TextChoices):
    """Who may invite; the owner's choice (access.doors.INVITERS)."""

    MEMBERS = "members", _("All members")
    MODERATORS = "moderators", _("Moderators and admins")
    ADMINS = "admins", _("Admins")


class BlockedAddress(models.Model):
    """An e-mail address, or a domain with all below it, that nobody may join with."""

    pattern = models.CharField(
        max_length=254, unique=True, help_text="As access.doors.fold leaves an address, or a domain in ASCII."
    )
    blocked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "blocked addresses"

    def __str__(self) -> str:
        return self.pattern

"""What a member decides about the chat as a whole, and the number of what is theirs alone."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Writers(models.TextChoices):
    """Who may begin a conversation with a member."""

    EVERYONE = "everyone", _("Everybody; who you do not know sends a request")
    KNOWN = "known", _("People you follow, and friends")
    NOBODY = "nobody", _("Nobody")


class Circle(models.TextChoices):
    """Who sees whether a member is there, and whose being there the member sees."""

    EVERYONE = "everyone", _("All members")
    KNOWN = "known", _("People you follow, and friends")
    NOBODY = "nobody", _("Nobody")


class ChatMember(models.Model):
    """`sync` numbers the changes of what is one person's alone; its row lock is their order."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    sync = models.BigIntegerField(default=0)
    writers = models.CharField(max_length=8, choices=Writers.choices, default=Writers.EVERYONE)
    presence = models.CharField(max_length=8, choices=Circle.choices, default=Circle.EVERYONE)
    shows_reading = models.BooleanField(
        default=True, help_text="Others see how far they have read and what has reached them; else neither side does."
    )
    seen_at = models.DateTimeField(null=True, help_text="When they were last here, right to some minutes.")

    def __str__(self) -> str:
        return f"chat of {self.user_id}"

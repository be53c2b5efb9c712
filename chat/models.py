"""Conversations, who is in them and how far they have read, and what was said."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

TEXT_LIMIT = 5000


class Kind(models.TextChoices):
    DIRECT = "direct", _("Two people")
    GROUP = "group", _("Group")


class Conversation(models.Model):
    """Its row lock is the order of all that happens in it.

    `last_seq` numbers messages without holes, `rev` numbers changes, `members_version` is raised by whatever changes
    who may see what is said here.
    """

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.DIRECT)
    direct_key = models.CharField(max_length=41, null=True, unique=True, help_text="low:high ids of the two.")
    last_seq = models.BigIntegerField(default=0)
    rev = models.BigIntegerField(default=0)
    members_version = models.BigIntegerField(default=1)
    last_message_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind=Kind.DIRECT, direct_key__isnull=False)
                | (~models.Q(kind=Kind.DIRECT) & models.Q(direct_key__isnull=True)),
                name="conversation_direct_has_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} conversation {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("chat:conversation", args=[self.pk])

    @staticmethod
    def key_of(one: int, other: int) -> str:
        return f"{min(one, other)}:{max(one, other)}"


class Membership(models.Model):
    """One person in one conversation.

    `own_after` counts the member's own messages after `read_seq`, so unread is last_seq - read_seq - own_after.
    `unread` says whether that is above zero: it changes once per reading, not per message, and the badge counts it
    over a partial index. `active_at` is the conversation's last activity, right to a minute, for the inbox's index.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    joined_seq = models.BigIntegerField(default=0, help_text="Messages up to here were before this member's time.")
    read_seq = models.BigIntegerField(default=0)
    own_after = models.IntegerField(default=0)
    unread = models.BooleanField(default=False)
    active_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="membership_once")]
        indexes = [
            models.Index(
                fields=["user", "-active_at", "-id"],
                condition=models.Q(active_at__isnull=False),
                name="membership_inbox",
            ),
            models.Index(fields=["user"], condition=models.Q(unread=True), name="membership_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"

    def unread_of(self, conversation: Conversation) -> int:
        """How much of what others said is unread; `conversation` is this one's row as it is now."""
        return conversation.last_seq - self.read_seq - self.own_after


class Message(models.Model):
    """One message; plain text, whose links are made when it is shown. `rev` is that of its latest change."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    seq = models.BigIntegerField()
    rev = models.BigIntegerField()
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="messages")
    client_id = models.UUIDField(help_text="Chosen by the client: what it sends twice stands once.")
    text = models.CharField(max_length=TEXT_LIMIT)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_in_order"),
            models.UniqueConstraint(fields=["sender", "client_id"], name="message_once"),
        ]
        indexes = [models.Index(fields=["conversation", "rev"], name="message_resume")]

    def __str__(self) -> str:
        return f"message {self.seq} of {self.conversation_id}"

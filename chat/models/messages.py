"""What was said, what became of it, and what each member makes of it for themselves."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models.conversations import Conversation
from chat.models.stickers import ID_LENGTH
from core.reactions import KIND_LENGTH
from uploads.models import LinkPreview

if TYPE_CHECKING:
    from chat.models.files import MessageFile

TEXT_LIMIT = 5000


class MessageKind(models.TextChoices):
    TEXT = "text", _("Message")
    POLL = "poll", _("Poll")
    SYSTEM = "system", _("Notice")


class Message(models.Model):
    """One message; plain text, whose links are made when it is shown. `rev` is that of its latest change.

    Deleted for everyone it stays in its place without its words (`deleted_at`). Every index begins with the
    conversation or the sender, or holds few rows, so that twenty million messages can be told apart by conversation.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    seq = models.BigIntegerField()
    rev = models.BigIntegerField()
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="messages", db_index=False
    )
    client_id = models.UUIDField(help_text="Chosen by the client: what it sends twice stands once.")
    kind = models.CharField(
        max_length=8, choices=MessageKind.choices, default=MessageKind.TEXT, db_default=MessageKind.TEXT
    )
    text = models.CharField(max_length=TEXT_LIMIT)
    sticker = models.CharField(
        max_length=ID_LENGTH, default="", db_default="", blank=True, help_text="Its id (pack/key), instead of words."
    )
    data = models.JSONField(null=True, help_text="Of a notice: what happened, by ids. Of a poll: how it stands.")
    mentions = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    reply_seq = models.BigIntegerField(null=True, help_text="The message of this conversation that it answers.")
    is_forwarded = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True, help_text="For everyone; its words are gone.")
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    expires_at = models.DateTimeField(null=True, help_text="Nobody sees it after.")
    pinned_at = models.DateTimeField(null=True)
    files_count = models.SmallIntegerField(default=0, db_default=0, help_text="What it carries (MessageFile).")
    reactions = models.JSONField(null=True, help_text="Kind to number, kept by the marks; null: none.")
    link = models.ForeignKey(
        LinkPreview,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The card of its first link; its sender may take it away.",
    )
    is_closed = False  # to the reader of this row (queries.closing)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_in_order"),
            models.UniqueConstraint(fields=["sender", "client_id"], name="message_once"),
        ]
        indexes = [
            models.Index(fields=["conversation", "rev"], name="message_resume"),
            models.Index(
                fields=["conversation", "-pinned_at"], condition=Q(pinned_at__isnull=False), name="message_pinned"
            ),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="message_expires"),
            models.Index(fields=["deleted_by"], condition=Q(deleted_by__isnull=False), name="message_deleted_by"),
            models.Index(fields=["link", "-id"], condition=Q(link__isnull=False), name="message_of_link"),
        ]

    def __str__(self) -> str:
        return f"message {self.seq} of {self.conversation_id}"

    @property
    def says(self) -> bool:
        """Whether there is anything in it (still)."""
        return bool(self.text or self.sticker or self.files_count)

    @property
    def chips(self) -> list[tuple[str, int]]:
        """Kinds of reactions and their numbers, the most frequent first."""
        return sorted((self.reactions or {}).items(), key=lambda one: (-one[1], one[0]))

    @property
    def is_gone(self) -> bool:
        """Only its place is left; a notice is words of its own."""
        return self.deleted_at is not None or not (self.says or self.kind == MessageKind.SYSTEM)

    @property
    def carried(self) -> "list[MessageFile]":
        """Its files in their order; lists of messages have them ready (queries.files)."""
        found = list(self.files.all()) if self.files_count else []
        for one in found:
            one.upload.ends_at = self.expires_at
        return found


class MessageVersion(models.Model):
    """The words of a message before an edit, for moderators."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="versions")
    text = models.CharField(max_length=TEXT_LIMIT, blank=True)
    created_at = models.DateTimeField(default=timezone.now, help_text="When these words were replaced.")

    def __str__(self) -> str:
        return f"version {self.pk} of message {self.message_id}"


class MessageMark(models.Model):
    """What one member made of a message for themselves. The row stays when a star is taken away: `sync` tells the
    member's other devices."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="marks")
    starred_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True, help_text="Deleted for this member alone.")
    reaction = models.CharField(max_length=KIND_LENGTH, blank=True, default="", db_default="")
    sync = models.BigIntegerField(help_text="The member's own number of this change.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "message"], name="message_mark_once")]
        indexes = [
            models.Index(fields=["user", "sync"], name="message_mark_sync"),
            models.Index(
                fields=["user", "-starred_at", "-id"],
                condition=Q(starred_at__isnull=False),
                name="message_mark_starred",
            ),
            models.Index(fields=["message", "-id"], condition=~Q(reaction=""), name="message_mark_reaction"),
        ]

    def __str__(self) -> str:
        return f"mark of {self.user_id} on message {self.message_id}"

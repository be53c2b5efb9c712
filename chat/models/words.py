"""By what words messages are found."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.files import FileKind
from chat.models.messages import Message

HAS = [*FileKind.choices, ("link", _("Links"))]  # what a message that is looked for may carry


class MessageWords(models.Model):
    """The terms of a message (core.terms) with marks for where it stands, whose it is and what it carries. Written
    behind the one writer, by actions.words alone. PostgreSQL has a GIN index over it, SQLite an FTS5 table that
    triggers keep in step (migration 0005)."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="+")
    terms = models.TextField()

    def __str__(self) -> str:
        return f"words of message {self.message_id}"

"""What messages carry besides words."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chat.models.conversations import Conversation
from chat.models.messages import Message

FILES_LIMIT = 10  # of one message
WAVE = 32  # the height of a drawing of a sound
MESSAGE, VOICE = "message", "voice"  # what uploads are for (uploads.registry)


class FileKind(models.TextChoices):
    """Where it stands among the files of a conversation."""

    MEDIA = "media", _("Pictures and videos")
    FILE = "file", _("Files")
    VOICE = "voice", _("Voice messages")


class MessageFile(models.Model):
    """An upload that a message carries. Who forwards the message carries the same upload on: it goes with the last."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="files", db_index=False)
    upload = models.ForeignKey("uploads.Upload", on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=FileKind.choices)
    position = models.PositiveSmallIntegerField()
    kept_at = ""  # where it is taken along from instead; set by who shows it elsewhere

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["message", "position"], name="message_file_in_order"),
            models.UniqueConstraint(fields=["message", "upload"], name="message_file_once"),
        ]
        indexes = [models.Index(fields=["conversation", "kind", "-id"], name="message_file_of_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.position} of message {self.message_id}"

    @property
    def full_url(self) -> str:
        """Of a picture, as large as it is kept."""
        return self.upload.url(2048)

    def is_described_by(self, user_id: int) -> bool:
        """Whether this member may say what it shows: it is a picture that they brought."""
        return self.upload.owner_id == user_id and self.upload.medium == "picture"

    @property
    def is_sound(self) -> bool:
        return self.upload.medium == "audio"

    @property
    def name(self) -> str:
        """Of what was sent as a file; what pictures are called is their owner's alone."""
        return self.upload.name if self.kind == FileKind.FILE else ""

    @property
    def taken_name(self) -> str:
        """What it is called where it is kept: a sound is kept as what was made of it."""
        return self.name if self.upload.is_file and self.name else self.upload.file_name

    @property
    def wave(self) -> str:
        """How loud a sound is, as the path of a drawing: a stroke for each peak."""
        strokes = ((4 + 6 * place, max(2, round(peak * WAVE / 100))) for place, peak in enumerate(self.upload.peaks))
        return "".join(f"M{left} {(WAVE - high) / 2:g}v{high}" for left, high in strokes)

    @property
    def address(self) -> str:
        """Where it is taken along from; what is shown has links of its own besides."""
        own = [self.conversation_id, self.message.seq, self.upload.key]
        return self.kept_at or reverse("chat:file", args=own)

"""Who sees what messages carry: whoever sees a message that carries it, and its words."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.relations import Block
from chat.access import conversations as conversation_access
from chat.models.files import MessageFile
from chat.models.messages import Message
from uploads.models import Upload


def open_messages(viewer: Viewer) -> QuerySet[Message]:
    """Messages that the viewer sees with all that they carry: those closed to them, or deleted, are left out."""
    me = accounts_access.viewer_id(viewer) or 0
    parted = Block.objects.filter(
        Q(blocker_id=me, blocked_id=OuterRef("sender_id")) | Q(blocked_id=me, blocker_id=OuterRef("sender_id"))
    )
    seen = conversation_access.visible_messages(viewer).filter(deleted_at__isnull=True)
    return seen.exclude(Exists(parted))


def visible_files(viewer: Viewer) -> QuerySet[MessageFile]:
    seen = open_messages(viewer).filter(pk=OuterRef("message_id"))
    return MessageFile.objects.filter(Exists(seen), upload__discarded_at__isnull=True)


def carried_files(messages: Any) -> QuerySet[MessageFile]:
    """What these messages (ids, or a query of them) carry still; for moderators, whose room decides whose business that
    is."""
    standing = Message.objects.filter(conversation_access.lasting(), pk=OuterRef("message_id"), deleted_at__isnull=True)
    rows = MessageFile.objects.filter(Exists(standing), message__in=messages, upload__discarded_at__isnull=True)
    return rows.select_related("upload", "message")


def ends_at(viewer: Viewer, upload: Upload) -> datetime | None:
    """When the last message that shows it to the viewer disappears; None: one of them stays. Who sees none of them has
    brought it, or judges it: then the first of all that carry it."""
    ends = F("message__expires_at")
    seen = visible_files(viewer).filter(upload=upload).order_by(ends.desc(nulls_first=True))
    everywhere = MessageFile.objects.filter(upload=upload).order_by(ends.asc(nulls_last=True))
    for rows in (seen, everywhere):
        if (found := rows.values_list("message__expires_at").first()) is not None:
            return found[0]
    return None


def visible_uploads(viewer: Viewer, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Of the uploads of messages, those in a message that is open to the viewer (asked by the uploads room)."""
    return uploads.filter(Exists(visible_files(viewer).filter(upload=OuterRef("pk"))))

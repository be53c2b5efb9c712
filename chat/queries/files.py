"""What messages carry: beside the messages of a list, and all of a conversation."""

import uuid
from collections.abc import Iterable, Sequence

from django.core.files import File
from django.db.models import Prefetch, prefetch_related_objects

from accounts.access.people import Viewer
from chat.access import conversations as conversation_access
from chat.access import files as file_access
from chat.models.files import FILES_LIMIT, FileKind, MessageFile
from chat.models.messages import Message
from chat.queries import speakers
from core import errors, paging
from core.paging import Page
from uploads import access as upload_access
from uploads import held, links, magic, storage
from uploads.models import Upload

PAGE = 30


def fill(rows: Iterable[Message | None]) -> None:
    """Puts their files to the messages that carry some: one query, and none where no message does."""
    carrying = [row for row in rows if row is not None and row.files_count]
    if carrying:
        prefetch_related_objects(carrying, Prefetch("files", MessageFile.objects.select_related("upload")))


def files(viewer: Viewer, conversation_id: int, *, kind: str = FileKind.MEDIA, cursor: str = "") -> Page[MessageFile]:
    """The files of a conversation, the latest first, as far as the viewer sees the messages that carry them."""
    conversation_access.access_conversation(viewer, conversation_id)

    def keep(rows: list[MessageFile]) -> list[MessageFile]:
        seen = file_access.visible_files(viewer).filter(pk__in=[row.pk for row in rows])
        named = seen.annotate(speaker_name=speakers.of(viewer, "message__sender_id"))
        found = named.select_related("upload", "message").in_bulk()
        return [found[row.pk] for row in rows if row.pk in found]

    rows = MessageFile.objects.filter(conversation_id=conversation_id, kind=kind)
    page = paging.page(rows, cursor=cursor, size=PAGE, keep=keep)
    for row in page.rows:
        row.upload.ends_at = row.message.expires_at
    return page


def kept(viewer: Viewer, keys: Sequence[str]) -> list[Upload]:
    """What came with a form that was refused, whether or not it is ready. No query for none."""
    wanted = upload_access.as_keys(keys[:FILES_LIMIT])
    return list(upload_access.own_uploads(viewer).filter(key__in=wanted, attached_at__isnull=True)) if wanted else []


def opened(row: MessageFile) -> "File[bytes] | str":
    """Its bytes, or where they lie elsewhere: a file as it came, of all else the best that was made of it."""
    name = storage.variant(row.upload.key, row.upload.best)
    try:
        if there := held.opened(name) if row.upload.held else None:
            return there
        until = row.message.expires_at
        return links.download(name, file_name=row.taken_name, kind=magic.UNKNOWN, until=until) or storage.find(name)
    except FileNotFoundError:
        raise errors.NotFound from None


def file(viewer: Viewer, conversation_id: int, seq: int, key: str | uuid.UUID) -> MessageFile:
    """One file of one message, to be taken along."""
    if not (0 < conversation_id < 2**63 and 0 < seq < 2**63):
        raise errors.NotFound
    rows = file_access.visible_files(viewer).filter(message__conversation=conversation_id, message__seq=seq)
    found = rows.filter(upload__key=upload_access.as_key(key)).select_related("upload", "message").first()
    if found is None:
        raise errors.NotFound
    return found

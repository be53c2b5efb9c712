"""Messages take files along, and let them go. Parts of actions that hold the conversation's lock.

An upload may hang on several messages, where it was forwarded: whoever hangs it on one more, and whoever takes it off
one, lock its row first.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models.people import User
from chat.models.files import FILES_LIMIT, MESSAGE, VOICE, FileKind, MessageFile
from chat.models.messages import Message
from core import errors
from uploads.actions import using as uploads_using
from uploads.models import Upload


def take(*, sender_id: int, keys: Sequence[uuid.UUID], shared: Sequence[int], awaits: bool) -> list[Upload]:
    """What a new message carries: the sender's own unused uploads (`keys`), or those of a message that they forward
    (`shared`, ids), in order. Errors name the field "files"."""
    if awaits:
        raise errors.Conflict(_("They have not answered yet. Until then send words alone."), field="files")
    if len(set(keys)) > FILES_LIMIT:
        text = ngettext("One file at most, please.", "%(limit)d files at most, please.", FILES_LIMIT)
        raise errors.Invalid(text % {"limit": FILES_LIMIT}, field="files")
    if shared:
        held = {upload.pk: upload for upload in uploads_using.hold_uploads(actor=None, upload_ids=shared)}
        if len(held) < len(shared):  # deleted since it was read
            raise errors.NotFound
        return [held[id] for id in shared]
    try:
        return uploads_using.attach_uploads(
            actor=User(pk=sender_id), keys=keys, purpose=(MESSAGE, VOICE), limit=FILES_LIMIT
        )
    except errors.SocialError as error:
        error.field = "files"
        raise


def hang(messages: Collection[Message], taken: Mapping[tuple[int, uuid.UUID], list[Upload]]) -> None:
    """Writes what new messages carry; `taken` by sender and client_id."""
    if not taken:
        return
    MessageFile.objects.bulk_create(
        [
            MessageFile(
                message=row, upload=upload, conversation_id=row.conversation_id, kind=kind_of(upload), position=place
            )
            for row in messages
            for place, upload in enumerate(taken.get((row.sender_id or 0, row.client_id), ()))
        ]
    )


def kind_of(upload: Upload) -> str:
    if upload.purpose == VOICE:
        return FileKind.VOICE
    return FileKind.MEDIA if upload.medium in (Upload.Medium.PICTURE, Upload.Medium.VIDEO) else FileKind.FILE


def let_go(rows: QuerySet[MessageFile]) -> None:
    """Nothing of this is carried any more; what no other message carries is gone within seconds."""
    ids = sorted(set(rows.values_list("upload_id", flat=True)))
    if not ids:
        return
    uploads_using.hold_uploads(actor=None, upload_ids=ids)
    rows.delete()
    left = set(MessageFile.objects.filter(upload__in=ids).values_list("upload_id", flat=True))
    uploads_using.detach_uploads(actor=None, upload_ids=[id for id in ids if id not in left])

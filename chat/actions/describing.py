"""Words for those who do not see a picture. They stand on the upload: whoever forwards the picture says them, too."""

import uuid
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from chat.actions import keeping
from chat.models.files import MessageFile
from chat.models.messages import Message
from core import errors
from uploads.actions import using as uploads_using


@transaction.atomic
def describe_pictures(*, actor: User, conversation_id: int, seq: int, alts: Mapping[uuid.UUID, str]) -> Message:
    """What the actor's own pictures in a message of theirs show, by the key of each. The same again changes nothing."""
    conversation, message = keeping.take(actor, conversation_id, seq)
    rows = MessageFile.objects.filter(message=message).select_related("upload")
    own = {one.upload.key: one.upload for one in rows if one.is_described_by(actor.pk)}
    if message.sender_id != actor.pk:
        raise errors.NotAllowed(_("Only who sent a picture can describe it."))
    if not alts.keys() <= own.keys():
        raise errors.NotFound
    others = {key: alt for key, alt in alts.items() if alt.strip() != own[key].alt}
    for key, alt in sorted(others.items(), key=lambda one: own[one[0]].pk):  # as whoever else locks several
        uploads_using.describe_upload(actor=actor, key=key, alt=alt, where_shown=True)
    if others:
        keeping.keep(conversation, message)
    return message

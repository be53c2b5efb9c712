"""Parts of actions: what is refused, in the field's name."""

import uuid
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _

from core import errors
from uploads import access, magic, reasons, registry
from uploads.actions.attempts import Crop
from uploads.models import Upload

SLACK = 0.001  # of what browsers round
SMALLEST = 0.01
UNUSED_LIMIT = 60  # a member's uploads that hang on nothing yet


def described(text: str) -> str:
    text = text.strip()
    if len(text) > Upload.ALT_LENGTH:
        limit = {"limit": Upload.ALT_LENGTH}
        raise errors.Invalid(_("Please describe it in %(limit)d characters or fewer.") % limit, field="alt")
    return text


def facts_of(file: IO[bytes], kind: registry.Kind, max_bytes: int | None = None) -> magic.Facts:
    """Of a file that this kind takes; `max_bytes` is what a picture may have here."""
    medium = magic.medium_of(magic.type_of(file.read(magic.HEAD)))
    film = medium in (Upload.Medium.VIDEO, Upload.Medium.AUDIO)
    most = settings.MAX_VIDEO_BYTES if film and kind.films else max_bytes or settings.MAX_IMAGE_BYTES
    try:
        facts = magic.inspect(file, max_bytes=most, max_pixels=settings.MAX_IMAGE_PIXELS)
        if film and not kind.films:
            raise magic.Refused(reasons.UNKNOWN_TYPE)
        return facts
    except magic.Refused as refused:
        if kind.films and str(refused) == reasons.UNKNOWN_TYPE:
            raise errors.Invalid(reasons.sentence(reasons.UNKNOWN_FILE), field="file") from None
        kind = errors.TooLarge if str(refused) == reasons.TOO_LARGE else errors.Invalid
        raise kind(reasons.sentence(str(refused)), field="file") from None


def inside(crop: Crop | None) -> Crop | None:
    """A rectangle within the picture, in parts of its upright width and height."""
    if crop is None:
        return None
    x, y, width, height = (float(one) for one in crop)
    within = x >= 0 and y >= 0 and x + width <= 1 + SLACK and y + height <= 1 + SLACK
    if not (within and width >= SMALLEST and height >= SMALLEST):  # not a number is none of these
        raise errors.Invalid(_("This piece is not inside the picture."), field="crop")
    return x, y, width, height


def refuse_hoard(actor: Any) -> None:
    unused = Upload.objects.filter(owner_id=actor.pk, attached_at__isnull=True)[:UNUSED_LIMIT].count()
    if unused >= UNUSED_LIMIT:
        raise errors.TooMany(
            _("You have many pictures waiting. Use or delete some first."), field="file", retry_after=60
        )


def refuse_unusable(upload: Upload) -> None:
    if upload.state == Upload.State.FAILED:
        raise errors.Invalid(reasons.sentence(upload.reason), field="uploads")
    if not upload.is_ready and upload.is_film:
        text = _("Your file is still being prepared (%(percent)d %%). One moment, please.")
        raise errors.Conflict(text % {"percent": upload.progress}, field="uploads")
    if not upload.is_ready:
        raise errors.Conflict(_("A picture is still being prepared. One moment, please."), field="uploads")
    if upload.attached_at:
        raise errors.Conflict(_("A picture is already in use elsewhere. Please upload it again."), field="uploads")


def as_key(text: str | uuid.UUID) -> uuid.UUID:
    try:
        return access.as_key(text)
    except errors.NotFound:
        raise errors.NotFound(field="uploads") from None

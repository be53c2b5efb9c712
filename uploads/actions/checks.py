"""Parts of actions: what is refused, in the field's name."""

import io
import unicodedata
from typing import IO, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from core import errors
from uploads import docks, magic, reasons, registry
from uploads.actions.attempts import Crop
from uploads.models import Slot, Upload

SLACK = 0.001  # of what browsers round
SMALLEST = 0.01
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
UNUSED_LIMIT = 60  # a member's uploads that hang on nothing yet


def described(text: str) -> str:
    text = text.strip()
    if len(text) > Upload.ALT_LENGTH:
        limit = {"limit": Upload.ALT_LENGTH}
        raise errors.Invalid(_("Please describe it in %(limit)d characters or fewer.") % limit, field="alt")
    return text


def facts_of(file: IO[bytes], kind: registry.Kind, max_bytes: int | None = None) -> magic.Facts:
    """Of a file that this kind takes; `max_bytes` is what a picture may have here."""
    type = magic.type_of(file.read(magic.HEAD)) or _otherwise(kind)
    most = settings.MAX_VIDEO_BYTES if _is_large(kind, type) else max_bytes or settings.MAX_IMAGE_BYTES
    try:
        _refuse_type(kind, type)
        return magic.inspect(file, max_bytes=most, max_pixels=settings.MAX_IMAGE_PIXELS, otherwise=_otherwise(kind))
    except magic.Refused as refused:
        error = errors.TooLarge if str(refused) == reasons.TOO_LARGE else errors.Invalid
        reason = reasons.UNKNOWN_FILE if kind.films and str(refused) == reasons.UNKNOWN_TYPE else str(refused)
        raise error(reasons.sentence(reason), field="file") from None


def _otherwise(kind: registry.Kind) -> str:
    """The type of what is no picture, video or sound, where it may come."""
    return magic.UNKNOWN if kind.files else ""


def _is_film(kind: registry.Kind, type: str) -> bool:
    return kind.films and magic.medium_of(type) in (Upload.Medium.VIDEO, Upload.Medium.AUDIO)


def _is_large(kind: registry.Kind, type: str) -> bool:
    """What may have as many bytes as a video."""
    return _is_film(kind, type) or kind.files and magic.medium_of(type) != Upload.Medium.PICTURE


def _refuse_type(kind: registry.Kind, type: str) -> None:
    """What this kind does not take; nothing is said here of a file that is empty. A container of videos may hold a
    sound alone: that is seen when it is prepared."""
    takes = _is_film(kind, type) or kind.files or magic.medium_of(type) == Upload.Medium.PICTURE and not kind.sounds
    if type and not takes:
        raise magic.Refused(reasons.NOT_A_SOUND if kind.sounds else reasons.UNKNOWN_TYPE)


def medium_of(kind: registry.Kind, type: str) -> str:
    """The value of Upload.Medium, before anybody has looked closely."""
    return Upload.Medium.AUDIO if kind.sounds else magic.medium_of(type)


def limit_of(kind: registry.Kind, type: str) -> int:
    """How many bytes such a file may have."""
    return int(settings.MAX_VIDEO_BYTES if _is_large(kind, type) else settings.MAX_API_IMAGE_BYTES)


def refuse_size(kind: registry.Kind, type: str, size: int) -> None:
    if size < 1:
        raise errors.Invalid(reasons.sentence(reasons.EMPTY), field="bytes")
    if size > limit_of(kind, type):
        raise errors.TooLarge(reasons.sentence(reasons.TOO_LARGE), field="bytes")


def facts_of_head(kind: registry.Kind, found: docks.Found, slot: Slot) -> tuple[str, int, int]:
    """Type, width and height of what has arrived, by its first bytes; magic.Refused."""
    type = magic.type_of(found.head) or _otherwise(kind)
    if found.size != slot.bytes:
        raise magic.Refused(reasons.WRONG_SIZE)
    if not type or not (kind.files or _is_of(type, slot.type)):
        raise magic.Refused(reasons.UNKNOWN_FILE if kind.films else reasons.UNKNOWN_TYPE)
    _refuse_type(kind, type)
    if found.size > limit_of(kind, type):
        raise magic.Refused(reasons.TOO_LARGE)
    width, height = magic.size_of(type, found.head, io.BytesIO(found.head))
    if width * height > settings.MAX_IMAGE_PIXELS:
        raise magic.Refused(reasons.TOO_MANY_PIXELS)
    return type, width, height


def _is_of(type: str, said: str) -> bool:
    """Browsers tell the type by the name, so a WebP may be called a JPEG; but a picture is no video, and no page. A
    container of videos may hold a sound alone."""
    is_said = said.partition("/")[0].lower()
    films = {Upload.Medium.VIDEO, Upload.Medium.AUDIO}
    return (
        said in ("", "application/octet-stream")
        or is_said == type.partition("/")[0]
        or {
            is_said,
            magic.medium_of(type),
        }
        <= films
    )


def plain_name(name: str) -> str:
    """Without folders, and without what is not seen: marks that turn letters around make programs pictures."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if unicodedata.category(letter) not in UNSEEN)[:255]


def inside(crop: Crop | None) -> Crop | None:
    """A rectangle within the picture, in parts of its upright width and height."""
    if crop is None:
        return None
    x, y, width, height = (float(one) for one in crop)
    within = x >= 0 and y >= 0 and x + width <= 1 + SLACK and y + height <= 1 + SLACK
    if not (within and width >= SMALLEST and height >= SMALLEST):  # not a number is none of these
        raise errors.Invalid(_("This piece is not inside the picture."), field="crop")
    return x, y, width, height


def in_turn(actor: Any) -> None:
    """Before refuse_hoard, in the transaction that adds to it: two at once would each see room for itself."""
    get_user_model().objects.select_for_update(no_key=True).filter(pk=actor.pk).first()


def refuse_hoard(actor: Any, *, more: int = 0, field: str = "file") -> None:
    """What a member has on its way, and what hangs on nothing yet: so many files, and so many bytes together, with
    `more` that are to come."""
    unused = Upload.objects.filter(owner_id=actor.pk, attached_at__isnull=True)
    files = size = 0
    for rows in (unused, Slot.objects.filter(owner_id=actor.pk)):
        some = rows.aggregate(files=Count("pk"), size=Coalesce(Sum("bytes"), 0))
        files, size = files + some["files"], size + some["size"]
    if files >= UNUSED_LIMIT:
        raise errors.TooMany(
            _("You have many pictures waiting. Use or delete some first."), field="file", retry_after=60
        )
    if size + more > settings.MAX_UNUSED_BYTES:
        most = {"size": filesizeformat(settings.MAX_UNUSED_BYTES)}
        text = _("You have too much on its way or waiting (%(size)s at most). Use or delete some of it first.")
        raise errors.TooLarge(text % most, field=field)


def refuse_unready(upload: Upload) -> None:
    if upload.state == Upload.State.FAILED:
        raise errors.Invalid(reasons.sentence(upload.reason), field="uploads")
    if not upload.is_ready and upload.medium != Upload.Medium.PICTURE:
        text = _("Your file is still being prepared (%(percent)d %%). One moment, please.")
        raise errors.Conflict(text % {"percent": upload.progress}, field="uploads")
    if not upload.is_ready:
        raise errors.Conflict(_("A picture is still being prepared. One moment, please."), field="uploads")


def refuse_unusable(upload: Upload) -> None:
    refuse_unready(upload)
    if upload.attached_at:
        raise errors.Conflict(_("A picture is already in use elsewhere. Please upload it again."), field="uploads")

"""A message in a line."""

from django.utils.translation import gettext, ngettext

from chat.access import stickers as sticker_access
from chat.models.files import FileKind, MessageFile
from chat.models.messages import Message


def gist(message: Message) -> str:
    """Its words, or what it carries; nothing for none."""
    if message.text:
        return message.text
    if message.sticker:
        return sticker_access.named(sticker_access.sticker(message.sticker))
    carried = message.carried
    if len(carried) == 1:
        return _named(carried[0])
    if {one.upload.medium for one in carried} == {"picture"}:
        return ngettext("%(n)d photo", "%(n)d photos", len(carried)) % {"n": len(carried)}
    return ngettext("%(n)d file", "%(n)d files", len(carried)) % {"n": len(carried)} if carried else ""


def _named(one: MessageFile) -> str:
    if one.kind == FileKind.VOICE:
        return gettext("Voice message · %(time)s") % {"time": one.upload.clock}
    if one.name:
        return one.name
    return gettext("Video") if one.upload.medium == "video" else gettext("Photo")


def whole(message: Message) -> str:
    """All that it says and carries, by name: for who cannot look at it."""
    carried = [_named(one) for one in message.carried] if message.text else []
    return "\n".join([gist(message), *(message.data or {}).get("choices", []), *carried])

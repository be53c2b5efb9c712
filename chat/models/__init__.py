"""The tables of the chat, one module a noun. Import from the module; here they are only made known to Django."""

from chat.models import conversations, members, messages, stickers  # noqa: F401

"""The tables of the chat. Django looks for them here; import each from its own module."""

from chat.models import conversations, members, messages

__all__ = ["conversations", "members", "messages"]

"""The tables of the chat. Django looks for them here; import each from its own module."""

from chat.models import conversations, files, members, messages, polls, stickers, words

__all__ = ["conversations", "files", "members", "messages", "polls", "stickers", "words"]

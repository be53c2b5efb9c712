"""Which messages are polls."""

from chat.models.messages import Message, MessageKind
from chat.models.polls import Poll
from core import errors


def poll_of(message: Message) -> Poll:
    """NotFound for what is none."""
    if message.kind != MessageKind.POLL or not message.data:
        raise errors.NotFound
    return Poll(message.data)

"""Facts about conversations. Ids only."""

from core import outbox


@outbox.event(subject="conversation:{conversation_id}")
class MessagesSent:
    """One batch of messages of one conversation: `first_seq` to `last_seq`."""

    conversation_id: int
    first_seq: int
    last_seq: int


@outbox.event(subject="conversation:{conversation_id}")
class MessageChanged:
    """A message is edited, deleted for everyone, pinned or unpinned."""

    conversation_id: int
    seq: int
    rev: int

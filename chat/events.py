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
    """A message is edited, deleted for everyone, pinned or unpinned, has votes or ends as a poll, or shows its link."""

    conversation_id: int
    seq: int
    rev: int


@outbox.event(subject="conversation:{conversation_id}")
class MessageReacted:
    """A member has reacted to a message, or (`kind` is empty) has taken that back."""

    conversation_id: int
    seq: int
    rev: int
    member_id: int
    kind: str


@outbox.event(subject="conversation:{conversation_id}")
class MembersChanged:
    """Somebody came into a group, left it, or has another role; who, stands in the notices."""

    conversation_id: int
    members_version: int


@outbox.event(subject="conversation:{conversation_id}")
class ConversationChanged:
    """The name, picture, people or settings of a group are others."""

    conversation_id: int
    rev: int

"""The messages of a conversation, and how its page shows them."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone

from accounts.access.people import Viewer
from chat.access import conversations as conversation_access
from chat.models.messages import Message
from chat.queries.conversations import Chat

MESSAGES = 50
RUN = timedelta(minutes=5)


@dataclass
class Line:
    """A message and what stands around it: a day before it, the unread line, the end of a run of one person's."""

    message: Message
    mine: bool
    read: bool = False
    day: date | None = None
    first_unread: int = 0
    last_of_run: bool = True


@dataclass
class Thread:
    messages: list[Message]
    older: bool
    newer: bool
    lines: list[Line] = field(default_factory=list)

    @property
    def last_seq(self) -> int:
        return self.messages[-1].seq if self.messages else 0


def messages(
    viewer: Viewer,
    conversation_id: int,
    *,
    before: int | None = None,
    after: int | None = None,
    size: int = MESSAGES,
) -> Thread:
    """Up to `size` messages in order: those just before `before`, just after `after`, or the newest. One query over
    (conversation, seq), besides the one that finds out whether the viewer may see them."""
    conversation_access.access_conversation(viewer, conversation_id)
    rows = conversation_access.visible_messages(viewer).filter(conversation_id=conversation_id)
    if after is not None:
        found = list(rows.filter(seq__gt=after).order_by("seq")[: size + 1])
        return Thread(found[:size], older=after > 0, newer=len(found) > size)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows.order_by("-seq")[: size + 1])
    return Thread(found[:size][::-1], older=len(found) > size, newer=before is not None)


def thread(
    viewer: Viewer, shown: Chat, *, before: int | None = None, after: int | None = None, newest: bool = False
) -> Thread:
    """What the conversation's page shows: the newest, or the unread line when more is unread than a page holds."""
    if shown.unread > MESSAGES - 10 and before is None and after is None and not newest:
        after = max(shown.mine.read_seq - 10, shown.mine.joined_seq)
    found = messages(viewer, shown.conversation.pk, before=before, after=after)
    found.older = bool(found.messages) and found.messages[0].seq > shown.mine.joined_seq + 1
    found.newer = bool(found.messages) and found.messages[-1].seq < shown.conversation.last_seq
    found.lines = lines(found.messages, shown)
    return found


def lines(rows: list[Message], shown: Chat) -> list[Line]:
    """Groups messages by day and speaker; pure."""
    made: list[Line] = []
    unread = shown.unread
    for row in rows:
        mine = row.sender_id == shown.mine.user_id
        line = Line(row, mine=mine, read=mine and row.seq <= shown.other_read_seq)
        before = made[-1] if made else None
        day = timezone.localdate(row.created_at)
        if before is None or timezone.localdate(before.message.created_at) != day:
            line.day = day
        if unread and not mine and row.seq > shown.mine.read_seq:
            line.first_unread, unread = unread, 0
        if before is not None:
            same = before.message.sender_id == row.sender_id and row.created_at - before.message.created_at < RUN
            before.last_of_run = not same or line.day is not None or bool(line.first_unread)
        made.append(line)
    return made


def blank_lines() -> list[Line]:
    """One line of one's own and one of another's, for scripts to fill."""
    return [Line(Message(seq=0, text="", created_at=timezone.now()), mine=mine) for mine in (True, False)]

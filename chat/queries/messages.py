"""The messages of a conversation, and how its page shows them."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from chat import rules
from chat.access import conversations as conversation_access
from chat.models.files import MessageFile
from chat.models.messages import Message, MessageKind
from chat.models.polls import Poll
from chat.queries import answers, closing, filling
from chat.queries import notices as notice_queries
from chat.queries.answers import Own
from chat.queries.conversations import Chat
from core import errors
from uploads.models import LinkPreview

MESSAGES = 50
RUN = timedelta(minutes=5)


@dataclass
class Line:
    """A message and what stands around it: a day before it, the unread line, the end of a run of one person's."""

    message: Message
    mine: bool
    read: bool = False
    delivered: bool = False
    day: date | None = None
    first_unread: int = 0
    last_of_run: bool = True
    quoted: Message | None = None
    quotes: User | None = None  # who said that; None: a member who left, or whom the reader may not see
    own: Own = field(default_factory=Own)  # what the viewer made of it
    in_group: bool = False
    first_of_run: bool = True
    speaker: User | None = None  # in groups; None: a member who left, or whom the reader may not see

    @property
    def starred(self) -> bool:
        return self.own.starred

    @property
    def has_poll(self) -> bool:
        return self.message.kind == MessageKind.POLL and bool(self.message.data)

    @property
    def card(self) -> LinkPreview | None:
        """What is shown of its first link."""
        link = self.message.link if self.message.link_id else None
        return link if link and link.is_ready else None

    @property
    def is_notice(self) -> bool:
        return self.message.kind == MessageKind.SYSTEM

    @property
    def is_gone(self) -> bool:
        """There is nothing (left) to do something with."""
        return bool(self.message.seq) and (self.message.is_gone or self.is_notice)


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
    conversation = conversation_access.access_conversation(viewer, conversation_id)
    found = _stretch(viewer, conversation_id, before, after, size)
    if conversation.is_group:
        closing.close(viewer, found.messages)
    filling.fill(found.messages)
    return found


def _stretch(viewer: Viewer, conversation_id: int, before: int | None, after: int | None, size: int) -> Thread:
    rows = conversation_access.visible_messages(viewer).filter(conversation_id=conversation_id)
    if after is not None:
        found = list(rows.filter(seq__gt=after).order_by("seq")[: size + 1])
        return Thread(found[:size], older=after > 0, newer=len(found) > size)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows.order_by("-seq")[: size + 1])
    return Thread(found[:size][::-1], older=len(found) > size, newer=before is not None)


def message(viewer: Viewer, conversation_id: int, seq: int) -> Message:
    """One message, also one that is deleted for everyone."""
    rows = conversation_access.visible_messages(viewer).filter(conversation_id=conversation_id, seq=seq)
    row = rows.first() if 0 < seq < 2**63 and 0 < conversation_id < 2**63 else None
    if row is None:
        raise errors.NotFound
    closing.close(viewer, [row])
    filling.fill([row])
    return row


def reported(viewer: Viewer, id: int) -> Message:
    """One that the viewer sees with its words, by somebody who is here; with who said it."""
    rows = conversation_access.visible_messages(viewer).filter(pk=id, deleted_at__isnull=True)
    row = rows.exclude(kind=MessageKind.SYSTEM).select_related("sender").first() if 0 < id < 2**63 else None
    if row is None or row.sender is None or conversation_access.severed(viewer, [row.sender_id]):
        raise errors.NotFound
    return row


def pinned(viewer: Viewer, conversation_id: int, *, size: int | None = None) -> list[Message]:
    """What stands at the top of a conversation, the latest first; all, which is little, or so many."""
    conversation_access.access_conversation(viewer, conversation_id)
    rows = conversation_access.visible_messages(viewer).filter(conversation_id=conversation_id, pinned_at__isnull=False)
    found = list(rows.order_by("-pinned_at")[:size])
    closing.close(viewer, found)
    filling.fill(found)
    return found


def thread(
    viewer: Viewer, shown: Chat, *, before: int | None = None, after: int | None = None, newest: bool = False
) -> Thread:
    """What the conversation's page shows: the newest, or the unread line when more is unread than a page holds."""
    if shown.unread > MESSAGES - 10 and before is None and after is None and not newest:
        after = max(shown.mine.read_seq - 10, shown.mine.joined_seq)
    found = messages(viewer, shown.conversation.pk, before=before, after=after)
    found.older = bool(found.messages) and found.messages[0].seq > shown.mine.joined_seq + 1
    notice_queries.tell(found.messages, shown.mine.user_id)
    found.lines = lines(found.messages, shown)
    adorn(viewer, shown, found.lines)
    return found


def adorn(viewer: Viewer, shown: Chat, made: list[Line]) -> None:
    """What lines answer, as far as the viewer may see that; what the viewer made of them; in groups who speaks:
    four queries, one more where there is a poll."""
    if not made:
        return
    conversation_id = shown.conversation.pk
    wanted = {line.message.reply_seq for line in made if line.message.reply_seq}
    rows = conversation_access.visible_messages(viewer).filter(conversation_id=conversation_id, seq__in=wanted)
    quoted = {row.seq: row for row in rows} if wanted else {}
    closing.close(viewer, quoted.values())
    filling.fill(quoted.values())
    owned = answers.own(viewer, [line.message for line in made])
    for line in made:
        line.quoted = quoted.get(line.message.reply_seq or 0)
        line.own = owned.get(line.message.pk, line.own)
    people = _people(viewer, shown, made)
    goes_on = False
    for line in made:
        line.in_group, line.first_of_run = shown.is_group, not goes_on
        line.speaker = people.get(line.message.sender_id or 0)
        line.quotes = people.get(line.quoted.sender_id or 0) if line.quoted else None
        goes_on = not line.last_of_run


def _people(viewer: Viewer, shown: Chat, made: list[Line]) -> dict[int, User]:
    """Whom these lines are by and quote, as far as the viewer may see them."""
    if not shown.is_group:
        return {shown.other.pk: shown.other} if shown.other else {}
    messages = [line.message for line in made] + [line.quoted for line in made if line.quoted]
    return accounts_access.visible_people(viewer).in_bulk({row.sender_id for row in messages if row.sender_id})


@dataclass(frozen=True)
class May:
    """What the viewer may do with a message; the actions decide, this is what is offered."""

    edit: bool
    pin: bool
    delete: bool
    react: bool
    card: bool  # show its link, or take that away
    end_poll: bool


def may(shown: Chat, row: Message) -> May:
    mine = row.sender_id == shown.mine.user_id
    leads = shown.is_group and shown.mine.leads
    says = row.deleted_at is None and row.kind != MessageKind.SYSTEM and row.says
    words = row.kind == MessageKind.TEXT and not row.sticker
    return May(
        edit=says and mine and words and not row.is_forwarded,
        pin=says and (leads or not shown.is_group),
        delete=says and (mine or leads),
        react=says and not shown.mine.is_request,
        card=says and mine and bool(row.link_id or rules.first_link(row.text)),
        end_poll=mine and row.kind == MessageKind.POLL and bool(row.data) and not Poll(row.data or {}).is_over,
    )


def describable(viewer: Viewer, row: Message) -> list[MessageFile]:
    """Pictures of a message of the viewer's that they brought: they say what these show."""
    me = accounts_access.viewer_id(viewer) or 0
    return [one for one in row.carried if row.sender_id == me and one.is_described_by(me)]


def one_line(viewer: Viewer, shown: Chat, seq: int) -> Line:
    """One message as its page shows it, for scripts that heard that it changed."""
    row = message(viewer, shown.conversation.pk, seq)
    notice_queries.tell([row], shown.mine.user_id)
    [line] = lines([row], shown)
    line.day, line.first_unread = None, 0
    adorn(viewer, shown, [line])
    return line


def lines(rows: list[Message], shown: Chat) -> list[Line]:
    """Groups messages by day and speaker; pure."""
    made: list[Line] = []
    unread = shown.unread
    for row in rows:
        mine = row.sender_id == shown.mine.user_id
        line = Line(row, mine=mine, read=mine and row.seq <= shown.other_read_seq)
        line.delivered = mine and not line.read and row.seq <= shown.other_delivered_seq
        before = made[-1] if made else None
        day = timezone.localdate(row.created_at)
        if before is None or timezone.localdate(before.message.created_at) != day:
            line.day = day
        if unread and not mine and row.seq > shown.mine.read_seq:
            line.first_unread, unread = unread, 0
        if before is not None:
            last = before.message
            same = (last.sender_id, last.kind) == (row.sender_id, row.kind) and row.created_at - last.created_at < RUN
            before.last_of_run = not same or line.day is not None or bool(line.first_unread)
        made.append(line)
    return made


def blank_lines(shown: Chat) -> list[Line]:
    """One line of one's own and one of another's, for scripts to fill."""
    now, group = timezone.now(), shown.is_group
    return [Line(Message(seq=0, text="", created_at=now), mine=mine, in_group=group) for mine in (True, False)]

"""What the screens of the chat show. Each function has a fixed number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import F, Q
from django.utils import timezone

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from chat import access
from chat.models import Conversation, Membership, Message
from core import errors, paging

PAGE = 30
MESSAGES = 50
RESUME_ROWS = 500
BADGE_LIMIT = 100
RUN = timedelta(minutes=5)


@dataclass
class Chat:
    """A conversation as one of its members sees it. `other` is None when the other has left the site."""

    conversation: Conversation
    mine: Membership
    other: User | None
    other_read_seq: int
    last: Message | None

    @property
    def unread(self) -> int:
        return self.mine.unread_of(self.conversation)


@dataclass
class Inbox:
    chats: list[Chat]
    next: str


def inbox(viewer: Viewer, cursor: str = "", *, size: int = PAGE) -> Inbox:
    """The viewer's conversations, latest first: four queries. The index is right to a minute, the page exact."""
    me = accounts_access.viewer_id(viewer) or 0
    candidates = Membership.objects.filter(user_id=me, active_at__isnull=False).select_related("conversation")
    page = paging.page(
        candidates,
        cursor=cursor,
        size=size,
        by=("-active_at", "-id"),
        keep=lambda rows: _open(viewer, rows),
    )
    chats = _chats(me, page.rows)
    chats.sort(key=lambda chat: chat.conversation.last_message_at or chat.conversation.created_at, reverse=True)
    return Inbox(chats, page.next)


def _open(viewer: Viewer, rows: list[Membership]) -> list[Membership]:
    ids = [row.pk for row in rows]
    seen = set(access.visible_memberships(viewer).filter(pk__in=ids).values_list("pk", flat=True))
    return [row for row in rows if row.pk in seen]


def chat(viewer: Viewer, conversation_id: int) -> Chat:
    """One conversation: three queries. Hidden and absent are NotFound alike."""
    mine = None
    if 0 < conversation_id < 2**63:
        rows = access.visible_memberships(viewer).filter(conversation_id=conversation_id)
        mine = rows.select_related("conversation").first()
    if mine is None:
        raise errors.NotFound
    return _chats(mine.user_id, [mine])[0]


def _chats(me: int, memberships: list[Membership]) -> list[Chat]:
    """Memberships with the other member and the last message: two queries."""
    ids = [row.conversation_id for row in memberships]
    others = Membership.objects.filter(conversation_id__in=ids).exclude(user_id=me).select_related("user")
    other = {row.conversation_id: row for row in others}
    latest = Message.objects.filter(conversation_id__in=ids, seq=F("conversation__last_seq"))
    last = {row.conversation_id: row for row in latest}
    made = []
    for row in memberships:
        them, newest = other.get(row.conversation_id), last.get(row.conversation_id)
        if newest is not None and newest.seq <= row.joined_seq:
            newest = None
        made.append(
            Chat(
                conversation=row.conversation,
                mine=row,
                other=them.user if them else None,
                other_read_seq=them.read_seq if them else 0,
                last=newest,
            )
        )
    return made


def direct_with(viewer: Viewer, person: User) -> Conversation | None:
    """The conversation these two have already, if any."""
    key = Conversation.key_of(accounts_access.viewer_id(viewer) or 0, person.pk)
    return access.visible_conversations(viewer).filter(direct_key=key).first()


def unread_conversations(viewer: Viewer) -> int:
    """For the badge: one query over the partial index of unread memberships, and never more than 100 of them."""
    return access.visible_memberships(viewer).filter(unread=True).order_by()[:BADGE_LIMIT].count()


# -- Messages ---------------------------------------------------------------------------------------------------------


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
    access.access_conversation(viewer, conversation_id)
    rows = access.visible_messages(viewer).filter(conversation_id=conversation_id)
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


# -- Resume -----------------------------------------------------------------------------------------------------------


@dataclass
class Missed:
    """What a client has not seen of one conversation, by `rev`. `reload`: it is too much, start anew."""

    rev: int
    read: dict[int, int]
    messages: list[Message] = field(default_factory=list)
    reload: bool = False


def resume(viewer: Viewer, wanted: Mapping[int, int]) -> dict[int, Missed]:
    """Conversation -> last rev seen, into what came after: three queries. Hidden and absent ones are left out."""
    mine = access.visible_memberships(viewer).filter(conversation_id__in=list(wanted)).select_related("conversation")
    joined = {row.conversation_id: row for row in mine}
    found: dict[int, Missed] = {}
    behind = Q()
    left = RESUME_ROWS
    for id, row in joined.items():
        missed = found[id] = Missed(rev=row.conversation.rev, read={})
        gap = row.conversation.rev - wanted[id]
        # A rev above ours was never given out: the client's memory is of another life of this database.
        missed.reload = gap > left or gap < 0
        if gap and not missed.reload:
            left -= gap
            behind |= Q(conversation_id=id, rev__gt=wanted[id], rev__lte=row.conversation.rev, seq__gt=row.joined_seq)
    for row in Membership.objects.filter(conversation_id__in=list(joined)).only(
        "conversation_id", "user_id", "read_seq"
    ):
        found[row.conversation_id].read[row.user_id] = row.read_seq
    if behind:
        for message in Message.objects.filter(behind).order_by("conversation_id", "rev"):
            found[message.conversation_id].messages.append(message)
    return found

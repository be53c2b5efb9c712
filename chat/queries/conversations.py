"""Lists of conversations, and one of them as its member sees it. Each function has a fixed number of queries."""

from dataclasses import dataclass

from django.db.models import F

from django.utils.translation import gettext

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from chat.access import conversations as conversation_access
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message
from core import errors, paging

PAGE = 30
BADGE_LIMIT = 100


@dataclass
class Chat:
    """A conversation as one of its members sees it. `other` is None when the other has left the site."""

    conversation: Conversation
    mine: Membership
    other: User | None
    other_read_seq: int
    last: Message | None

    @property
    def title(self) -> str:
        return self.conversation.name or (self.other.display_name if self.other else gettext("Deleted member"))

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
    seen = set(conversation_access.visible_memberships(viewer).filter(pk__in=ids).values_list("pk", flat=True))
    return [row for row in rows if row.pk in seen]


def chat(viewer: Viewer, conversation_id: int) -> Chat:
    """One conversation: three queries. Hidden and absent are NotFound alike."""
    mine = None
    if 0 < conversation_id < 2**63:
        rows = conversation_access.visible_memberships(viewer).filter(conversation_id=conversation_id)
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
    return conversation_access.visible_conversations(viewer).filter(direct_key=key).first()


def unread_conversations(viewer: Viewer) -> int:
    """For the badge: one query over the partial index of unread memberships, and never more than 100 of them."""
    return conversation_access.visible_memberships(viewer).filter(unread=True).order_by()[:BADGE_LIMIT].count()

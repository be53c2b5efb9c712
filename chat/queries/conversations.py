"""Lists of conversations, and one of them as its member sees it. Each function has a fixed number of queries."""

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from chat.access import conversations as conversation_access
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message
from core import errors, paging

PAGE = 30
UNREAD, ARCHIVED = "unread", "archived"
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
    def is_muted(self) -> bool:
        return self.mine.muted_until is not None and self.mine.muted_until > timezone.now()

    @property
    def unread(self) -> int:
        return self.mine.unread_of(self.conversation)


@dataclass
class Inbox:
    chats: list[Chat]
    next: str
    which: str = ""

    @property
    def query(self) -> str:
        """Of the address of what follows."""
        return "?" + urlencode({"which": self.which, "cursor": self.next} if self.which else {"cursor": self.next})


def inbox(viewer: Viewer, cursor: str = "", *, which: str = "", size: int = PAGE) -> Inbox:
    """The viewer's conversations, latest first, those that they pinned above the first page: five queries. The index
    is right to a minute, the page exact. `which`: only the unread ones, or those that they archived."""
    me = accounts_access.viewer_id(viewer) or 0
    mine = Membership.objects.filter(user_id=me).select_related("conversation")
    candidates = mine.filter(active_at__isnull=False, archived_at__isnull=which != ARCHIVED)
    pinned: list[Membership] = []
    if which == UNREAD:
        candidates = candidates.filter(unread=True)
    elif not which:
        candidates = candidates.filter(pinned_at__isnull=True)
        pinned = [] if cursor else _open(viewer, list(mine.filter(pinned_at__isnull=False).order_by("-pinned_at")))
    page = paging.page(
        candidates,
        cursor=cursor,
        size=size,
        by=("-active_at", "-id"),
        keep=lambda rows: _open(viewer, rows),
    )
    chats = _chats(viewer, [*pinned, *page.rows])
    first, rest = chats[: len(pinned)], chats[len(pinned) :]
    rest.sort(key=lambda chat: chat.conversation.last_message_at or chat.conversation.created_at, reverse=True)
    return Inbox([*first, *rest], page.next, which)


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
    return _chats(viewer, [mine])[0]


def _chats(viewer: Viewer, memberships: list[Membership]) -> list[Chat]:
    """Memberships with the other member and the last message that the viewer sees: two queries."""
    me = accounts_access.viewer_id(viewer) or 0
    ids = [row.conversation_id for row in memberships]
    others = Membership.objects.filter(conversation_id__in=ids).exclude(user_id=me).select_related("user")
    other = {row.conversation_id: row for row in others}
    newest = conversation_access.visible_messages(viewer).filter(conversation_id=OuterRef("conversation_id"))
    shown = Membership.objects.filter(pk__in=[row.pk for row in memberships])
    latest = Message.objects.filter(pk__in=shown.values_list(Subquery(newest.order_by("-seq").values("pk")[:1])))
    last = {row.conversation_id: row for row in latest}
    made = []
    for row in memberships:
        them = other.get(row.conversation_id)
        made.append(
            Chat(
                conversation=row.conversation,
                mine=row,
                other=them.user if them else None,
                other_read_seq=them.read_seq if them else 0,
                last=last.get(row.conversation_id),
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

"""Lists of conversations, and one of them as its member sees it. Each function has a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.http import urlencode

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from chat.access import conversations as conversation_access
from chat.access import groups as group_access
from chat.access import marks as mark_access
from chat.models.conversations import REQUEST_LIMIT, Conversation, Membership, Who
from chat.models.messages import Message
from chat.queries import closing, filling, speakers
from chat.queries import notices as notice_queries
from core import errors, paging

PAGE = 30
UNREAD, ARCHIVED = "unread", "archived"
BADGE_LIMIT = 100


@dataclass(frozen=True)
class Face:
    """What a conversation is called and looks like to a reader, as avatars take it."""

    display_name: str
    avatar_url: str


def face_of(group: Conversation) -> Face:
    return Face(group.name, group.picture_url)


@dataclass
class Chat:
    """A conversation as one of its members sees it. `other` is the other of two; None in groups, and when the other has
    left the site. `awaits`: the other was asked, and has not answered yet."""

    conversation: Conversation
    mine: Membership
    other: User | None
    other_read_seq: int
    last: Message | None
    awaits: bool = False
    other_delivered_seq: int = 0

    @property
    def is_group(self) -> bool:
        return self.conversation.is_group

    @property
    def title(self) -> str:
        return self.conversation.name if self.is_group else self.other.display_name if self.other else ""

    @property
    def face(self) -> "Face | User | None":
        """For the tag `avatar`; None is a member who left."""
        return face_of(self.conversation) if self.is_group else self.other

    @property
    def may_write(self) -> bool:
        speaks = self.mine.leads or self.conversation.who_writes == Who.MEMBERS
        waits = self.awaits and self.conversation.last_seq >= REQUEST_LIMIT
        return speaks and not waits and not self.mine.is_request

    @property
    def may_add(self) -> bool:
        return self.is_group and (self.mine.leads or self.conversation.who_adds == Who.MEMBERS)

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
    requests: int = 0

    @property
    def query(self) -> str:
        """Of the address of what follows."""
        return "?" + urlencode({"which": self.which, "cursor": self.next} if self.which else {"cursor": self.next})


def inbox(viewer: Viewer, cursor: str = "", *, which: str = "", size: int = PAGE) -> Inbox:
    """The viewer's conversations, latest first, those that they pinned above the first page: five queries. The index
    is right to a minute, the page exact. `which`: only the unread ones, or those that they archived."""
    me = accounts_access.viewer_id(viewer) or 0
    candidates = Membership.objects.filter(user_id=me, active_at__isnull=False, is_request=False)
    candidates = candidates.filter(archived_at__isnull=which != ARCHIVED)
    pinned: list[Membership] = []
    if which == UNREAD:
        candidates = candidates.filter(unread=True)
    elif not which:
        first = Membership.objects.filter(user_id=me, is_request=False, pinned_at__isnull=False)
        candidates = candidates.filter(pinned_at__isnull=True)
        pinned = [] if cursor else _open(viewer, list(_with_card(first).order_by("-pinned_at")))
    found = _page(viewer, candidates, cursor, size, first=pinned)
    found.which = which
    return found


def inbox_with_requests(viewer: Viewer, cursor: str = "", *, which: str = "") -> Inbox:
    """As a page shows it: how many requests wait stands on top of the first."""
    found = inbox(viewer, cursor, which=which)
    found.requests = 0 if cursor or which else requests_count(viewer)
    return found


def requests(viewer: Viewer, cursor: str = "", *, size: int = PAGE) -> Inbox:
    """Conversations that the viewer was asked into and has not answered; those declined are back when the other writes
    again."""
    me = accounts_access.viewer_id(viewer) or 0
    rows = Membership.objects.filter(user_id=me, active_at__isnull=False, is_request=True)
    return _page(viewer, rows, cursor, size)


def requests_count(viewer: Viewer) -> int:
    """One query over the partial index, and never more than 100."""
    rows = conversation_access.visible_memberships(viewer).filter(is_request=True, active_at__isnull=False)
    return rows.order_by()[:BADGE_LIMIT].count()


def _with_card(rows: QuerySet[Membership]) -> QuerySet[Membership]:
    return rows.select_related("conversation__picture")


def _page(
    viewer: Viewer, rows: QuerySet[Membership], cursor: str, size: int, *, first: Sequence[Membership] = ()
) -> Inbox:
    """A page of these, latest first, below `first`."""
    page = paging.page(
        _with_card(rows),
        cursor=cursor,
        size=size,
        by=("-active_at", "-id"),
        keep=lambda rows: _open(viewer, rows),
    )
    chats = _chats(viewer, [*first, *page.rows])
    top, rest = chats[: len(first)], chats[len(first) :]
    rest.sort(key=lambda chat: chat.conversation.last_message_at or chat.conversation.created_at, reverse=True)
    return Inbox([*top, *rest], page.next)


def _open(viewer: Viewer, rows: list[Membership]) -> list[Membership]:
    ids = [row.pk for row in rows]
    seen = set(conversation_access.visible_memberships(viewer).filter(pk__in=ids).values_list("pk", flat=True))
    return [row for row in rows if row.pk in seen]


def chat(viewer: Viewer, conversation_id: int) -> Chat:
    """One conversation: three queries. Hidden and absent are NotFound alike."""
    mine = None
    if 0 < conversation_id < 2**63:
        rows = conversation_access.visible_memberships(viewer).filter(conversation_id=conversation_id)
        mine = rows.select_related("conversation__picture").first()
    if mine is None:
        raise errors.NotFound
    return _chats(viewer, [mine])[0]


def _chats(viewer: Viewer, memberships: list[Membership]) -> list[Chat]:
    """Memberships with the other member and the last message that the viewer sees: two queries."""
    me = accounts_access.viewer_id(viewer) or 0
    pairs = [row.conversation_id for row in memberships if not row.conversation.is_group]
    others = Membership.objects.filter(conversation_id__in=pairs).exclude(user_id=me).select_related("user")
    others = others.annotate(tells=Exists(mark_access.visible_marks(viewer).filter(pk=OuterRef("pk"))))
    other = {row.conversation_id: row for row in others}
    newest = conversation_access.visible_messages(viewer).filter(
        conversation_id=OuterRef("conversation_id"),
        seq__gt=Greatest(OuterRef("cleared_seq"), OuterRef("joined_seq")),  # where the index stops looking
    )
    shown = Membership.objects.filter(pk__in=[row.pk for row in memberships])
    latest = Message.objects.filter(pk__in=shown.values_list(Subquery(newest.order_by("-seq").values("pk")[:1])))
    latest = latest.annotate(speaker_name=speakers.of(viewer))
    last = {row.conversation_id: row for row in latest}
    made = []
    for row in memberships:
        them = other.get(row.conversation_id)
        made.append(
            Chat(
                conversation=row.conversation,
                mine=row,
                other=them.user if them else None,
                other_read_seq=them.read_seq if them and them.tells else 0,
                other_delivered_seq=max(them.read_seq, them.delivered_seq) if them and them.tells else 0,
                last=last.get(row.conversation_id),
                awaits=them is not None and them.is_request,
            )
        )
    if said := [chat.last for chat in made if chat.is_group and chat.last is not None]:
        closing.close(User(pk=me), said)
    filling.fill(chat.last for chat in made)
    notice_queries.tell([chat.last for chat in made if chat.last is not None], me)
    return made


def direct_with(viewer: Viewer, person: User) -> Conversation | None:
    """The conversation these two have already, if any."""
    key = Conversation.key_of(accounts_access.viewer_id(viewer) or 0, person.pk)
    return conversation_access.visible_conversations(viewer).filter(direct_key=key).first()


def takes_files(viewer: Viewer, person: User) -> bool:
    """Whether a first message to them may carry files: who does not know the viewer is asked first, with words."""
    return bool(group_access.acquainted([person.pk], accounts_access.viewer_id(viewer) or 0))


def unread_conversations(viewer: Viewer) -> int:
    """For the badge: one query over the partial index of unread memberships, and never more than 100 of them."""
    rows = conversation_access.visible_memberships(viewer).filter(unread=True, is_request=False)
    return rows.order_by()[:BADGE_LIMIT].count()

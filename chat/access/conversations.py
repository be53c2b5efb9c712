"""Who may see and write in which conversation. The rule stands once, in terms of memberships."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.relations import Block
from chat.models.conversations import Conversation, Kind, Membership, Role, Who
from chat.models.members import ChatMember
from chat.models.messages import Message, MessageMark
from core import errors, prepared


def open_memberships() -> QuerySet[Membership]:
    """Memberships that give sight now: the member is here, and in a conversation of two so is the other, without a
    block either way. Everything below and every list, page, resume and delivery starts from this."""
    block = Block.objects.filter(
        Q(blocker_id=OuterRef("user_id"), blocked_id=OuterRef(OuterRef("user_id")))
        | Q(blocked_id=OuterRef("user_id"), blocker_id=OuterRef(OuterRef("user_id")))
    )
    out_of_sight = (
        Membership.objects.filter(conversation_id=OuterRef("conversation_id"))
        .exclude(user_id=OuterRef("user_id"))
        .filter(~accounts_access.present("user__") | Exists(block))
    )
    return Membership.objects.filter(accounts_access.present("user__")).exclude(
        Q(conversation__kind=Kind.DIRECT) & Exists(out_of_sight)
    )


def told_memberships() -> QuerySet[Membership]:
    """Those of the open ones whose member hears what happens: who was asked and has not answered hears nothing."""
    return open_memberships().filter(is_request=False)


def hiding() -> Exists:
    """True for memberships whose member does not show how far they are."""
    return Exists(ChatMember.objects.filter(user_id=OuterRef("user_id"), shows_reading=False))


def visible_memberships(viewer: Viewer) -> QuerySet[Membership]:
    """The viewer's own."""
    return open_memberships().filter(user_id=accounts_access.viewer_id(viewer) or 0)


def visible_conversations(viewer: Viewer) -> QuerySet[Conversation]:
    return Conversation.objects.filter(Exists(visible_memberships(viewer).filter(conversation_id=OuterRef("pk"))))


def share_conversation(user_id: int) -> Exists:
    """True for members (rows of User) who are in a conversation with this one, seen or not."""
    mine = Membership.objects.filter(user_id=user_id).values("conversation_id")
    return Exists(Membership.objects.filter(user_id=OuterRef("pk"), conversation_id__in=mine))


def visible_messages(viewer: Viewer) -> QuerySet[Message]:
    """Since the viewer's time, and since they cleared the conversation; without what has disappeared, and what they
    deleted for themselves. What is deleted for everyone stays in its place, without its words."""
    mine = visible_memberships(viewer).filter(
        conversation_id=OuterRef("conversation_id"), joined_seq__lt=OuterRef("seq"), cleared_seq__lt=OuterRef("seq")
    )
    hidden = MessageMark.objects.filter(
        user_id=accounts_access.viewer_id(viewer) or 0, message=OuterRef("pk"), hidden_at__isnull=False
    )
    return Message.objects.filter(Exists(mine), lasting()).exclude(Exists(hidden))


def severed(viewer: Viewer, people: Collection[int | None]) -> set[int]:
    """Those of these members whom a block parts from the viewer: in a group neither reads what the other says."""
    me = accounts_access.viewer_id(viewer) or 0
    others = {id for id in people if id and id != me}
    pairs = prepared.execute(*SEVERED.among(me=[me], others=others)) if others else []
    return {id for pair in pairs for id in pair} - {me}


def _severed(me: Any, others: Any) -> QuerySet[Any, Any]:
    ours = Q(blocker__id__among=me, blocked__id__among=others)
    theirs = Q(blocked__id__among=me, blocker__id__among=others)
    return Block.objects.filter(ours | theirs).values_list("blocker_id", "blocked_id")


SEVERED = prepared.Question(_severed, "me", "others")


def lasting() -> Q:
    """Messages that have not disappeared, whether or not their rows are gone yet."""
    return Q(expires_at__isnull=True) | Q(expires_at__gt=prepared.now())


def access_message(viewer: Viewer, conversation_id: int, seq: int) -> Message:
    """One visible message that has its words still. Whoever changes it has locked its conversation."""
    rows = visible_messages(viewer).filter(conversation_id=conversation_id, seq=seq, deleted_at__isnull=True)
    message = rows.first() if 0 < seq < 2**63 else None
    if message is None or message.is_gone or severed(viewer, [message.sender_id]):
        raise errors.NotFound
    return message


def access_conversation(viewer: Viewer, id: int, *, lock: bool = False) -> Conversation:
    """One visible conversation; hidden, foreign and absent answer alike."""
    conversations = visible_conversations(viewer)
    if lock:
        conversations = conversations.select_for_update(of=("self",), no_key=True)
    conversation = conversations.filter(pk=id).first() if 0 < id < 2**63 else None
    if conversation is None:
        raise errors.NotFound
    return conversation


def writing_memberships() -> QuerySet[Membership]:
    """Those of the open ones whose member may write: who was asked answers first, and in some groups admins speak."""
    free = Q(conversation__who_writes=Who.MEMBERS) | Q(role__in=[Role.OWNER, Role.ADMIN])
    return told_memberships().filter(free)


class Writer(NamedTuple):
    """What the writer of messages needs of a membership whose member may write now."""

    id: int
    conversation_id: int
    user_id: int
    read_seq: int
    own_after: int
    joined_seq: int
    awaits: bool  # the other of the two was asked, and has not answered yet


def _writers(conversations: Any, users: Any) -> QuerySet[Any, Any]:
    rows = writing_memberships().filter(conversation__id__among=conversations, user__id__among=users)
    asked = Membership.objects.filter(conversation_id=OuterRef("conversation_id"), is_request=True)
    rows = rows.annotate(awaits=Q(conversation__kind=Kind.DIRECT) & Exists(asked))
    return rows.values_list(*Writer._fields)


# What the socket and the writer ask all the time: Django takes three times as long to put such a statement together as
# PostgreSQL to answer it.
WRITERS = prepared.Question(_writers, "conversations", "users")


def writers(conversation_ids: Collection[int], user_ids: Collection[int]) -> prepared.Statement:
    """What gives the values of Writer, for those of these who may write now. Ask with the conversations locked."""
    return WRITERS.among(conversations=conversation_ids, users=user_ids)


class Sight(NamedTuple):
    """Who may see a conversation and is told. `parted`: member -> those of them who do not read what this one says.
    `since`: member -> the last message before their time, for those who have one. `discreet`: those who neither show
    how far they have read nor see it of others."""

    version: int
    rev: int
    members: frozenset[int]
    parted: dict[int, frozenset[int]]
    since: dict[int, int]
    discreet: frozenset[int]


def audience(conversation_id: int) -> Sight | None:
    """Version, rev and members are read in one statement so that they belong together; whoever blocks somebody raises
    the version afterwards, so that who read the blocks before reads them again."""
    here = [conversation_id]
    rows, blocks = prepared.execute_all([AUDIENCE.among(here=here), PARTED.among(here=here)])
    if not rows:
        return None
    _user, _joined, version, rev, kind, _hides = rows[0]
    return Sight(
        version,
        rev,
        members=frozenset(row[0] for row in rows),
        parted={} if kind == Kind.DIRECT else _parted(blocks),
        since={user: joined for user, joined, *_rest in rows if joined},
        discreet=frozenset(row[0] for row in rows if row[-1]),
    )


def _audience(here: Any) -> QuerySet[Any, Any]:
    rows = told_memberships().filter(conversation__id__among=here)
    whose = ("conversation__members_version", "conversation__rev", "conversation__kind")
    return rows.values_list("user_id", "joined_seq", *whose, hiding())


def _blocks(here: Any) -> QuerySet[Any, Any]:
    """Those between its members."""
    members = Membership.objects.filter(conversation__id__among=here).values("user_id")
    return Block.objects.filter(blocker__in=members, blocked__in=members).values_list("blocker_id", "blocked_id")


AUDIENCE, PARTED = prepared.Question(_audience, "here"), prepared.Question(_blocks, "here")


def _parted(blocks: list[tuple[int, int]]) -> dict[int, frozenset[int]]:
    made: dict[int, set[int]] = {}
    for one, other in blocks:
        made.setdefault(one, set()).add(other)
        made.setdefault(other, set()).add(one)
    return {id: frozenset(others) for id, others in made.items()}

"""Who may see and write in which conversation. The rule stands once, in terms of memberships."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import access as accounts_access
from accounts.access import Viewer
from accounts.models import Block
from chat.models import Conversation, Kind, Membership, Message
from core import errors


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


def visible_memberships(viewer: Viewer) -> QuerySet[Membership]:
    """The viewer's own."""
    return open_memberships().filter(user_id=accounts_access.viewer_id(viewer) or 0)


def visible_conversations(viewer: Viewer) -> QuerySet[Conversation]:
    return Conversation.objects.filter(Exists(visible_memberships(viewer).filter(conversation_id=OuterRef("pk"))))


def visible_messages(viewer: Viewer) -> QuerySet[Message]:
    mine = visible_memberships(viewer).filter(
        conversation_id=OuterRef("conversation_id"), joined_seq__lt=OuterRef("seq")
    )
    return Message.objects.filter(Exists(mine))


def access_conversation(viewer: Viewer, id: int, *, lock: bool = False) -> Conversation:
    """One visible conversation; hidden, foreign and absent answer alike."""
    conversations = visible_conversations(viewer)
    if lock:
        conversations = conversations.select_for_update(of=("self",), no_key=True)
    conversation = conversations.filter(pk=id).first() if 0 < id < 2**63 else None
    if conversation is None:
        raise errors.NotFound
    return conversation


def writers(conversation_ids: Iterable[int], user_ids: Iterable[int]) -> dict[tuple[int, int], Membership]:
    """(conversation, member) -> membership, for those who may write now. Ask with the conversations locked."""
    rows = open_memberships().filter(conversation_id__in=list(conversation_ids), user_id__in=list(user_ids))
    return {(row.conversation_id, row.user_id): row for row in rows}


def audience(conversation_id: int) -> tuple[int, int, frozenset[int]] | None:
    """(members_version, rev, members that may see), read in one statement so that they belong together."""
    rows = list(
        open_memberships()
        .filter(conversation_id=conversation_id)
        .values_list("user_id", "conversation__members_version", "conversation__rev")
    )
    return (rows[0][1], rows[0][2], frozenset(row[0] for row in rows)) if rows else None

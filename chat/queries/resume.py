"""What somebody has missed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from accounts.access.people import Viewer
from chat.access import conversations as conversation_access
from chat.access import marks as mark_access
from chat.models.conversations import Conversation
from chat.models.messages import Message
from chat.queries import closing, filling

RESUME_ROWS = 500


@dataclass
class Missed:
    """What a client has not seen of one conversation, by `rev`. `reload`: it is too much, start anew."""

    rev: int
    read: dict[int, int]
    messages: list[Message] = field(default_factory=list)
    reload: bool = False
    card: Conversation | None = None
    delivered: dict[int, int] = field(default_factory=dict)


def resume(viewer: Viewer, wanted: Mapping[int, int]) -> dict[int, Missed]:
    """Conversation -> last rev seen, into what came after: three queries. Hidden and absent ones are left out."""
    mine = (
        conversation_access.visible_memberships(viewer)
        .filter(conversation_id__in=list(wanted))
        .select_related("conversation__picture")
    )
    joined = {row.conversation_id: row for row in mine}
    found: dict[int, Missed] = {}
    behind = Q()
    left = RESUME_ROWS
    for id, row in joined.items():
        missed = found[id] = Missed(rev=row.conversation.rev, read={})
        if row.conversation.is_group and row.conversation.info_rev > wanted[id]:
            missed.card = row.conversation
        gap = row.conversation.rev - wanted[id]
        # A rev above ours was never given out: the client's memory is of another life of this database.
        # One from before the membership is of a time when they were in it as somebody else, so to say.
        missed.reload = gap > left or gap < 0 or 0 < wanted[id] < row.joined_rev
        if gap and not missed.reload:
            left -= gap
            # No upper end: what is changed from here on has left its old `rev`, and would be missing at both.
            behind |= Q(conversation_id=id, rev__gt=wanted[id])
    few = [id for id, row in joined.items() if row.conversation.members_count <= mark_access.TOLD_MEMBERS]
    marks = mark_access.visible_marks(viewer).filter(conversation_id__in=few)
    for row in marks.only("conversation_id", "user_id", "read_seq", "delivered_seq"):
        missed = found[row.conversation_id]
        missed.read[row.user_id] = row.read_seq
        missed.delivered[row.user_id] = max(row.read_seq, row.delivered_seq)
    if behind:
        for message in conversation_access.visible_messages(viewer).filter(behind).order_by("conversation_id", "rev"):
            found[message.conversation_id].messages.append(message)
    groups = [id for id, row in joined.items() if row.conversation.is_group]
    if said := [message for id in groups for message in found[id].messages]:
        closing.close(viewer, said)
    filling.fill(message for missed in found.values() for message in missed.messages)
    return found

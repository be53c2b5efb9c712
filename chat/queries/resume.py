"""What somebody has missed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from accounts.access.people import Viewer
from chat.access import conversations as conversation_access
from chat.access import marks as mark_access
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message
from chat.queries import closing, filling
from core import prepared

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


# No upper end: what is changed from here on has left its old `rev`, and would be missing at both.
BEHIND = prepared.Given("behind", id="bigint", rev="bigint")
LATER = """
    SELECT chat_message.id FROM [behind]
    JOIN chat_message ON chat_message.conversation_id = behind.id AND chat_message.rev > behind.rev
"""


def _with_conversation(rows: QuerySet[Membership], _viewer: Viewer) -> QuerySet[Membership]:
    return rows.select_related("conversation__picture")


def _how_far(rows: QuerySet[Membership], _viewer: Viewer) -> QuerySet[Any, Any]:
    return rows.values_list("conversation_id", "user_id", "read_seq", "delivered_seq")


def resume(viewer: Viewer, wanted: Mapping[int, int]) -> dict[int, Missed]:
    """Conversation -> last rev seen, into what came after: four queries. Hidden and absent ones are left out."""
    mine = prepared.rows(
        conversation_access.visible_memberships, viewer, list(wanted), _with_conversation, by="conversation__pk"
    )
    joined = {row.conversation_id: row for row in mine}
    found: dict[int, Missed] = {}
    behind: list[tuple[int, int]] = []
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
            behind.append((id, wanted[id]))
    few = [id for id, row in joined.items() if row.conversation.members_count <= mark_access.TOLD_MEMBERS]
    for id, user, read, delivered in prepared.rows(
        mark_access.visible_marks, viewer, few, _how_far, by="conversation__pk"
    ):
        found[id].read[user] = read
        found[id].delivered[user] = max(read, delivered)
    if behind:
        later = [pk for (pk,) in prepared.execute(prepared.text(LATER, BEHIND), BEHIND.values(behind))]
        rows = prepared.rows(conversation_access.visible_messages, viewer, later)
        for message in sorted(rows, key=lambda row: row.rev):
            found[message.conversation_id].messages.append(message)
    groups = [id for id, row in joined.items() if row.conversation.is_group]
    if said := [message for id in groups for message in found[id].messages]:
        closing.close(viewer, said)
    filling.fill(message for missed in found.values() for message in missed.messages)
    return found

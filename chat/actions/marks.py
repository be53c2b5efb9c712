"""How far members have read, and what has reached their devices."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.access import people as accounts_access
from accounts.models.people import User
from chat import realtime
from chat.access import conversations as conversation_access
from chat.access import marks as mark_access
from chat.actions import storing
from chat.models.conversations import Conversation, Kind, Membership
from chat.models.messages import Message, MessageKind
from core import prepared


@dataclasses.dataclass(frozen=True)
class ReadMark:
    """How far a member has read, and how much is left."""

    seq: int
    unread: int


@transaction.atomic
def mark_read(*, actor: User, conversation_id: int, seq: int) -> ReadMark:
    """Moves the actor's mark forward, never back; tells their devices, and the others what these may learn."""
    conversation = conversation_access.access_conversation(actor, conversation_id, lock=True)
    rows = Membership.objects.select_for_update(of=("self",), no_key=True).annotate(hides=conversation_access.hiding())
    mine = rows.get(conversation=conversation, user_id=actor.pk)
    seq = min(max(seq, 0), conversation.last_seq)
    if seq > mine.read_seq and not mine.is_request:  # who was asked reads unnoticed
        mine.read_seq = seq
        mine.delivered_seq = max(mine.delivered_seq, seq)
        mine.own_after = 0
        if seq < conversation.last_seq:
            later = Message.objects.filter(conversation=conversation, seq__gt=seq)
            mine.own_after = later.filter(Q(sender_id=actor.pk) | Q(kind=MessageKind.SYSTEM)).count()
        mine.unread = mine.unread_of(conversation) > 0
        Membership.objects.filter(pk=mine.pk).update(
            read_seq=mine.read_seq, delivered_seq=mine.delivered_seq, own_after=mine.own_after, unread=mine.unread
        )
        realtime.push_own_reads([(actor.pk, conversation.pk, mine.read_seq, mine.unread_of(conversation))])
        if not mine.hides and conversation.members_count <= mark_access.TOLD_MEMBERS:
            realtime.push_read(conversation, {actor.pk: mine.read_seq})
    return ReadMark(seq=mine.read_seq, unread=mine.unread_of(conversation))


class Moved(NamedTuple):
    """What became of read marks."""

    conversations: set[int]  # of which some were stored
    left: dict[tuple[int, int], int]  # of conversations that somebody writes to just now, for the next time


@transaction.atomic
def mark_all_read(*, marks: Mapping[tuple[int, int], int]) -> Moved:
    """(member, conversation) -> how far they have read; marks move forward, never back, and those that are not theirs
    are left out."""
    further = {row.pk: row for row in _told(marks) if marks.get((row.user_id, row.conversation_id), 0) > row.read_seq}
    here = {row.conversation_id for row in further.values()}
    held = storing.locked(prepared.execute(*storing.locking(here, skip_locked=True))) if here else {}
    # From here on messages wait for this: two statements, and nobody is told meanwhile.
    stored = _store_read(
        [
            (pk, min(marks[row.user_id, id], held[id].last_seq), held[id].last_seq, id, row.user_id)
            for pk, row in further.items()
            if (id := row.conversation_id) in held
        ]
    )
    own: list[tuple[int, int, int, int]] = []
    shown: dict[int, dict[int, int]] = {}
    for pk, seq, own_after in stored:
        row = further.pop(pk)
        id = row.conversation_id
        own.append((row.user_id, id, seq, held[id].last_seq - seq - own_after))
        if not row.hides and held[id].members_count <= mark_access.TOLD_MEMBERS:
            shown.setdefault(id, {})[row.user_id] = seq
    if own:
        realtime.push_own_reads(own)
    for id, read in shown.items():
        realtime.push_read(held[id], read)
    left = [(row.user_id, row.conversation_id) for row in further.values() if row.conversation_id not in held]
    return Moved({id for _user, id, _seq, _unread in own}, {key: marks[key] for key in left})


class Told(NamedTuple):
    """A membership whose marks may move."""

    pk: int
    user_id: int
    conversation_id: int
    read_seq: int
    delivered_seq: int
    last_seq: int
    members_version: int
    kind: str
    hides: bool  # its member shows their marks to nobody


def _whose(conversations: Any, users: Any) -> QuerySet[Any, Any]:
    rows = conversation_access.told_memberships().filter(conversation__id__among=conversations, user__id__among=users)
    own = ("pk", "user_id", "conversation_id", "read_seq", "delivered_seq")
    of_all = ("conversation__last_seq", "conversation__members_version", "conversation__kind")
    return rows.values_list(*own, *of_all, conversation_access.hiding())


WHOSE = prepared.Question(_whose, "conversations", "users")


def _told(pairs: Collection[tuple[int, int]]) -> list[Told]:
    """Those of these (member, conversation) that there are, and some that were not asked for."""
    users, conversations = {user for user, _id in pairs}, {id for _user, id in pairs}
    found = prepared.execute(*WHOSE.among(conversations=conversations, users=users)) if pairs else []
    return [Told(*row) for row in found]


def _skipping() -> str:
    """Of members, too, only those that are free."""
    return "FOR NO KEY UPDATE SKIP LOCKED" if connection.features.has_select_for_update else ""


MOVED = prepared.Given("moved", id="bigint", seq="bigint", last="bigint", conversation_id="bigint", user_id="bigint")
STORE_READ = """
    UPDATE chat_membership SET read_seq = fresh.seq, own_after = fresh.own,
        delivered_seq = CASE WHEN delivered_seq > fresh.seq THEN delivered_seq ELSE fresh.seq END,
        unread = fresh.last - fresh.seq - fresh.own > 0
    FROM (
        SELECT moved.id, moved.seq, moved.last, CASE WHEN moved.seq < moved.last THEN (
            SELECT count(*) FROM chat_message WHERE conversation_id = moved.conversation_id
                AND chat_message.seq > moved.seq AND (sender_id = moved.user_id OR kind = %(notice)s)
        ) ELSE 0 END AS own FROM [moved]
    ) AS fresh
    WHERE chat_membership.id = fresh.id AND chat_membership.read_seq < fresh.seq
    RETURNING chat_membership.id, chat_membership.read_seq, chat_membership.own_after
"""


def _store_read(rows: list[tuple[int, int, int, int, int]]) -> list[tuple[int, int, int]]:
    """Rows of membership, read_seq, the conversation's last_seq, conversation, member -> (membership, read_seq,
    own_after) of what was stored. SQL, for it is one statement so, and the conversations are locked meanwhile."""
    if not rows:
        return []
    found: list[Any] = prepared.execute(
        prepared.text(STORE_READ, MOVED), {"notice": MessageKind.SYSTEM.value, **MOVED.values(rows)}
    )
    return found


@transaction.atomic
def mark_all_delivered(*, marks: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """(member, conversation) -> how far one of the member's devices has it; marks move forward, never back, and those
    that are not theirs are left out. Returns what is being written by somebody else just now, for the next time: who
    writes messages locks members in no order, so this waits for nobody."""
    further: dict[int, tuple[Told, int]] = {}
    for row in _told(marks):
        seq = min(marks.get((row.user_id, row.conversation_id), 0), row.last_seq)
        if seq > max(row.delivered_seq, row.read_seq):
            further[row.pk] = (row, seq)
    for pk in _store_delivered([(pk, seq) for pk, (_row, seq) in further.items()]):
        row, seq = further.pop(pk)
        if row.kind == Kind.DIRECT and not row.hides:
            conversation = Conversation(pk=row.conversation_id, members_version=row.members_version)
            realtime.push_delivered(conversation, row.user_id, seq)
    return {(row.user_id, row.conversation_id): seq for row, seq in further.values()}


ARRIVED = prepared.Given("arrived", id="bigint", seq="bigint")
STORE_DELIVERED = """
    UPDATE chat_membership SET delivered_seq = arrived.seq FROM [arrived]
    WHERE chat_membership.id = arrived.id AND chat_membership.delivered_seq < arrived.seq AND chat_membership.id IN (
        SELECT id FROM chat_membership WHERE id IN (SELECT arrived.id FROM [arrived]) ORDER BY id {lock}
    )
    RETURNING chat_membership.id
"""


def _store_delivered(rows: list[tuple[int, int]]) -> list[int]:
    """Memberships of which this was stored: those that somebody else writes just now are not."""
    statement = prepared.text(STORE_DELIVERED.format(lock=_skipping()), ARRIVED)
    return [pk for (pk,) in prepared.execute(statement, ARRIVED.values(rows))] if rows else []


@transaction.atomic
def mark_delivered(*, actor: User, conversations: Mapping[int, int]) -> None:
    """What has reached a device of the actor that speaks over HTTP."""
    accounts_access.access_member(actor)
    mark_all_delivered(marks={(actor.pk, id): seq for id, seq in conversations.items()})

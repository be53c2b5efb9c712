"""How far members have read, and what has reached their devices."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from accounts.access import people as accounts_access
from accounts.models.people import User
from chat import realtime
from chat.access import conversations as conversation_access
from chat.access import marks as mark_access
from chat.models.conversations import Conversation, Membership
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
    rows = Membership.objects.select_for_update(of=("self",), no_key=True).annotate(hides=mark_access.hiding())
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


@transaction.atomic
def mark_all_read(*, marks: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """(member, conversation) -> how far they have read; marks move forward, never back, and those that are not theirs
    are left out. Returns what is of conversations that somebody writes to just now, for the next time."""
    told = conversation_access.told_memberships().filter(pk__in=_memberships(marks))
    rows = told.values_list("pk", "user_id", "conversation_id", "read_seq", mark_access.hiding())
    further = {row[0]: row for row in rows if marks[row[1], row[2]] > row[3]}
    here = {id for _pk, _user, id, *_rest in further.values()}
    free = Conversation.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=here).order_by("pk")
    held = free.only("last_seq", "members_version", "members_count").in_bulk() if here else {}
    # From here on messages wait for this: two statements, and nobody is told meanwhile.
    stored = _store_read(
        [
            (pk, min(marks[user, id], held[id].last_seq), held[id].last_seq, id, user)
            for pk, user, id, *_rest in further.values()
            if id in held
        ]
    )
    own: list[tuple[int, int, int, int]] = []
    shown: dict[int, dict[int, int]] = {}
    for pk, seq, own_after in stored:
        _pk, user, id, _before, hides = further.pop(pk)
        own.append((user, id, seq, held[id].last_seq - seq - own_after))
        if not hides and held[id].members_count <= mark_access.TOLD_MEMBERS:
            shown.setdefault(id, {})[user] = seq
    if own:
        realtime.push_own_reads(own)
    for id, read in shown.items():
        realtime.push_read(held[id], read)
    return {(user, id): marks[user, id] for _pk, user, id, *_rest in further.values() if id not in held}


def _memberships(pairs: Collection[tuple[int, int]]) -> RawSQL | list[int]:
    """Rows of (member, conversation), those that there are. SQL, for Django cannot ask for pairs."""
    if not pairs:
        return []
    given = ", ".join(["(%s, %s)"] * len(pairs))
    sql = (
        f"SELECT chat_membership.id FROM (VALUES {given}) AS given JOIN chat_membership "  # noqa: S608
        "ON conversation_id = given.column2 AND user_id = given.column1"
    )
    return RawSQL(sql, [value for pair in pairs for value in pair])  # noqa: S611  the marks of the values alone


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
    found = conversation_access.told_memberships().filter(pk__in=_memberships(marks))
    found = found.annotate(hides=mark_access.hiding()).select_related("conversation").order_by("pk")
    further: dict[int, tuple[Any, int]] = {}
    for row in found:
        seq = min(marks[row.user_id, row.conversation_id], row.conversation.last_seq)
        if seq > max(row.delivered_seq, row.read_seq):
            further[row.pk] = (row, seq)
    free = Membership.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=further).order_by("pk")
    ours = list(free.only("pk", "delivered_seq"))
    for mine in ours:
        mine.delivered_seq = max(mine.delivered_seq, further[mine.pk][1])
    Membership.objects.bulk_update(ours, ["delivered_seq"])
    for mine in ours:
        row, seq = further.pop(mine.pk)
        if not row.conversation.is_group and not row.hides:
            realtime.push_delivered(row.conversation, row.user_id, seq)
    return {(row.user_id, row.conversation_id): seq for row, seq in further.values()}


@transaction.atomic
def mark_delivered(*, actor: User, conversations: Mapping[int, int]) -> None:
    """What has reached a device of the actor that speaks over HTTP."""
    accounts_access.access_member(actor)
    mark_all_delivered(marks={(actor.pk, id): seq for id, seq in conversations.items()})

"""What every batch of messages asks and writes: parts of `send_messages`. It is SQL, because making these statements
costs Django more than PostgreSQL takes to run them (docs/decisions/0004)."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection

from chat.access import conversations as conversation_access
from chat.events import MessagesSent
from chat.models.conversations import Conversation
from chat.models.messages import Message
from core import outbox, prepared
from core.prepared import Given

ACTIVITY_STEP = timedelta(minutes=1)


class Draft(Protocol):
    """Of what is to be sent: whose, where, and under which name."""

    @property
    def sender_id(self) -> int: ...

    @property
    def conversation_id(self) -> int: ...

    @property
    def client_id(self) -> uuid.UUID: ...


ASKED = Given("asked", id="bigint")
SENT = Given("sent", sender_id="bigint", client_id="uuid")
FRESH = Given(
    "fresh",
    id="bigint",
    conversation_id="bigint",
    seq="bigint",
    rev="bigint",
    sender_id="bigint",
    client_id="uuid",
    text="text",
    created_at="timestamptz",
    reply_seq="bigint",
    is_forwarded="boolean",
    mentions="jsonb",
    expires_at="timestamptz",
    files_count="smallint",
    sticker="text",
    kind="text",
    data="jsonb",
    link_id="bigint",
)
COUNTED = Given("counted", id="bigint", last_seq="bigint", rev="bigint")
ALONE = Given("alone", conversation_id="bigint", user_id="bigint")
OWN = Given("own", id="bigint", read_seq="bigint", own_after="bigint")

# What sending, and reading, needs of a conversation.
LOCKED = ("id", "last_seq", "rev", "members_version", "members_count", "lifetime")
COUNTERS = f"""
    SELECT {", ".join(LOCKED)} FROM chat_conversation WHERE id IN (SELECT asked.id FROM [asked]) ORDER BY id
"""  # noqa: S608  names alone
STANDING = """
    SELECT chat_message.id FROM [sent] JOIN chat_message
        ON chat_message.sender_id = sent.sender_id AND chat_message.client_id = sent.client_id
"""
INSERT = f"""
    INSERT INTO chat_message ({", ".join(FRESH.columns)}) SELECT {", ".join(FRESH.columns)} FROM [fresh]
    RETURNING id, conversation_id, seq
"""  # noqa: S608  names alone
IDS = "SELECT nextval(pg_get_serial_sequence('chat_message', 'id')) FROM generate_series(1, %(many)s)"
COUNT = """
    UPDATE chat_conversation SET last_seq = counted.last_seq, rev = counted.rev, last_message_at = %(at)s
    FROM [counted] WHERE chat_conversation.id = counted.id
"""
MARK_UNREAD = """
    UPDATE chat_membership SET unread = TRUE, active_at = %(at)s
    WHERE conversation_id IN (SELECT asked.id FROM [asked])
        AND (unread = FALSE OR active_at IS NULL OR active_at < %(stale)s)
        AND NOT EXISTS (SELECT 1 FROM [alone] WHERE alone.conversation_id = chat_membership.conversation_id
                        AND alone.user_id = chat_membership.user_id)
"""
COUNT_OWN = """
    UPDATE chat_membership SET read_seq = own.read_seq, own_after = own.own_after,
        active_at = CASE WHEN active_at > %(stale)s THEN active_at ELSE %(at)s END
    FROM [own] WHERE chat_membership.id = own.id
"""


@dataclass
class Taken:
    """What a batch begins with."""

    conversations: dict[int, Conversation] = field(default_factory=dict)
    writers: dict[tuple[int, int], conversation_access.Writer] = field(default_factory=dict)
    standing: dict[tuple[int, uuid.UUID], Message] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)  # for new messages; none where the database gives them afterwards


def take(drafts: Sequence[Draft], *, skip_locked: bool) -> Taken:
    """The counters of a batch's conversations, locked; who of the senders may write in which; what stands already under
    their client_ids; ids for what is new."""
    ids = {draft.conversation_id for draft in drafts if 0 < draft.conversation_id < 2**63}
    if not ids:
        return Taken()
    numbers = [(IDS, {"many": len(drafts)})] if connection.vendor == "postgresql" else []
    counters, may_write, sent, *fresh = prepared.execute_all(
        [
            locking(ids, skip_locked=skip_locked),
            conversation_access.writers(ids, {draft.sender_id for draft in drafts}),
            (
                prepared.text(STANDING, SENT),
                SENT.values(list({(draft.sender_id, _uuid(draft.client_id)) for draft in drafts})),
            ),
            *numbers,  # behind the lock: they rise with `seq`
        ]
    )
    conversations = locked(counters)
    writers = {(row[1], row[2]): conversation_access.Writer(*row) for row in may_write}
    standing = Message.objects.filter(pk__in=[id for (id,) in sent]) if sent else []
    known = {(row.sender_id or 0, row.client_id): row for row in standing}
    return Taken(conversations, writers, known, [id for rows in fresh for (id,) in rows])


def locking(ids: set[int], *, skip_locked: bool) -> prepared.Statement:
    """What locks these conversations in order of id (on SQLite the transaction is the lock) and gives what `locked`
    takes; with `skip_locked` those that are free."""
    lock = ""
    if connection.features.has_select_for_update:
        lock = "FOR NO KEY UPDATE" + (" SKIP LOCKED" if skip_locked else "")
    return prepared.text(COUNTERS + lock, ASKED), ASKED.values([(id,) for id in ids])


def locked(rows: list[tuple[Any, ...]]) -> dict[int, Conversation]:
    return {row[0]: Conversation(**dict(zip(LOCKED, row, strict=True))) for row in rows}


def existing(ids: set[int]) -> set[int]:
    ids = {id for id in ids if 0 < id < 2**63}
    return set(Conversation.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def _uuid(name: uuid.UUID) -> str:
    return str(name) if connection.features.has_native_uuid_field else name.hex


def store(messages: list[Message], taken: Taken, now: datetime) -> None:
    """Writes what is new, the counters of conversations and members, and the facts. Where the messages have their ids
    nothing is waited for: this goes out with the commit, or with the next question."""
    ranges: dict[int, tuple[int, int]] = {}
    senders: dict[int, dict[int, int]] = {}
    for row in messages:
        first, _last = ranges.get(row.conversation_id, (row.seq, row.seq))
        ranges[row.conversation_id] = (first, row.seq)
        counts = senders.setdefault(row.conversation_id, {})
        counts[row.sender_id or 0] = counts.get(row.sender_id or 0, 0) + 1
    facts = [MessagesSent(conversation_id=id, first_seq=first, last_seq=last) for id, (first, last) in ranges.items()]
    statements = [
        _insert(messages),
        _count([taken.conversations[id] for id in ranges], now),
        _mark_unread(senders, now),
        _count_own(senders, ranges, taken.writers, now),
        outbox.emitting(facts),
    ]
    if taken.ids:
        prepared.execute_at_end(statements)
        return
    made, *_nothing = prepared.execute_all(statements)
    ids = {(conversation_id, seq): id for id, conversation_id, seq in made}
    for row in messages:
        row.pk = ids[row.conversation_id, row.seq]


def _insert(messages: list[Message]) -> prepared.Statement:
    rows = [
        (
            row.pk,
            row.conversation_id,
            row.seq,
            row.rev,
            row.sender_id,
            _uuid(row.client_id),
            row.text,
            row.created_at,
            row.reply_seq,
            row.is_forwarded,
            json.dumps(row.mentions),
            row.expires_at,
            row.files_count,
            row.sticker,
            row.kind,
            json.dumps(row.data) if row.data else None,
            row.link_id,
        )
        for row in messages
    ]
    return prepared.text(INSERT, FRESH), FRESH.values(rows)


def _count(conversations: list[Conversation], now: datetime) -> prepared.Statement:
    rows = [(row.pk, row.last_seq, row.rev) for row in conversations]
    return prepared.text(COUNT, COUNTED), {**_times(now), **COUNTED.values(rows)}


def _mark_unread(senders: dict[int, dict[int, int]], now: datetime) -> prepared.Statement:
    """Flags those for whom something is new: not who speaks alone. A row changes once per reading and minute, not once
    per message."""
    alone = [(id, next(iter(counts))) for id, counts in senders.items() if len(counts) == 1]
    values = {**_times(now), **ASKED.values([(id,) for id in senders]), **ALONE.values(alone)}
    return prepared.text(MARK_UNREAD, ASKED, ALONE), values


def _count_own(
    senders: dict[int, dict[int, int]],
    ranges: dict[int, tuple[int, int]],
    writers: dict[tuple[int, int], conversation_access.Writer],
    now: datetime,
) -> prepared.Statement:
    rows = []
    for id, counts in senders.items():
        for user_id, count in counts.items():
            mine = writers[id, user_id]
            # Whoever answers with all read has read their own words too; else they only do not count as unread.
            if len(counts) == 1 and mine.read_seq + mine.own_after == ranges[id][0] - 1:
                rows.append((mine.id, ranges[id][1], 0))
            else:
                rows.append((mine.id, mine.read_seq, mine.own_after + count))
    return prepared.text(COUNT_OWN, OWN), {**_times(now), **OWN.values(rows)}


def _times(now: datetime) -> dict[str, Any]:
    stored = connection.ops.adapt_datetimefield_value
    return {"at": stored(now), "stale": stored(now - ACTIVITY_STEP)}

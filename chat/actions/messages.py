"""How messages are written. `send_messages` is the only writer of new ones."""

import dataclasses
import json
import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from chat import realtime, rules
from chat.access import conversations as conversation_access
from chat.access import stickers as sticker_access
from chat.actions import files
from chat.events import MessagesSent
from chat.models.conversations import REQUEST_LIMIT, Conversation, Membership
from chat.models.messages import TEXT_LIMIT, Message, MessageKind
from chat.queries import filling
from core import errors, limits, outbox, prepared, text
from core.prepared import Given
from uploads.actions import previews as card_actions
from uploads.models import LinkPreview, Upload

log = logging.getLogger(__name__)
ACTIVITY_STEP = timedelta(minutes=1)
CARDS = limits.Limit("message-cards", 60, 600)  # of one member


@dataclasses.dataclass(frozen=True)
class Draft:
    """One message as somebody wants it sent."""

    sender_id: int
    conversation_id: int
    client_id: uuid.UUID
    text: str
    reply_seq: int | None = None
    is_forwarded: bool = False
    files: tuple[uuid.UUID, ...] = ()  # keys of the sender's own uploads, ready and unused
    shared: tuple[int, ...] = ()  # ids of uploads that a forwarded message carries
    sticker: str = ""
    kind: str = MessageKind.TEXT.value
    data: dict[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class Ack:
    """Where a message stands. `again`: it stood there already, sent by an earlier try."""

    id: int
    seq: int
    rev: int
    created_at: datetime
    again: bool


class Later:
    """The conversation was not free; nothing was done. The draft belongs into the next batch."""


LATER = Later()
Outcome = Ack | errors.SocialError | Later


@transaction.atomic
def send_message(
    *,
    actor: User,
    conversation_id: int,
    client_id: uuid.UUID,
    text: str = "",
    reply: int | None = None,
    files: Sequence[uuid.UUID] = (),
    sticker: str = "",
) -> Ack:
    """A batch of one, for pages and the API; waits for the conversation."""
    accounts_access.access_member(actor)
    draft = Draft(actor.pk, conversation_id, client_id, text, reply, files=tuple(files), sticker=sticker)
    return send_draft(actor=actor, draft=draft)


@transaction.atomic
def forward_message(*, actor: User, conversation_id: int, seq: int, to: int, client_id: uuid.UUID) -> Ack:
    """Says again in another conversation what the actor sees in this one."""
    message = conversation_access.access_message(actor, conversation_id, seq)
    if message.kind == MessageKind.POLL:
        raise errors.Conflict(_("A poll stays where its votes are. Ask the question there anew."))
    if message.kind != MessageKind.TEXT:
        raise errors.Conflict(_("Only messages can be forwarded."))
    shared = tuple(row.upload_id for row in message.carried)
    if len(shared) < message.files_count:  # deleted since it was read, unless a file of it is gone for good
        message = conversation_access.access_message(actor, conversation_id, seq)
    draft = Draft(actor.pk, to, client_id, message.text, is_forwarded=True, shared=shared, sticker=message.sticker)
    return send_draft(actor=actor, draft=draft)


@transaction.atomic
def send_draft(*, actor: User, draft: Draft) -> Ack:
    """A batch of one."""
    (outcome,) = send_messages(batch=[draft])
    if isinstance(outcome, errors.SocialError):
        raise outcome
    assert isinstance(outcome, Ack)
    return outcome


@transaction.atomic
def send_messages(*, batch: Sequence[Draft], skip_locked: bool = False) -> list[Outcome]:
    """Stores a batch in one transaction and answers each draft; shows and announces after commit.

    With `skip_locked` conversations that another batch holds are LATER instead of waited for.
    """
    now = timezone.now()
    outcomes: dict[int, Outcome] = {}
    fit: list[tuple[int, Draft]] = []
    for place, draft in enumerate(batch):
        try:
            fit.append((place, dataclasses.replace(draft, text=_clean(draft))))
        except errors.SocialError as error:
            outcomes[place] = error
    named, cards = _named(fit), _cards(fit)  # before anything is locked
    stickers = sticker_access.given({draft.sticker for _place, draft in fit if draft.sticker})
    conversations, writers, standing = _take([draft for _place, draft in fit], skip_locked=skip_locked)
    here = [(place, draft) for place, draft in fit if draft.conversation_id in conversations]
    if skip_locked:
        busy = _existing({draft.conversation_id for _place, draft in fit} - conversations.keys())
        outcomes |= {place: LATER for place, draft in fit if draft.conversation_id in busy}
    here = [one for one in here if _may_say(one[1], writers, conversations)]
    mentioned = _mentioned({key for place, _draft in here for key in named[place]})
    fresh: dict[tuple[int, uuid.UUID], Message] = {}
    taken: dict[tuple[int, uuid.UUID], list[Upload]] = {}
    answers: dict[int, tuple[Message, bool]] = {}
    for place, draft in here:
        key = (draft.sender_id, draft.client_id)
        row, again = standing.get(key) or fresh.get(key), True
        mine = writers[draft.conversation_id, draft.sender_id]
        if row is None and (refused := _refused(draft, mine, conversations, stickers, taken)):
            outcomes[place] = refused
            continue
        if row is None:
            row, again = _number(conversations[draft.conversation_id], draft, now, cards.get(place)), False
            row.files_count = len(taken.get(key, ()))
            row.mentions = [mentioned[key] for key in named[place] if key in mentioned]
            fresh[key] = row
        if row.conversation_id == draft.conversation_id:
            answers[place] = (row, again)
        else:
            outcomes[place] = errors.Conflict(_("That message was sent somewhere else already."), field="client_id")
    if fresh:
        _store(list(fresh.values()), conversations, writers, now)
        files.hang(list(fresh.values()), taken)
    # What stood already is shown once more: the try that stored it may have died before it was shown.
    shown = {row.pk: row for row, _again in answers.values()}
    filling.fill(shown.values())
    realtime.push_messages(shown.values(), {id: row.members_version for id, row in conversations.items()})
    for place, (row, again) in answers.items():
        outcomes[place] = Ack(id=row.pk, seq=row.seq, rev=row.rev, created_at=row.created_at, again=again)
    return [outcomes.get(place) or errors.NotFound() for place in range(len(batch))]


def _clean(draft: Draft) -> str:
    """The text as it is kept, or Invalid."""
    cleaned = text.clean(draft.text, limit=TEXT_LIMIT)
    carries = bool(draft.files or draft.shared)
    if draft.sticker and (cleaned or carries):
        raise errors.Invalid(_("A sticker is sent alone, without words."), field="text" if cleaned else "files")
    if not (cleaned or carries or draft.sticker):
        raise errors.Invalid(_("Write something first."), field="text")
    return cleaned


def _may_say(
    draft: Draft, writers: dict[tuple[int, int], conversation_access.Writer], conversations: dict[int, Conversation]
) -> bool:
    """Who writes may write here, and answers what they may see."""
    mine = writers.get((draft.conversation_id, draft.sender_id))
    if mine is None:
        return False
    last = conversations[draft.conversation_id].last_seq
    return draft.reply_seq is None or mine.joined_seq < draft.reply_seq <= last


def _refused(
    draft: Draft,
    mine: conversation_access.Writer,
    conversations: dict[int, Conversation],
    stickers: set[str],
    taken: dict[tuple[int, uuid.UUID], list[Upload]],
) -> errors.SocialError | None:
    """Why a new message cannot stand; if it can, what it carries is `taken`. Who has not accepted yet is written to a
    few times at most; a sticker is one that is there to be sent."""
    if mine.awaits and conversations[mine.conversation_id].last_seq >= REQUEST_LIMIT:
        return errors.Conflict(_("They have not answered yet. You can write more when they accept."))
    if draft.sticker and draft.sticker not in stickers:
        return errors.Invalid(_("This sticker cannot be sent (any more)."), field="sticker")
    if draft.files or draft.shared:
        try:
            taken[draft.sender_id, draft.client_id] = files.take(
                sender_id=draft.sender_id, keys=draft.files, shared=draft.shared, awaits=bool(mine.awaits)
            )
        except errors.SocialError as error:
            return error
    return None


def _named(drafts: list[tuple[int, Draft]]) -> dict[int, list[tuple[int, str]]]:
    """Place of a draft -> (conversation, handle) of whom its text names."""
    return {
        place: [(draft.conversation_id, handle) for handle in text.mentions(draft.text)] if "@" in draft.text else []
        for place, draft in drafts
    }


def _cards(drafts: list[tuple[int, Draft]]) -> dict[int, LinkPreview | None]:
    """Place of a draft -> the card of its first link; in order of the links, so that batches do not wait in a ring. Who
    sends very many links sends them without cards: each is a page to be fetched."""
    found = [
        (rules.first_link(draft.text), place)
        for place, draft in drafts
        if "://" in draft.text and limits.take(CARDS, draft.sender_id).allowed
    ]
    return {place: card_actions.want(actor=None, link=link) for link, place in sorted(found)} if found else {}


def _mentioned(wanted: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Whom of the members these are. Others' handles are words like others."""
    if not wanted:
        return {}
    rows = Membership.objects.filter(conversation__in={id for id, _handle in wanted})
    found = rows.annotate(lower=Lower("user__handle")).filter(lower__in={handle for _id, handle in wanted})
    return {(row.conversation_id, row.lower): row.user_id for row in found}


# What follows runs for every batch. It is SQL, because making these statements costs Django more than PostgreSQL takes
# to run them (docs/decisions/0004).


ASKED = Given("asked", id="bigint")
SENT = Given("sent", sender_id="bigint", client_id="uuid")
FRESH = Given(
    "fresh",
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

LOCKED = ("id", "last_seq", "rev", "members_version", "lifetime")  # what sending needs of a conversation
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


def _take(
    drafts: Sequence[Draft], *, skip_locked: bool
) -> tuple[
    dict[int, Conversation],
    dict[tuple[int, int], conversation_access.Writer],
    dict[tuple[int, uuid.UUID], Message],
]:
    """The counters of a batch's conversations, locked in order of id (on SQLite the transaction is the lock); who of
    the senders may write in which; what stands already under their client_ids."""
    ids = {draft.conversation_id for draft in drafts if 0 < draft.conversation_id < 2**63}
    if not ids:
        return {}, {}, {}
    lock = ""
    if connection.features.has_select_for_update:
        lock = "FOR NO KEY UPDATE" + (" SKIP LOCKED" if skip_locked else "")
    counters, may_write, sent = prepared.execute_all(
        [
            (prepared.text(COUNTERS + lock, ASKED), ASKED.values([(id,) for id in ids])),
            conversation_access.writers(ids, {draft.sender_id for draft in drafts}),
            (
                prepared.text(STANDING, SENT),
                SENT.values(list({(draft.sender_id, _uuid(draft.client_id)) for draft in drafts})),
            ),
        ]
    )
    conversations = {row[0]: Conversation(**dict(zip(LOCKED, row, strict=True))) for row in counters}
    writers = {(row[1], row[2]): conversation_access.Writer(*row) for row in may_write}
    standing = Message.objects.filter(pk__in=[id for (id,) in sent]) if sent else []
    return conversations, writers, {(row.sender_id or 0, row.client_id): row for row in standing}


def _existing(ids: set[int]) -> set[int]:
    ids = {id for id in ids if 0 < id < 2**63}
    return set(Conversation.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def _uuid(name: uuid.UUID) -> str:
    return str(name) if connection.features.has_native_uuid_field else name.hex


def _number(conversation: Conversation, draft: Draft, now: datetime, card: LinkPreview | None) -> Message:
    conversation.last_seq += 1
    conversation.rev += 1
    return Message(
        conversation_id=conversation.pk,
        seq=conversation.last_seq,
        rev=conversation.rev,
        sender_id=draft.sender_id,
        client_id=draft.client_id,
        text=draft.text,
        kind=draft.kind,
        data=draft.data,
        created_at=now,
        reply_seq=draft.reply_seq,
        is_forwarded=draft.is_forwarded,
        sticker=draft.sticker,
        expires_at=now + timedelta(seconds=conversation.lifetime) if conversation.lifetime else None,
        **({"link": card} if card else {}),
    )


def _store(
    messages: list[Message],
    conversations: dict[int, Conversation],
    writers: dict[tuple[int, int], conversation_access.Writer],
    now: datetime,
) -> None:
    """Writes what is new, the counters of conversations and members, and the facts."""
    ranges: dict[int, tuple[int, int]] = {}
    senders: dict[int, dict[int, int]] = {}
    for row in messages:
        first, _last = ranges.get(row.conversation_id, (row.seq, row.seq))
        ranges[row.conversation_id] = (first, row.seq)
        counts = senders.setdefault(row.conversation_id, {})
        counts[row.sender_id or 0] = counts.get(row.sender_id or 0, 0) + 1
    facts = [MessagesSent(conversation_id=id, first_seq=first, last_seq=last) for id, (first, last) in ranges.items()]
    made, *_nothing = prepared.execute_all(
        [
            _insert(messages),
            _count([conversations[id] for id in ranges], now),
            _mark_unread(senders, now),
            _count_own(senders, ranges, writers, now),
            outbox.emitting(facts),
        ]
    )
    ids = {(conversation_id, seq): id for id, conversation_id, seq in made}
    for row in messages:
        row.pk = ids[row.conversation_id, row.seq]


def _insert(messages: list[Message]) -> prepared.Statement:
    rows = [
        (
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

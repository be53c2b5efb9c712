"""How messages are written. `send_messages` is the only writer of new ones."""

import dataclasses
import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from chat import realtime, rules
from chat.access import conversations as conversation_access
from chat.access import stickers as sticker_access
from chat.actions import files, storing
from chat.models.conversations import REQUEST_LIMIT, Conversation, Membership
from chat.models.messages import TEXT_LIMIT, Message, MessageKind
from chat.queries import filling
from core import errors, limits, text
from uploads.actions import previews as card_actions
from uploads.models import LinkPreview, Upload

log = logging.getLogger(__name__)
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
    took = storing.take([draft for _place, draft in fit], skip_locked=skip_locked)
    conversations, writers, ids = took.conversations, took.writers, iter(took.ids)
    here = [(place, draft) for place, draft in fit if draft.conversation_id in conversations]
    if skip_locked:
        busy = storing.existing({draft.conversation_id for _place, draft in fit} - conversations.keys())
        outcomes |= {place: LATER for place, draft in fit if draft.conversation_id in busy}
    here = [one for one in here if _may_say(one[1], writers, conversations)]
    mentioned = _mentioned({key for place, _draft in here for key in named[place]})
    fresh: dict[tuple[int, uuid.UUID], Message] = {}
    taken: dict[tuple[int, uuid.UUID], list[Upload]] = {}
    answers: dict[int, tuple[Message, bool]] = {}
    for place, draft in here:
        key = (draft.sender_id, draft.client_id)
        row, again = took.standing.get(key) or fresh.get(key), True
        mine = writers[draft.conversation_id, draft.sender_id]
        if row is None and (refused := _refused(draft, mine, conversations, stickers, taken)):
            outcomes[place] = refused
            continue
        if row is None:
            row, again = _number(conversations[draft.conversation_id], draft, now, cards.get(place)), False
            row.pk = next(ids, None)
            row.files_count = len(taken.get(key, ()))
            row.mentions = [mentioned[key] for key in named[place] if key in mentioned]
            fresh[key] = row
        if row.conversation_id == draft.conversation_id:
            answers[place] = (row, again)
        else:
            outcomes[place] = errors.Conflict(_("That message was sent somewhere else already."), field="client_id")
    if fresh:
        storing.store(list(fresh.values()), took, now)
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

"""What the chat asks and says over the socket."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from core.frames import Ask, Event, Id, Place, Text, asks, says

RESUME_CONVERSATIONS = 100


class Sent(msgspec.Struct, frozen=True):
    """Where a message stands. `again`: it stood there already, sent by an earlier try."""

    id: int
    seq: int
    rev: int
    created_at: datetime
    again: bool


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message as it is now, the same for every member; `rev` is that of its latest change. What is as usual is left
    out. A notice (`kind` is system) says in `data` what happened; `reply` is the `seq` of what it answers, which not
    every member may see; after `expires_at` nobody sees it. What is closed (`is_closed`) was said by somebody from whom
    a block parts you."""

    conversation: int
    seq: int
    rev: int
    id: int
    sender: int | None
    client_id: UUID
    kind: str
    text: str
    created_at: datetime
    reply: int | None = None
    is_forwarded: bool = False
    mentions: list[int] = []
    data: dict[str, Any] | None = None
    edited_at: datetime | None = None
    is_deleted: bool = False
    is_pinned: bool = False
    is_closed: bool = False
    expires_at: datetime | None = None


class Card(msgspec.Struct, frozen=True):
    """What a group is called and how it is set, the same for every member; `rev` is that of its latest change."""

    rev: int
    name: str
    about: str
    picture: str
    members_count: int
    who_adds: str
    who_writes: str
    shows_history: bool
    lifetime: int


class Missed(msgspec.Struct, frozen=True):
    """What came after the `rev` one had. `reload`: it is too much, start anew. `read`: how far each member is (up to 50
    members). `card`: of a group that is called or set otherwise since."""

    rev: int
    reload: bool
    read: dict[int, int]
    messages: list[Message]
    card: Card | None = None


class MissedByConversation(msgspec.Struct, frozen=True):
    conversations: dict[int, Missed]


class OwnConversation(msgspec.Struct, frozen=True):
    """What is yours alone of a conversation, as it is now."""

    conversation: int
    muted_until: datetime | None
    is_archived: bool
    is_pinned: bool
    cleared_seq: int
    draft: str


class OwnMessage(msgspec.Struct, frozen=True):
    """What you made of a message for yourself."""

    conversation: int
    seq: int
    is_starred: bool
    is_hidden: bool


class OwnChanges(msgspec.Struct, frozen=True):
    """`reload`: there is too much, ask for everything anew."""

    sync: int
    reload: bool
    conversations: list[OwnConversation]
    messages: list[OwnMessage]


@asks("chat.send", answer=Sent)
class Send(Ask, frozen=True):
    """Answered once it is stored. `client_id` is your own, fresh for each message: what is sent twice stands once."""

    conversation: Place
    client_id: UUID
    text: Text
    reply: Place | None = None


@asks("chat.catch_up", answer=Missed)
class CatchUp(Ask, frozen=True):
    """What came after `after`, the last `rev` one has of this conversation."""

    conversation: Place
    after: Place


@asks("chat.resume", answer=MissedByConversation)
class Resume(Ask, frozen=True):
    """The same of several, each with the last `rev` one has; those that are not one's own are left out."""

    conversations: Annotated[dict[Id, Place], msgspec.Meta(max_length=RESUME_CONVERSATIONS)]


@asks("chat.own_since", answer=OwnChanges)
class OwnSince(Ask, frozen=True):
    """What is yours alone and came after `after`, the last `sync` you have: stars, drafts, what is muted, archived,
    pinned, cleared or hidden."""

    after: Place


@asks("chat.draft")
class Draft(Ask, frozen=True):
    """What one has begun to write, for one's other devices; the newest wins. Empty: nothing any more."""

    conversation: Place
    text: Text


@asks("chat.read")
class Read(Ask, frozen=True):
    """Read up to here. Kept as the latest state; a foreign conversation is simply not marked."""

    conversation: Place
    seq: Place


@asks("chat.typing")
class Typing(Ask, frozen=True):
    """From hub to hub, heard by who is there."""

    conversation: Place


@says("chat.message")
class Said(Event, Message, frozen=True, kw_only=True, omit_defaults=True):
    """A message is new, or is another than it was. Apply in order of `rev`; what is missing between is asked for."""

    members_version: int


@says("chat.read")
class ReadMark(Event, frozen=True):
    """How far a member has read, and how much is left for them, as the latest state."""

    conversation: int
    user: int
    seq: int
    unread: int


@says("chat.typing")
class IsTyping(Event, frozen=True):
    """Shown for so many seconds."""

    conversation: int
    user: int
    seconds: int


@says("chat.behind")
class Behind(Event, frozen=True):
    """The conversation has come to this `rev`: who has less catches up."""

    conversation: int
    rev: int


@says("chat.own")
class Own(Event, frozen=True):
    """What is yours alone has come to this `sync`: who has less asks `chat.own_since`."""

    sync: int


# -- Groups --


@says("chat.membership")
class Membership(Event, frozen=True):
    """You came into this conversation, or are in it no more: the list is another, and an open page of it closes."""

    conversation: int
    is_member: bool

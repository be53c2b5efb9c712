"""What the chat asks and says over the socket."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

import msgspec

from chat.models.files import FILES_LIMIT
from core.frames import Ask, Event, Id, Name, Place, Text, asks, says

RESUME_CONVERSATIONS = 100


class Sent(msgspec.Struct, frozen=True):
    """Where a message stands. `again`: it stood there already, sent by an earlier try, and may be another by now: its
    `rev` is to be caught up with, not taken over."""

    id: int
    seq: int
    rev: int
    created_at: datetime
    again: bool


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a message carries: `kind` is media, file or voice; `name` is that of a file. `url` shows or plays it, and
    ends within the hour (`/api/v1/uploads/{key}/picture` and `/film` say it anew); a file is taken along from it."""

    key: UUID
    kind: str
    medium: str
    type: str
    bytes: int
    url: str
    name: str = ""
    alt: str = ""
    width: int = 0
    height: int = 0
    color: str = ""
    poster: str = ""
    duration: float = 0
    peaks: list[int] = []


class Sticker(TypedDict):
    """`name` says what it shows, in English where it is one of the site's own."""

    id: str
    url: str
    name: str


class Choice(msgspec.Struct, frozen=True):
    text: str
    votes: int


class Poll(msgspec.Struct, frozen=True):
    """What may be chosen and how it stands; the question is the message's text. Over once it is closed or has ended."""

    choices: list[Choice]
    voters: int
    is_multiple: bool
    is_anonymous: bool
    ends_at: datetime | None
    closed_at: datetime | None


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message as it is now, the same for every member; `rev` is that of its latest change. What is as usual is left
    out. A notice (`kind` is system) says in `data` what happened; `reply` is the `seq` of what it answers, which not
    every member may see; after `expires_at` nobody sees it. What is closed (`is_closed`) was said by somebody from whom
    a block parts you. `reactions` is how many gave which; `card` is what its first link leads to."""

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
    files: list[File] = []
    sticker: Sticker | None = None
    reactions: dict[str, int] | None = None
    poll: Poll | None = None
    card: dict[str, Any] | None = None


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
    """What came after the `rev` one had. `reload`: it is too much, start anew. `read`, `delivered`: how far each member
    who shows it is (up to 50 members). `card`: of a group that is called or set otherwise since."""

    rev: int
    reload: bool
    read: dict[int, int]
    messages: list[Message]
    card: Card | None = None
    delivered: dict[int, int] = {}


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
    reaction: str


class OwnChanges(msgspec.Struct, frozen=True):
    """`reload`: there is too much, ask for everything anew."""

    sync: int
    reload: bool
    conversations: list[OwnConversation]
    messages: list[OwnMessage]


@asks("chat.send", answer=Sent)
class Send(Ask, frozen=True):
    """Answered once it is stored. `client_id` is your own, fresh for each message: what is sent twice stands once.
    Words, with or without `files` (keys of your own uploads for `message` or `voice` that are ready), files alone, or
    the id of a sticker."""

    conversation: Place
    client_id: UUID
    text: Text = ""
    reply: Place | None = None
    files: Annotated[list[UUID], msgspec.Meta(max_length=FILES_LIMIT)] = []
    sticker: Name | None = None


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


@asks("chat.delivered")
class Delivered(Ask, frozen=True):
    """This device has what was said up to here, by conversation. Say it seldom, and of what is read, nothing."""

    conversations: Annotated[dict[Id, Place], msgspec.Meta(max_length=RESUME_CONVERSATIONS)]


@asks("chat.react")
class React(Ask, frozen=True):
    """What one gives to a message instead of what one gave before; empty: nothing any more."""

    conversation: Place
    seq: Place
    kind: Text


@asks("chat.vote")
class Vote(Ask, frozen=True):
    """Places of what one chooses in a poll, instead of what one chose before; none: the vote is taken back."""

    conversation: Place
    seq: Place
    choices: Annotated[list[Place], msgspec.Meta(max_length=10)]


@asks("chat.typing")
class Typing(Ask, frozen=True):
    """From hub to hub, heard by who is there."""

    conversation: Place


@says("chat.message")
class Said(Event, Message, frozen=True, kw_only=True, omit_defaults=True):
    """A message is new, or is another than it was. Apply in order of `rev`; what is missing between is asked for. What
    is new comes after your last `seq`; a change of anything else that you do not have is none of yours. `only`: all
    that is another ("reactions", "votes" or "card")."""

    members_version: int
    only: str = ""


@says("chat.read")
class ReadMarks(Event, frozen=True):
    """How far members have read, as the latest state; of two people, and in groups of up to 50. Yours may be among
    them."""

    conversation: int
    read: dict[int, int]


@says("chat.delivered")
class DeliveredMark(Event, frozen=True):
    """A device of the other has what was said up to here, as the latest state; of two people only."""

    conversation: int
    user: int
    seq: int


@says("chat.own_read")
class OwnRead(Event, frozen=True):
    """How far you have read on any of your devices, and how much is left."""

    conversation: int
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


# -- Presence --

PRESENCE_PEOPLE = 200


class Presence(msgspec.Struct, frozen=True):
    """Whether somebody is there now, and else when they were last (of the last week)."""

    user: int
    state: Literal["online", "away", "offline"]
    seen_at: datetime | None = None


class PresenceList(msgspec.Struct, frozen=True):
    """Whoever is not in it is offline, or lets nobody know."""

    people: list[Presence]


@asks("presence.watch", answer=PresenceList)
class PresenceWatch(Ask, frozen=True):
    """Whose being there this connection shows from now on, in place of those before; changes come as `presence`."""

    people: Annotated[list[Id], msgspec.Meta(max_length=PRESENCE_PEOPLE)]


@asks("presence.idle")
class Idle(Ask, frozen=True):
    """Nobody is at this device (hidden or untouched for minutes), or somebody is again. New connections are in use."""

    idle: bool


@says("presence")
class PresenceSaid(Event, frozen=True):
    """Those of whom one watches who came or went, together, at most once a second."""

    people: list[Presence]


# -- Groups --


@says("chat.membership")
class Membership(Event, frozen=True):
    """You came into this conversation, or are in it no more: the list is another, and an open page of it closes."""

    conversation: int
    is_member: bool

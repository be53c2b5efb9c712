"""A client of the chat that follows the rules of docs/asyncapi.yaml as static/js/chat-thread.js does, for
test_resume_property.py. What a new kind of change changes about a message joins CONTENT."""

import contextlib
import uuid
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import orjson

from accounts.models.people import User
from chat.access import conversations as conversation_access
from chat.actions import messages
from chat.models.conversations import Conversation, Membership
from chat.queries import messages as message_queries
from chat.queries import own as own_queries
from chat.queries import resume as resume_queries
from chat.serializers import groups as group_serializers
from chat.serializers import messages as message_serializers
from chat.serializers import own as own_serializers
from core import errors

CONTENT = ("sender", "kind", "text", "reply", "data", "edited_at", "is_deleted", "is_pinned", "is_closed")
CONTENT += ("sticker", "reactions", "poll")
OWN = ("is_archived", "is_pinned", "draft")
Row = dict[str, Any]


def plain(struct: Any) -> Any:
    """As it arrives."""
    return orjson.loads(msgspec.json.encode(struct))


def content(row: Row) -> Row:
    return {name: row.get(name) or None for name in CONTENT}


class Place(Protocol):
    """Where clients are."""

    id: int
    written: list[uuid.UUID]

    def deed(self, do: Callable[[], Any]) -> Any: ...

    def fresh(self, member: User) -> Any: ...


class Seen:
    """What somebody has on the screen of one conversation; `None` where it is not theirs."""

    def __init__(self) -> None:
        self.messages: dict[int, Row] = {}
        self.starred: set[int] = set()
        self.read: dict[int, int] = {}
        self.own: Row = {}
        self.card: Row = {}


def fresh(member: User, id: int) -> tuple[Seen, int, int, int] | None:
    """What a load shows, and at which rev, seq and sync."""
    sync = own_queries.own_sync(member)
    mine = conversation_access.visible_memberships(member).filter(conversation=id).select_related("conversation")
    if (row := mine.first()) is None:
        return None
    seen, group = Seen(), row.conversation
    found = message_queries.messages(member, id, after=0, size=10_000)
    assert not found.newer
    seen.messages = {one.seq: content(plain(message_serializers.message(one))) for one in found.messages}
    starred = own_queries.starred(member).rows
    seen.starred = {one.seq for one in starred if one.conversation_id == id}
    seen.read = dict(Membership.objects.filter(conversation=id, is_request=False).values_list("user_id", "read_seq"))
    seen.own = {name: plain(own_serializers.conversation(row))[name] for name in OWN}
    seen.card = plain(group_serializers.card(group))
    return seen, group.rev, group.last_seq, sync


class Client:
    """One device, which follows the rules."""

    def __init__(self, world: Place, member: User) -> None:
        self.world, self.member, self.me = world, member, member.pk
        self.is_open = True
        self.unsent: list[tuple[uuid.UUID, str]] = []
        self.load()

    def load(self) -> None:
        found = self.world.fresh(self.member)
        self.held: dict[int, Row] = {}
        self.revs: dict[int, int] = {}
        self.marks: dict[int, Row] = {}  # of messages that have not come yet
        self.cleared = 0
        self.seen = None if found is None else found[0]
        self.rev, self.seq, self.sync = (0, 0, 0) if found is None else found[1:]
        if self.seen is not None:
            self.revs = dict.fromkeys(self.seen.messages, self.rev)

    # -- What comes --

    def hear(self, frame: Row) -> None:
        data = frame["data"]
        match frame["type"]:
            case "chat.membership":
                self.load()
            case _ if self.seen is None:
                return
            case "chat.message" if data["rev"] > self.rev:
                self.held[data["rev"]] = data
                self.drain()
            case "chat.read":
                for user, seq in data["read"].items():
                    self.seen.read[int(user)] = max(seq, self.seen.read.get(int(user), 0))
            case "chat.own" if data["sync"] > self.sync:
                self.ask_own()
            case "chat.behind" if data["rev"] > self.rev:
                self.catch_up()

    def drain(self) -> None:
        while row := self.held.pop(self.rev + 1, None):
            self.rev = row["rev"]
            self.show(row, is_new=row["seq"] > self.seq)
            self.seq = max(self.seq, row["seq"])
        self.held = {rev: row for rev, row in self.held.items() if rev > self.rev}

    def waited(self) -> None:
        """What is late did not come."""
        if self.held and self.seen is not None:
            self.catch_up()

    def show(self, row: Row, *, is_new: bool) -> None:
        assert self.seen is not None
        seq = row["seq"]
        if row.get("kind") == "system":
            self.seen.card = plain(group_serializers.card(Conversation.objects.get(pk=self.world.id)))
        mark = self.marks.pop(seq, {})
        if seq <= self.cleared or mark.get("is_hidden"):
            return
        if seq in self.seen.messages:
            if row["rev"] > self.revs[seq]:
                self.put(seq, row)
        elif is_new:
            self.put(seq, row)
            if mark.get("is_starred"):
                self.seen.starred.add(seq)
        if row.get("is_deleted"):
            self.seen.starred.discard(seq)

    def put(self, seq: int, row: Row) -> None:
        assert self.seen is not None
        self.seen.messages[seq], self.revs[seq] = content({"kind": "text", **row}), row["rev"]
        self.unsent = [one for one in self.unsent if str(one[0]) != row["client_id"]]

    def catch_up(self) -> None:
        assert self.seen is not None
        found = resume_queries.resume(self.member, {self.world.id: self.rev})
        if self.world.id not in found or found[self.world.id].reload:
            self.load()
            return
        missed = plain(message_serializers.missed(found[self.world.id]))
        last = self.seq
        for row in missed["messages"]:
            self.show(row, is_new=row["seq"] > last)
            self.seq = max(self.seq, row["seq"])
        self.rev = max(self.rev, missed["rev"])
        self.seen.read = {int(user): seq for user, seq in missed["read"].items()}
        self.seen.card = missed["card"] or self.seen.card
        self.drain()

    def ask_own(self) -> None:
        assert self.seen is not None
        found = plain(own_serializers.changes(own_queries.own_since(self.member, self.sync)))
        if found["reload"]:
            self.load()
            return
        self.sync = found["sync"]
        for mark in found["messages"]:
            if mark["conversation"] == self.world.id:
                self.mark(mark["seq"], mark)
        for mine in found["conversations"]:
            if mine["conversation"] == self.world.id:
                self.seen.own = {name: mine[name] for name in OWN}
                self.cleared = max(self.cleared, mine["cleared_seq"])
                for seq in [seq for seq in self.seen.messages if seq <= self.cleared]:
                    del self.seen.messages[seq]
                    self.seen.starred.discard(seq)

    def mark(self, seq: int, mark: Row) -> None:
        assert self.seen is not None
        if seq not in self.seen.messages:
            self.marks[seq] = mark
            return
        self.seen.starred.discard(seq)
        if mark["is_hidden"]:
            del self.seen.messages[seq]
        elif mark["is_starred"]:
            self.seen.starred.add(seq)

    def connected(self) -> None:
        """At every connection, and when something may have been missed."""
        if self.seen is None:
            self.load()
        else:
            self.catch_up()
        if self.seen is not None:
            self.ask_own()
        self.flush()

    # -- What is written --

    def write(self, text: str, *, is_answered: bool) -> None:
        if self.seen is not None:
            self.unsent.append((uuid.uuid4(), text))
            self.world.written.append(self.unsent[-1][0])
            if self.is_open:
                self.flush(is_answered=is_answered)

    def flush(self, *, is_answered: bool = True) -> None:
        """Oldest first; without an answer it waits, and what is refused for good is its writer's to send again."""
        for client_id, text in list(self.unsent):
            try:
                ack = self.world.deed(
                    lambda name=client_id, text=text: messages.send_message(
                        actor=self.member, conversation_id=self.world.id, client_id=name, text=text
                    )
                )
            except errors.SocialError:
                self.unsent = [one for one in self.unsent if one[0] != client_id]
                self.world.written.remove(client_id)
                continue
            if not is_answered:
                return
            self.unsent = [one for one in self.unsent if one[0] != client_id]
            self.acknowledged(plain(message_serializers.sent(ack)), text)

    def acknowledged(self, ack: Row, text: str) -> None:
        if self.seen is None:
            return
        if ack["seq"] not in self.seen.messages and ack["seq"] > self.cleared:
            row: Row | None = {"sender": self.me, "text": text, "client_id": "", **ack}
            if ack["again"]:  # it may be another by now, or of a time before one's own
                row = self.line(ack["seq"])
            if row is not None:
                self.put(ack["seq"], row)
        if ack["rev"] == self.rev + 1 and not ack["again"]:
            self.rev, self.seq = ack["rev"], max(self.seq, ack["seq"])
        elif ack["rev"] > self.rev:
            self.catch_up()
        self.drain()

    def line(self, seq: int) -> Row | None:
        with contextlib.suppress(errors.NotFound):
            return dict(plain(message_serializers.message(message_queries.message(self.member, self.world.id, seq))))
        return None

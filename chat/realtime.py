"""How what is said in a conversation reaches the sockets of those who may see it.

A frame is addressed to the conversation ("chat:7:3:41:5:40": conversation, members_version, rev, who speaks, which
message), and each process turns that into its own sockets through `user:{id}` groups, which every socket is in anyway.
A group per conversation would need every socket to join all of its member's conversations when it connects (a query and
hundreds of joins each, for the inbox must move too) and to leave them on every change; addressing `user:{id}` in the
message itself would write a thousand names on the bus for a large group. So the members stand once per process, and
only of conversations in which somebody speaks. They are trusted only under the version the message names: a process
that holds another one reads them anew before it shows anything.
"""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db import Error as DatabaseAway
from django.db import transaction

from chat import frames
from chat.access import conversations as conversation_access
from chat.models.conversations import Conversation
from chat.models.messages import Message
from chat.serializers import messages as message_serializers
from core import realtime, threads
from core.frames import event

log = logging.getLogger(__name__)

PREFIX = "chat"
MARKS = "chat-reads"
OWN_MARKS = "chat-own-reads"
KEPT = 20_000  # conversations whose members a process remembers
COMPARED_AT_ONCE = 500
TYPING_SECONDS = 6  # how long a word about typing is shown


def address(conversation_id: int, members_version: int, rev: int, speaker: int | None = None, seq: int = 0) -> str:
    """`speaker`: whose words or doings the frame tells, for members whom a block parts from them. `seq`: of the message
    that it shows, for members in whose time it was not said."""
    return f"{PREFIX}:{conversation_id}:{members_version}:{rev}:{speaker or 0}:{seq}"


def push_messages(messages: Iterable[Message], versions: dict[int, int], *, only: str = "") -> None:
    """Shows messages to their conversations after commit, each encoded once; `only` as in frames.Said."""
    ready = [
        (
            (address(row.conversation_id, versions[row.conversation_id], row.rev, row.sender_id, row.seq),),
            event(message_serializers.said(row, members_version=versions[row.conversation_id], only=only)),
        )
        for row in messages
    ]

    def publish() -> None:
        for groups, frame in ready:
            realtime.publish(groups, frame)

    transaction.on_commit(publish, robust=True)


def push_read(conversation: Conversation, read: dict[int, int]) -> None:
    """How far members have read, as the latest state, to the others who show theirs."""
    realtime.push(mark_address(conversation, read), frames.ReadMarks(conversation.pk, read))


def push_delivered(conversation: Conversation, user_id: int, seq: int) -> None:
    realtime.push(mark_address(conversation, [user_id]), frames.DeliveredMark(conversation.pk, user_id, seq))


def mark_address(conversation: Conversation, users: Iterable[int]) -> str:
    return f"{MARKS}:{conversation.pk}:{conversation.members_version}:{','.join(map(str, users))}"


def push_own_reads(marks: list[tuple[int, int, int, int]]) -> None:
    """To members' own devices, for how much is left is theirs alone: member, conversation, seq, unread. Said in one
    message; each process makes frames of it for those who are there."""
    said = msgspec.json.encode(marks)
    transaction.on_commit(lambda: realtime.publish((OWN_MARKS,), said), robust=True)


def deliver_own_reads(_name: str, said: bytes) -> None:
    for user, conversation, seq, unread in msgspec.json.decode(said):
        group = f"user:{user}"
        if realtime.hub.members(group):
            realtime.hub.deliver((group,), event(frames.OwnRead(conversation, seq, unread)))


def push_own(user_id: int, sync: int) -> None:
    """To the member's own devices: what is theirs alone is another."""
    realtime.push(f"user:{user_id}", frames.Own(sync))


def push_membership(user_ids: Iterable[int], conversation_id: int, *, is_member: bool) -> None:
    """To these members' own devices: they came into a conversation, or are in it no more."""
    frame = frames.Membership(conversation_id, is_member)
    for id in user_ids:
        realtime.push(f"user:{id}", frame)


def push_changed(conversation_ids: Iterable[int], versions: dict[int, int]) -> None:
    """Who may see these conversations is another now: processes forget whom they remembered. Shows nothing."""
    for id in conversation_ids:
        name = address(id, versions[id], 0)
        transaction.on_commit(lambda name=name: realtime.publish((name,), b""), robust=True)  # type: ignore[misc]


def push_typing(conversation_id: int, version: int, user_id: int) -> None:
    """From hub to hub; expires by itself where it is shown."""
    said = frames.IsTyping(conversation_id, user_id, TYPING_SECONDS)
    realtime.publish((address(conversation_id, version, 0, user_id),), event(said))


@dataclass
class Audience:
    """Whom this process knows to be in a conversation, and the last `rev` it showed."""

    version: int
    rev: int
    members: frozenset[int]
    parted: dict[int, frozenset[int]] = field(default_factory=dict)
    since: dict[int, int] = field(default_factory=dict)
    discreet: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        self.youngest = max(self.since.values(), default=0)

    def blind(self, speaker: int, seq: int) -> frozenset[int]:
        """Those of them who may not read this. What is new is in everybody's time."""
        parted = self.parted.get(speaker, frozenset())
        if not 0 < seq <= self.youngest:
            return parted
        return parted | {user for user, joined in self.since.items() if seq <= joined}


@dataclass
class Waiting:
    """Frames that wait for the members to be read, in order."""

    frames: deque[tuple[int, int, bytes, int, int]] = field(default_factory=deque)


class Audiences:
    """The members of the conversations in which somebody speaks. Runs on the loop of the hub."""

    def __init__(self) -> None:
        self.known: OrderedDict[int, Audience] = OrderedDict()
        self.waiting: dict[int, Waiting] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def clear(self) -> None:
        self.known.clear()
        self.waiting.clear()

    def deliver(self, name: str, frame: bytes) -> None:
        """What the hub calls for each frame addressed to a conversation."""
        _prefix, id, version, rev, speaker, seq = name.split(":")
        self.show(int(id), int(version), int(rev), frame, int(speaker), int(seq))

    def show(self, id: int, version: int, rev: int, frame: bytes, speaker: int = 0, seq: int = 0) -> None:
        held = self.known.get(id)
        if id in self.waiting:
            self.waiting[id].frames.append((version, rev, frame, speaker, seq))
        elif held is not None and held.version == version:
            self.known.move_to_end(id)
            self.write(id, held, rev, frame, speaker, seq)
        elif not frame:
            if held is not None and held.version < version:
                del self.known[id]
        else:
            self.waiting[id] = Waiting(deque([(version, rev, frame, speaker, seq)]))
            self.start(self.load(id))

    def start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def write(self, id: int, held: Audience, rev: int, frame: bytes, speaker: int = 0, seq: int = 0) -> None:
        held.rev = max(held.rev, rev)
        if not frame:
            return
        blind = held.blind(speaker, seq)
        groups = tuple(f"user:{user}" for user in held.members - blind)
        if groups:
            realtime.hub.deliver(groups, frame)
        if rev and blind:  # they ask for what came, and read that it is closed to them, or nothing
            realtime.hub.deliver(tuple(f"user:{user}" for user in blind), event(frames.Behind(id, rev)))

    def deliver_mark(self, name: str, frame: bytes) -> None:
        """How far somebody is, to those who show it themselves. The latest state needs no order."""
        _prefix, id, version, users = name.split(":")
        whose = [int(user) for user in users.split(",")]
        held = self.known.get(int(id))
        if held is not None and held.version == int(version):
            self.write_mark(held, whose, frame)
        else:
            self.start(self.load_mark(int(id), whose, frame))

    def write_mark(self, held: Audience, whose: list[int], frame: bytes) -> None:
        """The same bytes for all, unless some do not learn of some: then one frame for each whose marks these are."""
        told = held.members - held.discreet
        if len(whose) > 1 and not (told.issuperset(whose) and held.parted.keys().isdisjoint(whose)):
            marks = read_marks(frame)
            for user in whose:
                alone = frames.ReadMarks(marks.conversation, {user: marks.read[user]})
                self.write_mark(held, [user], event(alone))
            return
        if not told.issuperset(whose):
            return
        if len(whose) == 1:
            told = told - held.parted.get(whose[0], frozenset()) - {whose[0]}
        if told:
            realtime.hub.deliver(tuple(f"user:{id}" for id in told), frame)

    async def load_mark(self, id: int, whose: list[int], frame: bytes) -> None:
        try:
            held = await self.read(id)
        except DatabaseAway as error:
            log.warning("members of a conversation not read (%s)", type(error).__name__)
            return
        if held is not None:
            self.write_mark(held, whose, frame)

    async def load(self, id: int) -> None:
        """Reads the members, then shows what waits. Fails closed: what cannot be checked is not shown, and clients
        find it when they resume."""
        try:
            held = await self.read(id)
        except DatabaseAway as error:
            log.warning("members of a conversation not read (%s)", type(error).__name__)
            return
        finally:
            waiting = self.waiting.pop(id, None)
        if held is None or waiting is None:
            return
        newest = max(version for version, *_rest in waiting.frames)
        if held.version < newest:  # what was read is older than what somebody has said since
            self.known.pop(id, None)
            again = self.waiting[id] = waiting
            self.start(self.load(id)) if again.frames else None
            return
        for _version, rev, frame, speaker, seq in waiting.frames:
            self.write(id, held, rev, frame, speaker, seq)

    async def read(self, id: int) -> Audience | None:
        found = await threads.run(conversation_access.audience, id)
        if found is None:
            self.known.pop(id, None)
            return None
        held = self.known[id] = Audience(*found)
        self.known.move_to_end(id)
        while len(self.known) > KEPT:
            self.known.popitem(last=False)
        return held

    async def of(self, id: int) -> Audience | None:
        """The members as this process knows them, read if it does not."""
        return self.known.get(id) or await self.read(id)

    def forget(self, user_id: int) -> None:
        """Something about this member's access changed: nothing remembered about them counts."""
        for id in [id for id, held in self.known.items() if user_id in held.members]:
            del self.known[id]

    # -- After a gap on the bus --

    async def catch_up(self) -> None:
        """Compares what this process showed with the truth, and tells the clients that are behind to resume."""
        served = [id for id, held in self.known.items() if any(realtime.hub.members(f"user:{u}") for u in held.members)]
        for start in range(0, len(served), COMPARED_AT_ONCE):
            part = served[start : start + COMPARED_AT_ONCE]
            truth = await threads.run(state, part)
            for id in part:
                held = self.known.get(id)
                if held is None:
                    continue
                version, rev = truth.get(id, (0, 0))
                if version != held.version:
                    held = await self.read(id)
                    if held is None:
                        continue
                elif rev <= held.rev:
                    continue
                self.write(id, held, rev, event(frames.Behind(id, rev)))


def state(ids: list[int]) -> dict[int, tuple[int, int]]:
    """Conversation -> (members_version, rev), to compare with; shown to nobody."""
    rows = Conversation.objects.filter(pk__in=ids).values_list("pk", "members_version", "rev")
    return {id: (version, rev) for id, version, rev in rows}


def read_marks(frame: bytes) -> frames.ReadMarks:
    return msgspec.convert(msgspec.json.decode(frame)["data"], frames.ReadMarks, strict=False)


audiences = Audiences()


class Typing:
    """Lets one word about typing through per member, conversation and few seconds."""

    EVERY_SECONDS = 2.0

    def __init__(self) -> None:
        self.said: dict[tuple[int, int], float] = {}

    def may_say(self, user_id: int, conversation_id: int) -> bool:
        now = time.monotonic()
        if len(self.said) > 10_000:
            self.said = {key: at for key, at in self.said.items() if now - at < self.EVERY_SECONDS}
        if now - self.said.get((user_id, conversation_id), -9e9) < self.EVERY_SECONDS:
            return False
        self.said[user_id, conversation_id] = now
        return True


typing = Typing()

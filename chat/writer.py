"""What gathers between the socket and the actions: messages into batches, read marks into the latest state.

Messages gather while the previous batch commits; there is no timer. One thread with its own database connection
writes them through `send_messages`, answers the senders, and the action shows what it stored after commit. Nobody takes
the queue from the others: each member has so many places in it, and sends so many a second over all sockets.
"""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    NotSupportedError,
    OperationalError,
    connection,
    connections,
)

from chat.actions import marks as mark_actions
from chat.actions import messages as message_actions
from core import errors, threads

log = logging.getLogger(__name__)

QUEUE_LIMIT = 2000
OF_ONE = 100  # drafts of one member that wait or are being written
BATCH_LIMIT = 200
WAIT_LIMIT = 8.0  # seconds a message may wait for its conversation; the client gives up at ten
LOCKED_PAUSE = 0.003
DOWN_PAUSE = 0.5
CONNECT_SECONDS = 3
# A batch is a handful of rows. A plan made while the tables are small would read them whole ever after.
BY_INDEX = " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"

Done = Callable[[message_actions.Outcome], None]


@dataclass
class Pending:
    """A draft, and whom to tell on which loop what became of it."""

    draft: message_actions.Draft
    done: Done
    loop: asyncio.AbstractEventLoop
    since: float = field(default_factory=time.monotonic)


class Writer:
    """The gathering writer of one serving process."""

    def __init__(self) -> None:
        self.queue: deque[Pending] = deque()
        self.waiting: Counter[int] = Counter()  # member -> drafts without an answer
        self.changed = threading.Condition()
        self.thread: threading.Thread | None = None
        self.ended = False
        self.down = False  # the database is not there: refuse at once instead of making people wait
        self.batches = 0

    # -- On the loop --

    def put(self, draft: message_actions.Draft, done: Done) -> None:
        """Takes a message; `done` is called on this loop with what became of it. Busy when too many wait, TooMany when
        too many of this member's do."""
        pending = Pending(draft, done, asyncio.get_running_loop())
        with self.changed:
            if self.down or len(self.queue) >= QUEUE_LIMIT:
                raise errors.Busy
            if self.waiting[draft.sender_id] >= OF_ONE:
                raise errors.TooMany(retry_after=1)
            self.waiting[draft.sender_id] += 1
            self.queue.append(pending)
            if self.thread is None:
                self.ended = False
                self.thread = threading.Thread(target=self.run, name="chat-writer", daemon=True)
                self.thread.start()
            self.changed.notify()

    async def live(self) -> None:
        """Runs beside the sockets of a process; at the end lets the thread write what waits."""
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.to_thread(self.stop)

    def stop(self) -> None:
        thread = self.thread
        if thread is not None:
            with self.changed:
                self.ended = True
                self.changed.notify()
            thread.join(5)
            self.thread = None

    # -- In the thread --

    def run(self) -> None:
        own_connection()
        try:
            while (batch := self.take()) is not None:
                self.handle(batch)
        finally:
            connection.close()

    def take(self) -> list[Pending] | None:
        with self.changed:
            while not self.queue:
                if self.ended:
                    return None
                self.changed.wait()
            return [self.queue.popleft() for _turn in range(min(len(self.queue), BATCH_LIMIT))]

    def handle(self, batch: list[Pending]) -> None:
        outcomes = self.store([pending.draft for pending in batch])
        self.batches += 1
        answers: list[tuple[Pending, message_actions.Outcome]] = []
        later: list[Pending] = []
        now = time.monotonic()
        for pending, outcome in zip(batch, outcomes, strict=True):
            if not isinstance(outcome, message_actions.Later):
                answers.append((pending, outcome))
            elif now - pending.since > WAIT_LIMIT:
                answers.append((pending, errors.Busy()))
            else:
                later.append(pending)
        if later:
            with self.changed:
                self.queue.extendleft(reversed(later))
                if not answers and not self.ended:
                    self.changed.wait(LOCKED_PAUSE)
        self.answer(answers)
        if self.down:
            self.wait_for_database()

    def answer(self, answers: list[tuple[Pending, message_actions.Outcome]]) -> None:
        with self.changed:
            for pending, _outcome in answers:
                member = pending.draft.sender_id
                self.waiting[member] -= 1
                if not self.waiting[member]:
                    del self.waiting[member]
        tell(answers)

    def store(self, drafts: list[message_actions.Draft]) -> list[message_actions.Outcome]:
        """One transaction for all; what the database refuses as a whole is tried again message by message."""
        if self.down:
            return [errors.Busy() for _draft in drafts]
        try:
            return self.try_twice(drafts)
        except (InterfaceError, OperationalError) as error:
            log.warning("messages not stored (%s)", type(error).__name__)
            self.down = True
            return [errors.Busy() for _draft in drafts]
        except Exception as error:  # supervisor: one bad message fails alone, and the thread lives on
            if len(drafts) > 1:
                log.warning("a batch was refused (%s); message by message", type(error).__name__)
                return [outcome for draft in drafts for outcome in self.store([draft])]
            log.warning("a message was refused (%s)", type(error).__name__)
            return [errors.Invalid() if isinstance(error, DatabaseError) else errors.Busy()]

    def try_twice(self, drafts: list[message_actions.Draft]) -> list[message_actions.Outcome]:
        """A connection that broke may have broken after the commit: the second try finds what stands by client_id. One
        that has planned for columns of before an upgrade plans anew (NotSupportedError)."""
        try:
            return message_actions.send_messages(batch=drafts, skip_locked=True)
        except (InterfaceError, NotSupportedError, OperationalError):
            connection.close()
            return message_actions.send_messages(batch=drafts, skip_locked=True)

    def wait_for_database(self) -> None:
        """Refuses everything until there is a connection again."""
        while True:
            with self.changed:
                waiting = [*self.queue]
                self.queue.clear()
            self.answer([(pending, errors.Busy()) for pending in waiting])
            try:
                connection.close()
                connection.ensure_connection()
            except (InterfaceError, OperationalError):
                with self.changed:
                    if self.ended:
                        break
                    self.changed.wait(DOWN_PAUSE)
            else:
                break
        self.down = False


def own_connection() -> None:
    """Gives this thread a connection beside the pool: it is always there, and that the database is gone shows at once
    instead of after the pool's patience."""
    own = connections[DEFAULT_DB_ALIAS].copy()
    if own.vendor == "postgresql":
        own.settings_dict["OPTIONS"].pop("pool", None)
        own.settings_dict["OPTIONS"]["connect_timeout"] = CONNECT_SECONDS
        own.settings_dict["OPTIONS"]["options"] += BY_INDEX
    connections[DEFAULT_DB_ALIAS] = own


def tell(answers: list[tuple[Pending, message_actions.Outcome]]) -> None:
    """Hands outcomes to the loops they were asked on, all at one wake-up each."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Done, message_actions.Outcome]]] = {}
    for pending, outcome in answers:
        by_loop.setdefault(pending.loop, []).append((pending.done, outcome))
    for loop, ready in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever asked
            loop.call_soon_threadsafe(_call, ready)


def _call(ready: list[tuple[Done, message_actions.Outcome]]) -> None:
    for done, outcome in ready:
        try:
            done(outcome)
        except Exception:  # supervisor: one socket that takes no answer must not cost the others theirs
            log.exception("an answer was not given")


class Allowance:
    """How many messages a member may send over the sockets of this process: some at once, and then so many a second.
    Held in memory, of those who sent last."""

    BURST = 120.0
    A_SECOND = 20.0
    MEMBERS = 20_000

    def __init__(self) -> None:
        self.left: OrderedDict[int, tuple[float, float]] = OrderedDict()  # member -> how many, at what time

    def take(self, user_id: int) -> bool:
        """Counts one more, unless that is one too many."""
        now = time.monotonic()
        left, since = self.left.pop(user_id, (self.BURST, now))
        left = min(self.BURST, left + (now - since) * self.A_SECOND)
        may = left >= 1
        self.left[user_id] = (left - may, now)
        if len(self.left) > self.MEMBERS:
            self.left.popitem(last=False)
        return may


class Marks:
    """Read marks from sockets: the latest of each member, at most one write in two seconds for a conversation, and
    those of all conversations together. Marks that move nothing (of one's own words, not theirs) delay no other's."""

    EVERY_SECONDS = 2.0
    GATHER_SECONDS = 0.2
    AT_ONCE = 200
    WAITING = 20_000  # conversations; marks of more are lost, which the next ones make up for
    OF_ONE = 100  # marks of one member: who names what is not theirs takes no place from others

    def __init__(self) -> None:
        self.wanted: dict[int, dict[int, int]] = {}  # conversation -> member -> seq
        self.written: dict[int, float] = {}  # when, of conversations that rest
        self.waiting: Counter[int] = Counter()  # member -> marks
        self.task: asyncio.Task[None] | None = None

    def put(self, user_id: int, conversation_id: int, seq: int) -> None:
        if conversation_id not in self.wanted and len(self.wanted) >= self.WAITING:
            return
        if user_id not in self.wanted.get(conversation_id, {}) and self.waiting[user_id] >= self.OF_ONE:
            return
        self.keep(user_id, conversation_id, seq)
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self.run())

    def keep(self, user_id: int, conversation_id: int, seq: int) -> None:
        marks = self.wanted.setdefault(conversation_id, {})
        self.waiting[user_id] += user_id not in marks
        marks[user_id] = max(seq, marks.get(user_id, 0))

    async def run(self) -> None:
        """Ends when nothing waits."""
        try:
            while self.wanted:
                await self.write(self.due(time.monotonic()))
                await asyncio.sleep(self.GATHER_SECONDS)
        finally:
            self.task = None

    def due(self, now: float) -> dict[tuple[int, int], int]:
        self.written = {id: at for id, at in self.written.items() if now - at < self.EVERY_SECONDS}
        due: dict[tuple[int, int], int] = {}
        for id in [id for id in self.wanted if id not in self.written]:
            if len(due) >= self.AT_ONCE:
                break
            marks = self.wanted.pop(id)
            due |= {(user, id): seq for user, seq in marks.items()}
            for user in marks:
                self.waiting[user] -= 1
                if not self.waiting[user]:
                    del self.waiting[user]
        return due

    async def write(self, due: dict[tuple[int, int], int]) -> None:
        if not due:
            return
        try:
            moved = await threads.run(mark_actions.mark_all_read, marks=due)
        except (InterfaceError, OperationalError) as error:  # the database is away: next time, with what comes
            log.warning("read marks were not stored (%s)", type(error).__name__)
            moved = mark_actions.Moved({id for _user, id in due}, due)
        except DatabaseError as error:
            log.warning("read marks were refused (%s)", type(error).__name__)
            return
        self.written |= dict.fromkeys(moved.conversations, time.monotonic())
        for (user, id), seq in moved.left.items():
            self.keep(user, id, seq)


def reset() -> None:
    """Threads do not survive a fork."""
    global writer, marks, allowance
    writer, marks, allowance = Writer(), Marks(), Allowance()


writer = Writer()
marks = Marks()
allowance = Allowance()
os.register_at_fork(after_in_child=reset)

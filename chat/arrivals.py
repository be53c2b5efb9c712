"""What has reached devices, gathered: written in small batches, at most once in 2 s a process; of groups, where nobody
is shown it by itself, once in half a minute."""

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Mapping

from django.db import Error as DatabaseAway

from chat import realtime as chat_realtime
from chat.actions import marks as mark_actions
from core import threads

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
GROUPS_SECONDS = 30.0
AT_ONCE = 100  # rows locked together; whoever writes messages waits for them
WAITING = 50_000  # marks; more are lost, which the next ones make up for
OF_ONE = 500  # of one member: who names what is not theirs takes no place from others


class Arrivals:
    """(member, conversation) -> how far a device has it. Runs on the loop of the hub."""

    def __init__(self) -> None:
        self.soon: dict[tuple[int, int], int] = {}
        self.later: dict[tuple[int, int], int] = {}
        self.waiting: Counter[int] = Counter()  # member -> marks
        self.since = 0.0
        self.task: asyncio.Task[None] | None = None

    def put(self, user_id: int, conversations: Mapping[int, int]) -> None:
        for id, seq in conversations.items():
            held = chat_realtime.audiences.known.get(id)
            waiting = self.later if held is not None and len(held.members) > 2 else self.soon
            if (user_id, id) in waiting or (len(waiting) < WAITING and self.waiting[user_id] < OF_ONE):
                self.waiting[user_id] += (user_id, id) not in waiting
                waiting[user_id, id] = max(seq, waiting.get((user_id, id), 0))
        if self.later and not self.since:
            self.since = time.monotonic()
        if self.task is None and (self.soon or self.later):
            self.task = asyncio.get_running_loop().create_task(self.run())

    async def run(self) -> None:
        """Ends when nothing waits."""
        try:
            while self.soon or self.later:
                await self.write(self.due())
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            self.task = None

    def due(self) -> dict[tuple[int, int], int]:
        due, self.soon = self.soon, {}
        if self.since and time.monotonic() - self.since >= GROUPS_SECONDS:
            due, self.later, self.since = due | self.later, {}, 0.0
        self.waiting = Counter(user for user, _id in (*self.soon, *self.later))
        return due

    async def write(self, due: dict[tuple[int, int], int]) -> None:
        keys = list(due)
        for start in range(0, len(keys), AT_ONCE):
            part = {key: due[key] for key in keys[start : start + AT_ONCE]}
            try:
                busy = await threads.run(mark_actions.mark_all_delivered, marks=part)
            except DatabaseAway as error:
                log.warning("what has reached devices is not stored (%s)", type(error).__name__)
                return
            self.soon = busy | self.soon


def reset() -> None:
    """Tasks do not survive a fork."""
    global arrivals
    arrivals = Arrivals()


arrivals = Arrivals()
os.register_at_fork(after_in_child=reset)

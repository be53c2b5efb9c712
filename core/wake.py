"""Wake-ups for workers. What must happen stands in the database; a lost wake-up costs a sweep's few seconds.

The request only marks a name; a thread sends the message, so a slow or dead broker never holds a request. At most
one wake-up per name is pending: a flag in the cache is raised by the sender and lowered when the task starts.
"""

import logging
import os
import threading
import time

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

log = logging.getLogger(__name__)
PENDING_SECONDS = 5
GATHER_SECONDS = 0.2  # between two of one name: each is a task, and what happens meanwhile is done by the next


def after_commit(task: str, argument: str = "") -> None:
    """Wakes a task once the current transaction is committed. The task takes the argument, if there is one."""
    transaction.on_commit(lambda: _sender.mark((task, argument)), robust=True)


def now(task: str, argument: str = "") -> None:
    """The same outside of any transaction, for tasks that wake tasks."""
    _sender.mark((task, argument))


def begun(task: str, argument: str = "") -> None:
    """The first line of a woken task: from here on a new wake-up is needed."""
    try:
        cache.delete(_flag((task, argument)))
    except Exception as error:  # supervisor: without a cache every wake-up is sent
        log.warning("wake flag not lowered (%s)", type(error).__name__)


Wakeup = tuple[str, str]


def _flag(wakeup: Wakeup) -> str:
    return "wake:" + ":".join(wakeup)


class Sender:
    """Sends the wake-ups of this process from one daemon thread."""

    def __init__(self) -> None:
        self.marked: set[Wakeup] = set()
        self.sent: dict[Wakeup, float] = {}
        self.changed = threading.Condition()
        self.thread: threading.Thread | None = None

    def mark(self, wakeup: Wakeup) -> None:
        if settings.TESTING and not settings.WAKE_IN_TESTS:
            return
        with self.changed:
            if wakeup in self.marked:
                return
            self.marked.add(wakeup)
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, name="wake", daemon=True)
                self.thread.start()
            self.changed.notify()

    def run(self) -> None:
        while True:
            with self.changed:
                while not (due := self.due(now := time.monotonic())):
                    next_at = min((self.sent[wakeup] for wakeup in self.marked), default=None)
                    self.changed.wait(None if next_at is None else next_at + GATHER_SECONDS - now)
            for wakeup in sorted(due):
                self.send(wakeup)

    def due(self, now: float) -> set[Wakeup]:
        """Takes what was not sent just now."""
        self.sent = {wakeup: at for wakeup, at in self.sent.items() if now - at < GATHER_SECONDS}
        due = self.marked - self.sent.keys()
        self.marked -= due
        self.sent |= dict.fromkeys(due, now)
        return due

    def send(self, wakeup: Wakeup) -> None:
        task, argument = wakeup
        try:
            if not cache.add(_flag(wakeup), 1, PENDING_SECONDS):
                return
        except Exception as error:  # supervisor: a dead cache must not silence the wake-up
            log.warning("wake flag not raised (%s)", type(error).__name__)
        try:
            current_app.send_task(
                task,
                args=[argument] if argument else [],
                queue=current_app.tasks[task].queue if task in current_app.tasks else None,
                retry=False,
                expires=60,
            )
        except Exception as error:  # supervisor: the sweep finds what a dead broker missed
            log.warning("wake-up %s not sent (%s)", task, type(error).__name__)


_sender = Sender()


def _forget_thread() -> None:
    """Threads do not survive a fork."""
    global _sender
    _sender = Sender()


os.register_at_fork(after_in_child=_forget_thread)

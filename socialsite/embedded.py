"""Celery's worker and beat inside the serving process: the embedded site needs no second one."""

import contextlib
import logging
import threading
from typing import Any

import celery.worker.state
from celery.beat import EmbeddedService, Scheduler
from celery.worker import WorkController

from socialsite.celery import app

log = logging.getLogger(__name__)
QUEUES = ["events", "mail", "media", "films", "notifications", "maintenance"]
THREADS = 5  # more than pictures and one film are prepared at once: those mostly wait for their child process
STOP_SECONDS = 3.5
TICK_SECONDS = 0.5  # how long the clock sleeps at most, and so how long it takes to stop


class Workers:
    """The worker's threads and the clock; `stop` lets the running tasks end, for a while."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.worker = WorkController(
            app=app,
            pool="threads",
            concurrency=THREADS,
            queues=QUEUES,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            ready_callback=lambda _consumer: self.ready.set(),
        )
        self.thread = threading.Thread(target=self.run, name="worker", daemon=True)
        self.beat: Any = EmbeddedService(app, max_interval=TICK_SECONDS, thread=True, scheduler_cls=Scheduler)

    def start(self) -> None:
        celery.worker.state.should_stop = None
        self.thread.start()
        self.beat.start()

    def run(self) -> None:
        with contextlib.suppress(SystemExit):  # how Celery says that it was asked to stop
            self.worker.start()

    def stop(self) -> bool:
        """Whether all tasks have ended. What has not is as after a power cut: it is taken up at the next start."""
        celery.worker.state.should_stop = 0
        # The worker looks up only between messages, or after two seconds.
        app.send_task("core.dispatch", queue="events")
        self.beat.stop()
        self.thread.join(STOP_SECONDS)
        return not self.thread.is_alive()

"""The Celery application: tasks of every room, queues by kind of work, and the clock."""

import os
from importlib import import_module
from typing import Any

import kombu.connection
from celery import Celery
from celery.app.amqp import AMQP
from django.apps import apps
from django.conf import settings
from kombu.transport import redis as redis_transport

# When Redis dies, kombu 5.7 wants to give unfinished messages back to it, trips over its closed connection, and ends
# the worker with an AttributeError. Ours are wake-ups, which nobody needs back.
redis_transport.Channel.do_restore = False

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialsite.settings")


class Connection(kombu.connection.Connection):
    """Looks for a lost broker every few seconds, however long it has been away (kombu: up to half a minute)."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        pauses = {"interval_start": 1, "interval_step": 1, "interval_max": 3}
        return super().ensure_connection(*args, **{**pauses, **kwargs})


class Messages(AMQP):
    Connection = Connection


app = Celery("socialsite", amqp=Messages)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_finalize.connect
def set_the_clock(sender: Celery, **kwargs: object) -> None:
    """Beat's schedule is what the rooms' `tasks.SCHEDULE` say: name -> {"task", "schedule", "options"}."""
    schedule: dict[str, object] = {}
    for room in settings.ROOMS:
        if apps.is_installed(room):
            try:
                tasks = import_module(f"{room}.tasks")
            except ModuleNotFoundError as error:
                if error.name != f"{room}.tasks":
                    raise
                continue
            schedule |= getattr(tasks, "SCHEDULE", {})
    sender.conf.beat_schedule = schedule

"""The Celery application: tasks of every room, queues by kind of work, and the clock."""

import os
from importlib import import_module
from typing import Any

import kombu.connection
from celery import Celery, signals
from celery.app.amqp import AMQP
from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from kombu.transport import redis as redis_transport

# When Redis dies, kombu 5.7 wants to give unfinished messages back to it, trips over its closed connection, and ends
# the worker with an AttributeError. Ours are wake-ups, which nobody needs back.
redis_transport.Channel.do_restore = False

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialsite.settings")


KEPT_SECONDS = 300  # a worker's connection to the database


class Connection(kombu.connection.Connection):
    """Looks for a lost broker every few seconds, however long it has been away (kombu: up to half a minute)."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        pauses = {"interval_start": 1, "interval_step": 1, "interval_max": 3}
        return super().ensure_connection(*args, **{**pauses, **kwargs})


class Messages(AMQP):
    Connection = Connection


app = Celery("socialsite", amqp=Messages)
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery hangs up on the database before and after every task; a new connection costs more than most tasks. So Django
# does it: what a pool gave goes back, and a worker without one keeps its own for a while, as long as it is alive.
app.conf["CELERY_DB_REUSE_MAX"] = 1000
signals.task_prerun.connect(lambda **_given: close_old_connections(), weak=False)
signals.task_postrun.connect(lambda **_given: close_old_connections(), weak=False)


@signals.worker_init.connect
def keep_connections(**_given: object) -> None:
    given = connections.settings[DEFAULT_DB_ALIAS]
    if given["ENGINE"] == "core.postgres" and "pool" not in given["OPTIONS"]:
        given |= {"CONN_MAX_AGE": KEPT_SECONDS, "CONN_HEALTH_CHECKS": True}


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

"""The Celery application: tasks of every room, queues by kind of work, and the clock."""

import os
from importlib import import_module

from celery import Celery
from celery.signals import worker_process_init
from django.apps import apps
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialsite.settings")
app = Celery("socialsite")
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


@worker_process_init.connect
def close_inherited_connections(**kwargs: object) -> None:
    """A forked worker must not share its parent's pool or its publisher thread."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.inc_thread_sharing()
        connection.connection = None
    from core import realtime

    realtime.reset()

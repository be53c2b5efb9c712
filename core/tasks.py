"""Woken tasks and the clock of the event log."""

import time

from celery import shared_task

from core import delivery, outbox, wake
from core.models import Pulse

SCHEDULE = {
    "core-sweep": {"task": "core.dispatch", "schedule": 5.0, "options": {"queue": "events", "expires": 10}},
    "core-mail": {"task": "core.send_mail", "schedule": 10.0, "options": {"queue": "mail", "expires": 20}},
    "core-pulse": {"task": "core.pulse", "schedule": 30.0, "options": {"queue": "events", "expires": 30}},
    "core-prune": {"task": "core.prune", "schedule": 3600.0, "options": {"queue": "maintenance", "expires": 3600}},
}
DELIVERY_SECONDS = 20.0


@shared_task(name="core.dispatch", queue="events")
def dispatch() -> None:
    """Numbers what is committed, then wakes every subscriber that has something to read."""
    wake.begun("core.dispatch")
    while outbox.number_events():
        pass
    for name in outbox.behind():
        wake.now("core.deliver", name)


@shared_task(name="core.deliver", queue="events")
def deliver(name: str) -> None:
    """Delivers to one subscriber until nothing is left or its time is up; then it asks to be woken again."""
    wake.begun("core.deliver", name)
    end = time.monotonic() + DELIVERY_SECONDS
    outbox.retry(name)
    while outbox.deliver(name):
        if time.monotonic() > end:
            wake.now("core.deliver", name)
            break


@shared_task(name="core.send_mail", queue="mail")
def send_mail() -> None:
    """Sends what is due, batch by batch."""
    wake.begun("core.send_mail")
    while delivery.send_due():
        pass


@shared_task(name="core.pulse", queue="events")
def pulse() -> None:
    """Beat's sign of life."""
    Pulse.objects.update_or_create(name="beat")


@shared_task(name="core.prune", queue="maintenance")
def prune() -> None:
    while outbox.prune():
        pass
    delivery.prune()

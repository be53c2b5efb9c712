"""Woken tasks and the clock of the event log."""

import time
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from core import chores, delivery, limits, outbox, scratch, wake
from core.models import Pulse

SCHEDULE = {
    "core-sweep": {"task": "core.sweep", "schedule": 5.0, "options": {"queue": "events", "expires": 10}},
    "core-mail": {"task": "core.send_mail", "schedule": 10.0, "options": {"queue": "mail", "expires": 20}},
    "core-prune": {"task": "core.prune", "schedule": 3600.0, "options": {"queue": "maintenance", "expires": 3600}},
}
DELIVERY_SECONDS = 20.0
PULSE = timedelta(seconds=30)


@shared_task(name="core.sweep", queue="events")
def sweep() -> None:
    """Only beat asks for this: its sign of life (written twice a minute), then what a lost wake-up has missed."""
    if not Pulse.objects.filter(name="beat", at__gt=timezone.now() - PULSE).exists():
        Pulse.objects.update_or_create(name="beat")
        wake.now("core.upkeep")
    dispatch()


@shared_task(name="core.dispatch", queue="events")
def dispatch() -> None:
    """Numbers what is committed, then wakes every subscriber that has something to read."""
    wake.begun("core.dispatch")
    while outbox.number_events() == outbox.NUMBERED_AT_ONCE:
        pass
    for name in outbox.behind():
        wake.now("core.deliver", name)


@shared_task(name="core.deliver", queue="events")
def deliver(name: str) -> None:
    """Delivers to one subscriber until nothing is left or its time is up; then it asks to be woken again."""
    wake.begun("core.deliver", name)
    end = time.monotonic() + DELIVERY_SECONDS
    outbox.retry(name)
    # Looks once more after the last batch: who was sent away during it came with something new.
    while (moved := outbox.deliver(name)) is not None and (moved or outbox.is_behind(name)):
        if time.monotonic() > end:
            wake.now("core.deliver", name)
            break


@shared_task(name="core.send_mail", queue="mail")
def send_mail() -> None:
    """Sends what is due."""
    wake.begun("core.send_mail")
    delivery.send_due()


@shared_task(name="core.upkeep", queue="maintenance")
def upkeep() -> None:
    """With every tick that beat writes down: that somebody works on this queue, and what dead jobs have left."""
    wake.begun("core.upkeep")
    Pulse.objects.update_or_create(name="maintenance")
    scratch.sweep()


@shared_task(name="core.prune", queue="maintenance")
def prune() -> None:
    chores.run(outbox.prune, delivery.prune, limits.prune)

"""Every serving process reads AccessChanged from the event log once a second: a lost word on the bus must not leak."""

import asyncio
import logging

from django.db import Error
from django.db.models import Max, Q

from core import realtime, threads
from core.models import Event

log = logging.getLogger(__name__)
KIND = "core.AccessChanged"
EVERY_SECONDS = 1.0


async def watch() -> None:
    """Runs beside the sockets. Rows without a number count as well: the dispatcher may be down; twice is harmless."""
    position: int | None = None
    seen: set[int] = set()
    while True:
        try:
            if position is None:
                position = await threads.run_first(last_number)
            rows = await threads.run_first(news, position)
        except Error as error:
            log.warning("access log: not read (%s)", type(error).__name__)
        else:
            for id, number, user_id in rows:
                position = max(position, number or 0)
                if id not in seen:
                    realtime.hub.recheck(user_id)
            seen = {id for id, number, _user in rows}
        await asyncio.sleep(EVERY_SECONDS)


def last_number() -> int:
    return Event.objects.filter(name=KIND).aggregate(last=Max("number"))["last"] or 0


def news(position: int) -> list[tuple[int, int | None, int]]:
    """(row id, number, member) of what came after `position`, and of what has no number yet."""
    rows = Event.objects.filter(Q(number__gt=position) | Q(number__isnull=True), name=KIND).order_by("id")[:1000]
    return [(row.id, row.number, row.data["user_id"]) for row in rows]

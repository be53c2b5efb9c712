"""Logins behind sockets: once a minute each serving process looks at all of its own, some hundreds at a time."""

import asyncio
import logging

from django.db import DatabaseError

from accounts.actions import logins
from accounts.queries import logins as login_queries
from core import consumers, realtime, threads

log = logging.getLogger(__name__)
EVERY_SECONDS = 60.0
BATCH = 500


async def watch() -> None:
    """Runs beside the sockets."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await look()
        except DatabaseError as error:
            log.warning("logins of sockets: not looked at (%s)", type(error).__name__)


async def look() -> None:
    """Who has a socket open is here: that is written. A login that ran out (nobody ended it, so nobody said so) closes
    its socket."""
    lines = [one for one in realtime.hub.connections() if isinstance(one, consumers.Socket) and one.principal]
    ids = sorted({int(one.principal.login) for one in lines if one.principal})
    for start in range(0, len(ids), BATCH):
        asked = ids[start : start + BATCH]
        standing = await threads.run(_see, asked)
        gone = set(asked) - standing
        for line in lines:
            if line.principal and int(line.principal.login) in gone:
                await line.recheck()


def _see(ids: list[int]) -> set[int]:
    """Those of the logins that stand."""
    standing, due = login_queries.standing_logins(ids)
    if due:
        logins.see_devices(ids=due)
    return standing

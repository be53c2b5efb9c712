"""What a serving process does by its own clock, off every request: it asks for the bucket's keys before they end, and
clears away what a killed process had begun to receive, for which a machine that runs no worker has nobody else."""

import logging
import threading
import time

from core import scratch
from uploads import presign

log = logging.getLogger(__name__)
EVERY_SECONDS = 60.0
SWEEP_SECONDS = 3600.0


def start() -> None:
    presign.renew()  # before the first request, which would have to wait for it
    threading.Thread(target=_run, name="upkeep", daemon=True).start()


def _run() -> None:
    swept = -SWEEP_SECONDS
    while True:
        if time.monotonic() - swept >= SWEEP_SECONDS:
            swept = time.monotonic()
            _sweep()
        time.sleep(EVERY_SECONDS)
        presign.renew()


def _sweep() -> None:
    try:
        scratch.sweep()
    except OSError as error:
        log.warning("temporary files stay for now (%s)", error)

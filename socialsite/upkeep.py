"""What a serving process does by its own clock, off every request: a machine that runs no worker has nobody else who
clears away what a killed process had begun to receive."""

import logging
import threading
import time

from core import scratch

log = logging.getLogger(__name__)
EVERY_SECONDS = 3600.0


def start() -> None:
    threading.Thread(target=_run, name="upkeep", daemon=True).start()


def _run() -> None:
    while True:
        try:
            scratch.sweep()
        except OSError as error:
            log.warning("temporary files stay for now (%s)", error)
        time.sleep(EVERY_SECONDS)

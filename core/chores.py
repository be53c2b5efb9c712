"""What the clock does in several steps that know nothing of each other: one that fails stops none behind it. It is
tried again when the clock comes by, and until it has worked doctor tells of it."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from core.checkup import Finding
from core.models import Pulse

log = logging.getLogger(__name__)
FAILED = "failed "
Step = Callable[[], int | None]


def run(*steps: Step) -> None:
    """Each in batches until nothing is left for it (0 or None)."""
    failures: dict[str, str] = {}
    for step in steps:
        try:
            while step():
                pass
        except Exception as error:
            log.exception("%s failed; it is tried again", _name(step))
            failures[_name(step)] = type(error).__name__
    names = {_name(step) for step in steps}
    Pulse.objects.filter(name__in=[_row(name) for name in names - failures.keys()]).delete()
    for name, kind in failures.items():  # at last: where the database is away nothing can be noted
        Pulse.objects.update_or_create(name=_row(name), defaults={"detail": f"{name}: {kind}"[:80]})


def findings() -> Iterator[Finding]:
    """For doctor: what did not work the last time. Nothing to say where there is none."""
    for pulse in Pulse.objects.filter(name__startswith=FAILED).order_by("name"):
        mend = "Look for it in the worker's log, and mend that; the clock tries it again."
        yield Finding("chores", "fail", f"{pulse.detail}, last at {pulse.at:%Y-%m-%d %H:%M} UTC", mend)


def _name(step: Step) -> str:
    known: Any = step.func if isinstance(step, partial) else step
    return f"{known.__module__}.{known.__name__}"


def _row(name: str) -> str:
    return FAILED + ".".join(name.split(".")[-2:])[-30:]

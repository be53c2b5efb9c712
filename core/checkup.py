"""What `manage.py doctor` looks at beyond its own parts: rooms add theirs here, in apps.py."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One part: `level` is ok, warn or fail; `mend` says what to do."""

    part: str
    level: str
    says: str
    mend: str = ""


# Looked at when the database answers; each may find several things, or nothing worth a line.
parts: list[Callable[[], Iterable[Finding]]] = []

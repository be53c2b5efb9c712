"""Log lines for people: time, level, place, words."""

import logging
import sqlite3
from typing import Any

from django.db import InterfaceError, OperationalError


class PlainFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's name
        """A database that is away is one line; where we asked it says nothing."""
        if is_away(ei[1]):
            return f"{type(ei[1]).__name__}: {(str(ei[1]).splitlines() or [''])[0]}"
        return super().formatException(ei)


def is_away(error: BaseException | None) -> bool:
    """No connection, or one that broke; deadlocks and SQLite's missing columns are of the same class."""
    if not isinstance(error, OperationalError | InterfaceError) or isinstance(error.__cause__, sqlite3.Error):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state[:2] in {"08", "57"}

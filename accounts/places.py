"""Where an address is, as far as the owner's own file of address ranges (GEOIP_PATH) knows. Nobody else is asked."""

import ipaddress
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import maxminddb
from django.conf import settings
from django.utils.translation import get_language

EVERY = 60.0  # seconds between two looks at the file
log = logging.getLogger(__name__)


def clean_address(raw: str) -> str | None:
    """An address as it is kept, or None for what is none (a socket file, a test's client)."""
    try:
        one = ipaddress.ip_address(raw.partition("%")[0])
    except ValueError:
        return None
    mapped = one.ipv4_mapped if isinstance(one, ipaddress.IPv6Address) else None
    return str(mapped or one)


def place(address: str | None) -> str:
    """'Hanoi, Vietnam', 'Vietnam', or nothing: without a file, and for what it does not know."""
    reader = _reader() if address else None
    if reader is None or address is None:
        return ""
    try:
        found = reader.get(address)
    except (ValueError, maxminddb.InvalidDatabaseError):  # a file of IPv4 only; a page of it that is damaged
        return ""
    parts = [_name(found, part) for part in ("city", "country")]
    return ", ".join(part for part in parts if part)


def _name(found: Any, part: str) -> str:
    """The name in the reader's language, else in English."""
    names = found.get(part) if isinstance(found, dict) else None
    names = names.get("names") if isinstance(names, dict) else None
    if not isinstance(names, dict):
        return ""
    return str(names.get(get_language() or "en") or names.get("en") or "")


@dataclass(frozen=True)
class _Opened:
    reader: maxminddb.Reader | None
    changed: int  # when its file was
    looked: float


_opened: _Opened | None = None


def _reader() -> maxminddb.Reader | None:
    """A newer file counts within a minute."""
    global _opened
    if not settings.GEOIP_PATH:
        return None
    if _opened is None or time.monotonic() - _opened.looked > EVERY:
        _opened = _look(_opened)
    return _opened.reader


def _look(known: _Opened | None) -> _Opened:
    """One that cannot be read (yet) leaves the one before; `env` has looked whether the first is whole."""
    reader, changed = (known.reader, known.changed) if known is not None else (None, 0)
    try:
        if (now := Path(settings.GEOIP_PATH).stat().st_mtime_ns) != changed:
            reader, changed = maxminddb.open_database(settings.GEOIP_PATH), now
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        log.warning("GEOIP_PATH cannot be read (%s)", type(error).__name__)
    return _Opened(reader, changed, time.monotonic())

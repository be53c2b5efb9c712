"""Where an address is, as far as the owner's own file of address ranges (GEOIP_PATH) knows. Nobody else is asked."""

import ipaddress
from functools import cache
from typing import Any

import maxminddb
from django.conf import settings
from django.utils.translation import get_language


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


@cache
def _reader() -> maxminddb.Reader | None:
    """Opened once in each process; a newer file counts after a restart. `env` has looked whether it is whole."""
    return maxminddb.open_database(settings.GEOIP_PATH) if settings.GEOIP_PATH else None

"""Sticker packs: those one sends from, and all of them for staff."""

from accounts.access import doors
from accounts.access.people import Viewer
from chat.access import stickers as sticker_access
from core import errors


def packs() -> list[sticker_access.Pack]:
    """Those with something to send, in their order. No query, but once in some seconds."""
    return [pack for pack in sticker_access.shelf().packs if pack.given]


def office(viewer: Viewer) -> list[sticker_access.Pack]:
    """All packs, for who minds them: two queries."""
    doors.access_office(viewer, sticker_access.CHANGE)
    return sticker_access.sure().packs


def office_pack(viewer: Viewer, key: str) -> sticker_access.Pack:
    found = next((pack for pack in office(viewer) if pack.key == key), None)
    if found is None:
        raise errors.NotFound
    return found

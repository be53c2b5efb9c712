"""What the pages of the doors show to those who mind them."""

from collections.abc import Callable
from typing import Any

from accounts import registry
from accounts.access import api_tokens, applications, doors, factors
from accounts.access.people import Viewer
from accounts.models.applications import Application
from accounts.models.doors import BlockedAddress
from accounts.models.people import User
from accounts.queries.people import PAGE
from core import errors, options, paging, site

SITE_OPTIONS: list[options.Option[Any]] = [
    site.NAME, site.TAGLINE, site.WELCOME, doors.MODE, doors.DOMAINS, doors.MINIMUM_AGE, doors.INVITERS,
]  # fmt: skip
# The pages of the office, in the order of its menu, and what each asks for.
OFFICE: dict[str, Callable[[User], bool]] = {
    "settings": lambda viewer: viewer.has_perm(doors.SITE),
    "applications": lambda viewer: viewer.has_perm(doors.QUEUE),
    "invitations": lambda viewer: viewer.has_perm(doors.TREE),
    "blocked": lambda viewer: viewer.has_perm(doors.BLOCKS),
    "providers": lambda viewer: viewer.is_superuser and viewer.is_present,
    "required": factors.can_decide,
    "bots": api_tokens.may_manage_bots,
}


def office(viewer: Viewer) -> list[str]:
    """The pages of the office that are there for the viewer; NotFound where there is none."""
    pages = []
    if isinstance(viewer, User):
        pages += [name for name, needed in OFFICE.items() if needed(viewer)]
        pages += [key for key, page in registry.office_pages.items() if viewer.has_perm(page.permission)]
    if not pages:
        raise errors.NotFound
    return pages


def site_options(*, viewer: Viewer) -> dict[str, Any]:
    """What the owner has decided, by key with double underscores."""
    doors.access_office(viewer, doors.SITE)
    return {option.key.replace(".", "__"): options.sure(option) for option in SITE_OPTIONS}


def blocked_addresses(*, viewer: Viewer, cursor: str = "") -> paging.Page[BlockedAddress]:
    doors.access_office(viewer, doors.BLOCKS)
    return paging.page(doors.blocked_addresses().select_related("blocked_by"), cursor=cursor, size=PAGE)


def waiting_applications(*, viewer: Viewer, cursor: str = "") -> paging.Page[Application]:
    """Requests to join that wait, the oldest first."""
    doors.access_office(viewer, doors.QUEUE)
    return paging.page(applications.waiting(), cursor=cursor, size=PAGE, by=("id",))


def application(*, viewer: Viewer, id: int) -> Application:
    """One that waits. NotFound when it is decided, or never was."""
    doors.access_office(viewer, doors.QUEUE)
    row = applications.waiting().filter(pk=id).first() if 0 < id < 2**63 else None
    if row is None:
        raise errors.NotFound
    return row

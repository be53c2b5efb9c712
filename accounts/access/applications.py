"""Requests to join: which wait."""

from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.access import doors
from accounts.models.applications import Application
from core import errors

ACCEPTED = _("Somebody has accepted this request already.")
DECLINED = _("Somebody has declined this request already.")


def waiting() -> QuerySet[Application]:
    return Application.objects.filter(state=Application.State.WAITING)


def waiting_of(email: str) -> QuerySet[Application]:
    """What the mailbox of this address asks for; none or one."""
    return waiting().filter(mailbox=doors.fold(email))


def keeps_handle(handle: str, *, but: str) -> bool:
    """Whether somebody who waits keeps this handle from others (from all but the mailbox of the address `but`)."""
    return (
        waiting()
        .exclude(mailbox=doors.fold(but))
        .alias(lowered=Lower("handle"))
        .filter(lowered=handle.lower())
        .exists()
    )


def access_waiting(id: int) -> Application:
    """One that waits, locked. Conflict says how it was decided, NotFound that there is none. Whoever calls has asked
    whether the viewer may (access.doors.access_office)."""
    row = Application.objects.select_for_update().filter(pk=id).first() if 0 < id < 2**63 else None
    if row is None:
        raise errors.NotFound
    if row.state != Application.State.WAITING:
        raise errors.Conflict(ACCEPTED if row.state == Application.State.ACCEPTED else DECLINED)
    return row

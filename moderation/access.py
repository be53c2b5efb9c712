"""Who may report what, and who reads reports."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access import doors
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from core import errors
from moderation import registry
from moderation.models import Report

READ = "moderation.view_report"
CLOSE = "moderation.change_report"


def access_thing(viewer: Viewer, kind: str, subject: int | str) -> registry.Thing:
    """What a member wants to report: something they may see, that is not their own. Hidden and absent answer alike."""
    member = accounts_access.access_member(viewer)
    if kind not in registry.kinds:
        raise errors.Invalid(_("This cannot be reported."), field="kind")
    thing = registry.kinds[kind].find(member, subject)
    if thing.member.pk == member.pk:
        raise errors.NotAllowed(_("This is your own: you can change or delete it."))
    return thing


def open_reports(viewer: Viewer) -> QuerySet[Report]:
    """What waits for a moderator. Nobody looks at what is said about themselves."""
    moderator = doors.access_office(viewer, CLOSE)
    return Report.objects.filter(state=Report.State.OPEN).exclude(member=moderator)


def readable_reports(viewer: Viewer) -> QuerySet[Report]:
    """All reports, for staff with the permission: but those about themselves."""
    if not isinstance(viewer, User) or not viewer.has_perm(READ):
        return Report.objects.none()
    return Report.objects.exclude(member=viewer)

"""Who may report what, and who reads reports."""

import uuid
from dataclasses import replace
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access import doors
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from chat.models.files import MessageFile
from core import errors
from moderation import registry
from moderation.models import Report
from uploads.models import Upload

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
    return replace(thing, is_named=accounts_access.visible_people(member).filter(pk=thing.member.pk).exists())


def open_reports(viewer: Viewer) -> QuerySet[Report]:
    """What waits for a moderator. Nobody looks at what is said about themselves."""
    moderator = doors.access_office(viewer, CLOSE)
    return Report.objects.filter(state=Report.State.OPEN).exclude(member=moderator)


def reported_files(viewer: Viewer, kind: registry.Reportable) -> QuerySet[MessageFile]:
    """What things of this kind carry that the viewer has to judge: only as long as a report of them waits for them."""
    assert kind.files
    return kind.files(open_reports(viewer).filter(kind=kind.key).values("subject_id"))


def access_file(viewer: Viewer, report_id: int, key: uuid.UUID) -> MessageFile:
    """One file of what a waiting report is about."""
    first = open_reports(viewer).filter(pk=report_id).first() if 0 < report_id < 2**63 else None
    kind = registry.kinds.get(first.kind) if first else None
    if first is None or kind is None or kind.files is None:
        raise errors.NotFound
    found = reported_files(viewer, kind).filter(message=first.subject_id, upload__key=key).first()
    if found is None:
        raise errors.NotFound
    return found


def visible_uploads(viewer: Viewer, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Those of them that the viewer has to judge (asked by the uploads room)."""
    if not isinstance(viewer, User) or not viewer.has_perm(CLOSE):
        return uploads.none()
    try:
        files = [reported_files(viewer, kind) for kind in registry.kinds.values() if kind.files]
    except errors.NotAllowed:  # a moderator who is hidden or suspended judges nothing
        return uploads.none()
    return uploads.filter(reduce(or_, [Exists(rows.filter(upload=OuterRef("pk"))) for rows in files]))


def readable_reports(viewer: Viewer) -> QuerySet[Report]:
    """All reports, for staff with the permission: but those about themselves."""
    if not isinstance(viewer, User) or not viewer.has_perm(READ):
        return Report.objects.none()
    return Report.objects.exclude(member=viewer)

"""What moderators read."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from accounts.access.people import Viewer
from chat.models.files import MessageFile
from core import paging
from moderation import access, registry
from moderation.models import Report
from moderation.serializers import Group

PAGE = 20
SHOWN = 5  # reports of one thing; how many there are stands beside them


def open_groups(*, viewer: Viewer, cursor: str = "") -> paging.Page[Report]:
    """Things with open reports, the one that waits longest first; each row is its first report, with `group`. Queries:
    who looks, candidates, which are the first of their thing, what is said, what is carried."""
    waiting = access.open_reports(viewer)
    same = Report.objects.filter(
        state=Report.State.OPEN, kind=OuterRef("kind"), subject_id=OuterRef("subject_id"), pk__lt=OuterRef("pk")
    )

    def keep(rows: list[Report]) -> list[Report]:
        ids = [row.pk for row in rows]
        first = set(waiting.filter(pk__in=ids).exclude(Exists(same)).values_list("pk", flat=True))
        return [row for row in rows if row.pk in first]

    page = paging.page(waiting.only("pk", "kind", "subject_id"), cursor=cursor, size=PAGE, by=("id",), keep=keep)
    said: dict[tuple[str, int], list[Report]] = {}
    for row in _about(waiting, page.rows):
        said.setdefault((row.kind, row.subject_id), []).append(row)
    rows = [row for row in page.rows if (row.kind, row.subject_id) in said]  # a colleague closes others meanwhile
    carried = _carried(viewer, rows)
    for first in rows:
        thing = (first.kind, first.subject_id)
        first.group = _group(first, said[thing], carried.get(thing, []))  # type: ignore[attr-defined]
    return paging.Page(rows, page.next)


def _carried(viewer: Viewer, first: Sequence[Report]) -> dict[tuple[str, int], list[MessageFile]]:
    """(kind, thing) -> its files in their order, as far as the viewer has to judge them: a query for each kind that
    has some."""
    found: dict[tuple[str, int], list[MessageFile]] = {}
    reports = {(row.kind, row.subject_id): row.pk for row in first}
    for kind in registry.kinds.values():
        ids = [id for key, id in reports if key == kind.key]
        if not ids or kind.files is None:
            continue
        rows = access.reported_files(viewer, kind).filter(message__in=ids)
        for row in rows.order_by("message", "position"):
            thing = (kind.key, row.message_id)
            row.upload.ends_at = row.message.expires_at
            row.kept_at = reverse("moderation:file", args=[reports[thing], row.upload.key])
            found.setdefault(thing, []).append(row)
    return found


def _about(waiting: QuerySet[Report], first: Sequence[Report]) -> Sequence[Report]:
    """The latest reports of these things, each with `place` and `number` among those of its thing."""
    if not first:
        return []
    things = [Q(kind=row.kind, subject_id=row.subject_id) for row in first]
    thing = [F("kind"), F("subject_id")]
    order = [F("changed_at").desc(), F("pk").desc()]
    rows = waiting.filter(reduce(or_, things)).annotate(
        place=Window(RowNumber(), partition_by=thing, order_by=order), number=Window(Count("pk"), partition_by=thing)
    )
    return list(rows.filter(place__lte=SHOWN).select_related("reporter", "member").order_by("place"))


def _group(first: Report, said: Sequence[Report], files: Sequence[MessageFile]) -> Group:
    latest = said[0]
    kind = registry.kinds.get(first.kind)  # of a room that is gone: its words stand, and lead nowhere
    return Group(
        first=first,
        label=str(kind.label if kind else first.kind),
        member=latest.member,
        url=kind.url(latest.member, first.subject_id) if kind else "",
        reports=said,
        number=latest.number,  # type: ignore[attr-defined]
        seen=latest.changed_at,
        files=files,
    )

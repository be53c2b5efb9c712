"""Every write of reports."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from core import audit, errors, limits, outbox, text
from moderation import access, events
from moderation.models import WORDS_LIMIT, Reason, Report

DAILY = limits.Limit("reports", 50, 86_400)  # of one member; doors ask, as they do for WRITING
KEPT = timedelta(days=90)  # a closed one, for moderators to look back at
BATCH = 500


@transaction.atomic
def report(*, actor: User, kind: str, subject: int | str, reason: str, words: str = "") -> Report:
    """One report a member and thing: reporting again writes it anew, and opens it again. Nobody else is told who."""
    thing = access.access_thing(actor, kind, subject)
    if reason not in Reason.values:
        raise errors.Invalid(_("Choose what is wrong with it."), field="reason")
    row = Report(
        reporter=actor,
        member=thing.member,
        kind=kind,
        subject_id=thing.id,
        reason=reason,
        words=text.clean(words, limit=WORDS_LIMIT, field="words"),
        copy=thing.text,
    )
    again = ["member", "reason", "words", "copy", "state", "changed_at", "closed_at"]
    Report.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["reporter", "kind", "subject_id"], update_fields=again
    )
    outbox.emit(events.ReportMade(report_id=row.pk, kind=kind, subject_id=thing.id, member_id=thing.member.pk))
    return row


@transaction.atomic
def close_reports(*, actor: User, report_id: int, seen: datetime, number: int) -> None:
    """All that stood open about the thing of this report when the moderator looked: `number` of them, the latest
    written at `seen`. Conflict when somebody has closed them, or one of them says something else by now."""
    waiting = access.open_reports(actor)
    first = waiting.filter(pk=report_id).first() if 0 < report_id < 2**63 else None
    if first is None:
        raise errors.Conflict(_("Somebody has looked at this already."))
    about = waiting.filter(kind=first.kind, subject_id=first.subject_id).order_by("pk")
    rows = [row for row in about.select_for_update(no_key=True) if row.changed_at <= seen]
    if len(rows) != number:
        raise errors.Conflict(_("There is something new about this. Please look once more."))
    ids = [row.pk for row in rows]
    Report.objects.filter(pk__in=ids).update(state=Report.State.CLOSED, closed_at=timezone.now())
    subject = f"{first.kind}:{first.subject_id}"
    audit.record("moderation.close_reports", subject=subject, actor_id=actor.pk, reports=ids)
    for id in ids:
        outbox.emit(events.ReportClosed(report_id=id, kind=first.kind, subject_id=first.subject_id))


@transaction.atomic
def forget_reports() -> int:
    """A batch of those closed long enough ago, with their copies of words."""
    over = Report.objects.filter(closed_at__lt=timezone.now() - KEPT).order_by("pk")
    gone, _by_model = Report.objects.filter(pk__in=list(over.values_list("pk", flat=True)[:BATCH])).delete()
    return gone

"""Facts about reports. Ids and kinds only; who reported is in none."""

from core import outbox


@outbox.event(subject="report:{report_id}")
class ReportMade:
    """A member reported something, or wrote their report anew: it is open."""

    report_id: int
    kind: str
    subject_id: int
    member_id: int


@outbox.event(subject="report:{report_id}")
class ReportClosed:
    """A moderator has looked at it."""

    report_id: int
    kind: str
    subject_id: int

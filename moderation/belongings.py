"""What reports hold of members, and how it goes when they go."""

from django.utils.translation import gettext_lazy as _

from accounts import personal
from moderation.models import Report


def register() -> None:
    """With whoever reported their word goes; with whoever was reported the copy of what they wrote, whoever kept it.
    The export tells what one reported, and none of the other's words; what others reported of one is theirs."""
    fields = {
        "kind": "kind",
        "id": "subject_id",
        "reason": "reason",
        "words": "words",
        "state": "state",
        "since": "created_at",
    }
    personal.holds(Report, "reporter", "member", file="reports.json", title=_("What you reported"), fields=fields)

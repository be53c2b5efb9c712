"""Who is on the way out, as the doctor asks."""

from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.utils import timezone

from accounts.models.life import Departure


def overdue_departures(late: timedelta) -> tuple[int, datetime | None]:
    """How many should have been erased by now, `late` ago or longer, and when the first of them."""
    overdue = Departure.objects.filter(due_at__lte=timezone.now() - late)
    found = overdue.aggregate(count=Count("pk"), first=Min("due_at"))
    return found["count"], found["first"]

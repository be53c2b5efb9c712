"""The owner decides how long what is said is kept."""

from django.db import transaction

from accounts.access import doors
from accounts.models.people import User
from core import options


@transaction.atomic
def decide(*, actor: User, kept_days: int) -> None:
    """In days; 0 for ever. What is older than that goes within minutes, and for good."""
    member = doors.access_office(actor, doors.SITE)
    options.decide(actor_id=member.pk, chat__kept_days=kept_days)

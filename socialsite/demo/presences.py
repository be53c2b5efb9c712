"""When the people of Willowbank were last here."""

from datetime import timedelta

from django.utils import timezone

from accounts.models.people import User
from chat.actions import presence as presence_actions

SPREAD = (3, 11, 26, 48, 95, 190, 420, 1300, 2700, 5200)  # minutes ago
AT_ONCE = 500


def write(users: list[User]) -> None:
    now = timezone.now()
    seen = {user.pk: now - timedelta(minutes=SPREAD[place % len(SPREAD)]) for place, user in enumerate(users)}
    ids = list(seen)
    for start in range(0, len(ids), AT_ONCE):
        presence_actions.keep_seen(seen={id: seen[id] for id in ids[start : start + AT_ONCE]})

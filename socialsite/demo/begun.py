"""What the first of Willowbank has begun to write, and what waits for its time."""

from datetime import timedelta

from accounts.models.people import User
from accounts.models.relations import Audience
from feed.models.drafts import Draft
from socialsite.demo.plan import Plan

KEPT = (
    "Recipe for Sunday: leeks, two potatoes, and whatever the market still has at noon.",
    "Things I would like to build before winter:\n\n- a bench\n- a better bench",
)
LATER = "The boat goes at ten from the old bridge. Bring something warm and something to share. #willowbank"
REFUSED = "Summer fair: who takes the cake stall?"


def write(made: Plan, users: list[User]) -> None:
    linh, now = users[0], made.now
    rows = [
        Draft(author=linh, text=text, audience=Audience.FRIENDS, updated_at=now - timedelta(hours=turn + 2))
        for turn, text in enumerate(KEPT)
    ]
    rows.append(Draft(author=linh, text=LATER, audience=Audience.PUBLIC, publish_at=now + timedelta(days=5)))
    trouble = "A picture of it is gone."
    rows.append(Draft(author=linh, text=REFUSED, publish_at=now - timedelta(days=1), trouble=trouble))
    Draft.objects.bulk_create(rows)

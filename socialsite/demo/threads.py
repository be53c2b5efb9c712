"""Who in Willowbank answers whom: comments become threads, and the owner has one more reaction than we draw."""

from random import Random

from core import options, reactions
from feed.models.comments import Comment
from socialsite.demo.plan import Plan

BATCH = 500
OWN = {"emoji": "☕", "name": "Tea"}


def write(made: Plan, comments: dict[tuple[int, int], Comment]) -> None:
    """After comments, by the places of post and comment: thanks hang on what they are for, and some on what was said
    before."""
    chance = Random(f"{len(comments)} threads")
    changed: dict[int, Comment] = {}
    for place, entry in enumerate(made.entries):
        first: Comment | None = None
        for number, remark in enumerate(entry.comments):
            row = comments[place, number]
            if first and (remark.author == entry.author or chance.random() < 0.25):
                row.parent = first
                first.replies_count += 1
                changed |= {row.pk: row, first.pk: first}
            else:
                first = row
    Comment.objects.bulk_update(changed.values(), ["parent", "replies_count"], BATCH)
    options.decide(actor_id=None, feed__reactions=[*reactions.SET.default, OWN])

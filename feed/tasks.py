"""The clock of the feed."""

import time
from functools import partial

from celery import shared_task

from core import chores, wake
from feed.actions import comments as comment_actions
from feed.actions import drafts as draft_actions
from feed.actions import homes
from feed.actions import mutes as mute_actions
from feed.actions import posts as post_actions
from feed.actions import tags as tag_actions
from feed.actions import trends as trend_actions
from feed.queries import drafts as draft_queries

SETTLE_SECONDS = 10.0

SCHEDULE = {
    "feed-settle": {"task": "feed.settle", "schedule": 20.0, "options": {"queue": "maintenance", "expires": 20}},
    "feed-publish": {"task": "feed.look_for_due", "schedule": 5.0, "options": {"queue": "events", "expires": 10}},
    "feed-trim": {"task": "feed.trim", "schedule": 86400.0, "options": {"queue": "maintenance"}},
    "feed-sweep-trends": {
        "task": "feed.sweep_trends",
        "schedule": 3600.0,
        "options": {"queue": "maintenance", "expires": 3600},
    },
    "feed-sweep-tags": {"task": "feed.sweep_tags", "schedule": 86400.0, "options": {"queue": "maintenance"}},
    "feed-discard": {
        "task": "feed.discard_pictures",
        "schedule": 600.0,
        "options": {"queue": "maintenance", "expires": 600},
    },
    "feed-discard-ever": {
        "task": "feed.discard_pictures",
        "args": [True],
        "schedule": 86400.0,
        "options": {"queue": "maintenance"},
    },
    "feed-forget-muted": {
        "task": "feed.forget_muted",
        "schedule": 3600.0,
        "options": {"queue": "maintenance", "expires": 3600},
    },
}


@shared_task(name="feed.discard_pictures", queue="maintenance")
def discard_pictures(ever: bool = False) -> None:
    """Pictures of deleted posts and comments, in batches until none is left; `ever`: also of those that were deleted
    long ago, while no worker ran."""
    steps = (post_actions.discard_pictures, comment_actions.discard_comment_pictures)
    chores.run(*(partial(step, ever=ever) for step in steps))


@shared_task(name="feed.forget_muted", queue="maintenance")
def forget_muted() -> None:
    """Muted conversations whose time is over."""
    mute_actions.forget_muted_posts()


@shared_task(name="feed.look_for_due", queue="events")
def look_for_due() -> None:
    """Wakes a worker for each scheduled post whose time has come: one that cannot be made holds up no other."""
    for draft_id in draft_queries.due_ids():
        wake.now("feed.publish", str(draft_id))


@shared_task(name="feed.publish", queue="events")
def publish(draft_id: str) -> None:
    wake.begun("feed.publish", draft_id)
    draft_actions.publish_due(actor=None, draft_id=int(draft_id))


@shared_task(name="feed.settle", queue="maintenance")
def settle() -> None:
    """Who has begun to read a source gets its posts copied, and what was left behind is. Some seconds at a time: after
    an upgrade that is everybody, and others wait for the worker as well."""
    wake.begun("feed.settle")
    end = time.monotonic() + SETTLE_SECONDS
    while homes.settle_waiting() + homes.copy_late():
        if time.monotonic() > end:
            break


@shared_task(name="feed.trim", queue="maintenance")
def trim() -> None:
    homes.trim()


@shared_task(name="feed.sweep_trends", queue="maintenance")
def sweep_trends() -> None:
    """What was talked about weeks ago, in batches until none is left."""
    while trend_actions.sweep():
        pass


@shared_task(name="feed.sweep_tags", queue="maintenance")
def sweep_tags() -> None:
    """Hashtags that nobody uses and nobody follows."""
    last: int | None = 0
    while last is not None:
        last = tag_actions.sweep_tags(after=last)

"""The clock of the feed."""

from celery import shared_task

from core import wake
from feed.actions import comments as comment_actions
from feed.actions import homes
from feed.actions import mutes as mute_actions
from feed.actions import posts as post_actions

SCHEDULE = {
    "feed-settle": {"task": "feed.settle", "schedule": 20.0, "options": {"queue": "events", "expires": 20}},
    "feed-trim": {"task": "feed.trim", "schedule": 86400.0, "options": {"queue": "maintenance"}},
    "feed-discard": {
        "task": "feed.discard_pictures",
        "schedule": 600.0,
        "options": {"queue": "maintenance", "expires": 600},
    },
    "feed-forget-muted": {
        "task": "feed.forget_muted",
        "schedule": 3600.0,
        "options": {"queue": "maintenance", "expires": 3600},
    },
}


@shared_task(name="feed.discard_pictures", queue="maintenance")
def discard_pictures() -> None:
    """Pictures of deleted posts and comments, in batches until none is left."""
    while post_actions.discard_pictures():
        pass
    while comment_actions.discard_comment_pictures():
        pass


@shared_task(name="feed.forget_muted", queue="maintenance")
def forget_muted() -> None:
    """Muted conversations whose time is over."""
    mute_actions.forget_muted_posts()


@shared_task(name="feed.settle", queue="events")
def settle() -> None:
    """Who has begun to read a source gets its posts copied."""
    wake.begun("feed.settle")
    while homes.settle_waiting():
        pass


@shared_task(name="feed.trim", queue="maintenance")
def trim() -> None:
    homes.trim()

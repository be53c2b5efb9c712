"""The clock of the feed."""

from celery import shared_task

from feed.actions import comments as comment_actions
from feed.actions import mutes as mute_actions
from feed.actions import posts as post_actions

SCHEDULE = {
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

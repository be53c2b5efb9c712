"""The clock of moderation."""

from celery import shared_task

from moderation import actions

SCHEDULE = {
    "moderation-forget": {
        "task": "moderation.forget_reports",
        "schedule": 3600.0,
        "options": {"queue": "maintenance", "expires": 3600},
    },
}


@shared_task(name="moderation.forget_reports", queue="maintenance")
def forget_reports() -> None:
    """Reports that were closed long ago, in batches until none is left."""
    while actions.forget_reports():
        pass

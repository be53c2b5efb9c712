"""The clock of accounts."""

from celery import shared_task

from accounts.actions import friends, logins, mutes, relations

SCHEDULE = {
    "accounts-forget": {
        "task": "accounts.forget",
        "schedule": 3600.0,
        "options": {"queue": "maintenance", "expires": 3600},
    },
    "accounts-tidy-requests": {
        "task": "accounts.tidy_requests",
        "schedule": 3600.0,
        "options": {"queue": "maintenance", "expires": 3600},
    },
    "accounts-tidy-ties": {
        "task": "accounts.tidy_ties",
        "schedule": 3600.0,
        "options": {"queue": "maintenance", "expires": 3600},
    },
}


@shared_task(name="accounts.forget", queue="maintenance")
def forget() -> None:
    """Sessions and logins that are over."""
    while logins.forget_logins():
        pass


@shared_task(name="accounts.tidy_requests", queue="maintenance")
def tidy_requests() -> None:
    """Requests to follow that wait for nobody, or for nothing."""
    relations.tidy_requests()


@shared_task(name="accounts.tidy_ties", queue="maintenance")
def tidy_ties() -> None:
    """Requests to be friends that wait for nobody, and mutes that have ended."""
    friends.tidy()
    mutes.tidy()

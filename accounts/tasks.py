"""The clock of accounts."""

from celery import shared_task

from accounts.actions import addresses, logins, relations

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
}


@shared_task(name="accounts.forget", queue="maintenance")
def forget() -> None:
    """Sessions and logins that are over, and moves of addresses that cannot be taken back any more."""
    while logins.forget_logins():
        pass
    while addresses.forget_changes():
        pass


@shared_task(name="accounts.tidy_requests", queue="maintenance")
def tidy_requests() -> None:
    """Requests to follow that wait for nobody, or for nothing."""
    relations.tidy_requests()

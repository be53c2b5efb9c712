"""The clock of accounts."""

from celery import shared_task

from accounts.actions import applications, invitations, logins, relations, sso

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
    """Sessions and logins that are over, and what is left of invitations and requests to join."""
    while logins.forget_logins():
        pass
    while sso.forget_sso():
        pass
    while applications.forget_applications():
        pass
    invitations.forget_addresses()


@shared_task(name="accounts.tidy_requests", queue="maintenance")
def tidy_requests() -> None:
    """Requests to follow that wait for nobody, or for nothing."""
    relations.tidy_requests()

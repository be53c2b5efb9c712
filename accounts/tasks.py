"""The clock of accounts."""

from celery import shared_task

from accounts.actions import addresses, applications, invitations, logins, relations, sso

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
    """Sessions and logins that are over, moves of addresses that cannot be taken back, old requests to join."""
    for forget_some in (
        logins.forget_logins,
        sso.forget_sso,
        applications.forget_applications,
        addresses.forget_changes,
    ):
        while forget_some():
            pass
    invitations.forget_addresses()


@shared_task(name="accounts.tidy_requests", queue="maintenance")
def tidy_requests() -> None:
    """Requests to follow that wait for nobody, or for nothing."""
    relations.tidy_requests()

"""The clock of accounts."""

from celery import shared_task

from accounts.actions import (
    addresses,
    applications,
    archives,
    friends,
    invitations,
    life,
    logins,
    mutes,
    names,
    relations,
    sso,
)
from accounts.queries import archives as archive_queries
from core import wake

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
    "accounts-leavers": {
        "task": "accounts.leavers",
        "schedule": 600.0,
        "options": {"queue": "maintenance", "expires": 600},
    },
    "accounts-archives": {
        "task": "accounts.archives",
        "schedule": 30.0,
        "options": {"queue": "maintenance", "expires": 30},
    },
    "accounts-tidy-ties": {
        "task": "accounts.tidy_ties",
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
        names.catch_up,
    ):
        while forget_some():
            pass
    invitations.forget_addresses()


@shared_task(name="accounts.tidy_requests", queue="maintenance")
def tidy_requests() -> None:
    """Requests to follow that wait for nobody, or for nothing."""
    relations.tidy_requests()


@shared_task(name="accounts.leavers", queue="maintenance")
def leavers() -> None:
    """Reminds those whose end is near, and erases those whose time has come."""
    while life.remind_leavers():
        pass
    while life.erase_leavers():
        pass


@shared_task(name="accounts.archives", queue="maintenance")
def sweep_archives() -> None:
    """Exports and imports that lost their wake-up or their worker; files whose week is over."""
    for id in archive_queries.due_exports():
        wake.now("accounts.export", str(id))
    for id in archive_queries.due_imports():
        wake.now("accounts.import", str(id))
    while archives.drop_expired():
        pass


@shared_task(name="accounts.export", queue="maintenance")
def build_export(export_id: str) -> None:
    wake.begun("accounts.export", export_id)
    archives.build_export(export_id=int(export_id))


@shared_task(name="accounts.import", queue="maintenance")
def read_import(import_id: str) -> None:
    wake.begun("accounts.import", import_id)
    archives.read_import(import_id=int(import_id))


@shared_task(name="accounts.tidy_ties", queue="maintenance")
def tidy_ties() -> None:
    """Requests to be friends that wait for nobody, and mutes that have ended."""
    friends.tidy()
    mutes.tidy()

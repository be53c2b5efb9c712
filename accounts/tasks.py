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
    shelf,
    sso,
)
from accounts.queries import archives as archive_queries
from core import chores, scratch, wake

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
    """Sessions, logins and invitations that are over, moves of addresses that cannot be taken back, old requests to
    join, zips that nothing names."""
    chores.run(
        logins.forget_logins,
        sso.forget_sso,
        applications.forget_applications,
        addresses.forget_changes,
        names.catch_up,
        invitations.forget_addresses,
        invitations.forget_invitations,
        shelf.drop_stray,
    )


@shared_task(name="accounts.tidy_requests", queue="maintenance")
def tidy_requests() -> None:
    """Requests to follow that wait for nobody, or for nothing."""
    relations.tidy_requests()


@shared_task(name="accounts.leavers", queue="maintenance")
def leavers() -> None:
    """Reminds those whose end is near, and erases those whose time has come."""
    chores.run(life.remind_leavers, life.erase_leavers)


@shared_task(name="accounts.archives", queue="maintenance")
def sweep_archives() -> None:
    """Exports and imports that lost their wake-up or their worker; files whose week is over."""
    for id in archive_queries.due_exports():
        wake.now("accounts.export", str(id))
    for id in archive_queries.due_imports():
        wake.now("accounts.import", str(id))
    while shelf.drop_expired():
        pass


@shared_task(name="accounts.export", queue="maintenance")
def build_export(export_id: str) -> None:
    wake.begun("accounts.export", export_id)
    _in_turn([int(export_id)], [])


@shared_task(name="accounts.import", queue="maintenance")
def read_import(import_id: str) -> None:
    wake.begun("accounts.import", import_id)
    _in_turn([], [int(import_id)])


def _in_turn(exports: list[int], imports: list[int]) -> None:
    """These, then whatever else is due, one at a time on a machine: who comes while another is at it leaves the rows
    to that one, so that zips never keep more than one worker from mails and all that is live."""
    with scratch.turn("archives") as mine:
        while mine and (exports or imports):
            for id in exports[:1]:
                archives.build_export(export_id=id)
            for id in imports[:1]:
                archives.read_import(import_id=id)
            exports, imports = archive_queries.due_exports(), archive_queries.due_imports()


@shared_task(name="accounts.tidy_ties", queue="maintenance")
def tidy_ties() -> None:
    """Requests to be friends that wait for nobody, and mutes that have ended."""
    chores.run(friends.tidy, mutes.tidy)

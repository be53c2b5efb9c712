"""The clock of uploads, and the worker's door. Messages are wake-ups only: what is due stands in the rows."""

from celery import shared_task

from core import wake
from uploads import actions, queries

SCHEDULE = {
    "uploads-sweep": {"task": "uploads.sweep", "schedule": 20.0, "options": {"queue": "media", "expires": 20}},
    "uploads-tidy": {"task": "uploads.tidy", "schedule": 600.0, "options": {"queue": "maintenance", "expires": 600}},
    "uploads-stray": {"task": "uploads.stray", "schedule": 86400.0, "options": {"queue": "maintenance"}},
}


@shared_task(name="uploads.process", queue="media")
def process(upload_id: str) -> None:
    wake.begun("uploads.process", upload_id)
    actions.process_upload(upload_id=int(upload_id))


@shared_task(name="uploads.sweep", queue="media")
def sweep() -> None:
    """Wakes a worker for each upload that is due."""
    for upload_id in queries.overdue_upload_ids():
        wake.now("uploads.process", str(upload_id))


@shared_task(name="uploads.tidy", queue="maintenance")
def tidy() -> None:
    """Unused uploads go, then originals left behind, then files whose time has come."""
    for step in (actions.sweep_unused, actions.sweep_originals, actions.remove_due_files):
        while step():
            pass


@shared_task(name="uploads.stray", queue="maintenance")
def stray() -> None:
    actions.sweep_stray()

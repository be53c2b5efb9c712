"""The clock of uploads, and the worker's door. Messages are wake-ups only: what is due stands in the rows."""

import threading
from datetime import timedelta

from celery import shared_task

from core import chores, wake
from uploads import child, queries
from uploads.actions import preparing, sweeps, taking
from uploads.lanes import FILMS, PICTURES, Lane

PULSE = timedelta(seconds=45)

_at_it = {PICTURES: threading.BoundedSemaphore(child.AT_ONCE), FILMS: threading.BoundedSemaphore(1)}
_taking = threading.BoundedSemaphore(2)

SCHEDULE = {
    "uploads-sweep": {"task": "uploads.sweep", "schedule": 20.0, "options": {"queue": "media", "expires": 20}},
    "uploads-remove": {"task": "uploads.remove", "schedule": 20.0, "options": {"queue": "media", "expires": 20}},
    "uploads-tidy": {"task": "uploads.tidy", "schedule": 600.0, "options": {"queue": "maintenance", "expires": 600}},
    "uploads-stray": {"task": "uploads.stray", "schedule": 86400.0, "options": {"queue": "maintenance"}},
}


@shared_task(name="uploads.take", queue="media")
def take(slot_id: str) -> None:
    """What has arrived in a finished slot, then whatever else has; in turns, as below."""
    wake.begun("uploads.take", slot_id)
    due = [int(slot_id)]
    while due and _taking.acquire(blocking=False):
        try:
            taking.take_slot(slot_id=due[0])
        finally:
            _taking.release()
        due = queries.due_slot_ids(limit=1)


@shared_task(name="uploads.process", queue="media")
def process(upload_id: str) -> None:
    """A picture."""
    _work(PICTURES, upload_id)


@shared_task(name="uploads.film", queue="films")
def film(upload_id: str) -> None:
    """A video or a sound, for as long as it takes."""
    _work(FILMS, upload_id)


def _work(lane: Lane, upload_id: str) -> None:
    """One upload, then whatever else is due. In a process they take turns: who comes while others are at it leaves the
    row to them, instead of keeping a worker's thread from what is live."""
    wake.begun(lane.task, upload_id)
    due = [int(upload_id)]
    while due and _at_it[lane].acquire(blocking=False):
        try:
            preparing.process_upload(upload_id=due[0])
        finally:
            _at_it[lane].release()
        due = queries.due_upload_ids(lane, limit=1)


@shared_task(name="uploads.note_films", queue="films")
def note_films() -> None:
    wake.begun("uploads.note_films")
    sweeps.note_films()


@shared_task(name="uploads.sweep", queue="media")
def sweep() -> None:
    """Wakes a worker for each slot and upload that is due, and now and then whoever works on films, to hear of them."""
    if not queries.are_films_seen(within=PULSE):
        wake.now("uploads.note_films")
    for slot_id in queries.due_slot_ids(late=queries.LATE):
        wake.now("uploads.take", str(slot_id))
    for lane in (PICTURES, FILMS):
        for upload_id in queries.due_upload_ids(lane, late=queries.LATE):
            wake.now(lane.task, str(upload_id))


@shared_task(name="uploads.remove", queue="media")
def remove() -> None:
    """What is deleted leaves the storage, seconds after it has left the pages."""
    wake.begun("uploads.remove")
    chores.run(sweeps.sweep_discarded, sweeps.remove_due_files)


@shared_task(name="uploads.tidy", queue="maintenance")
def tidy() -> None:
    """Unused uploads go, and originals left behind."""
    chores.run(sweeps.sweep_unused, sweeps.sweep_originals)


@shared_task(name="uploads.stray", queue="maintenance")
def stray() -> None:
    sweeps.sweep_stray()
    sweeps.sweep_storage()

"""The clock of uploads, and the worker's door. Messages are wake-ups only: what is due stands in the rows."""

import threading
import time
from datetime import timedelta

from celery import shared_task
from django.core.cache import cache

from core import chores, wake
from uploads import child, queries
from uploads.actions import holding, looking, preparing, previews, sweeps, taking
from uploads.lanes import FILMS, PICTURES, Lane

PULSE = timedelta(seconds=45)
PUTTING, FETCHING = "uploads:putting", "uploads:fetching"  # who has it in the cache is the one of all processes
FETCH_SECONDS = 10.0
TURN_SECONDS = 300  # of a worker that was killed at it; who is at it for longer may be joined, rows are claimed

_at_it = {PICTURES: threading.BoundedSemaphore(child.AT_ONCE), FILMS: threading.BoundedSemaphore(1)}
_taking = threading.BoundedSemaphore(2)
_looking = threading.BoundedSemaphore(2)

SCHEDULE = {
    "uploads-sweep": {"task": "uploads.sweep", "schedule": 20.0, "options": {"queue": "media", "expires": 20}},
    "uploads-remove": {"task": "uploads.remove", "schedule": 20.0, "options": {"queue": "media", "expires": 20}},
    "uploads-tidy": {"task": "uploads.tidy", "schedule": 600.0, "options": {"queue": "maintenance", "expires": 600}},
    "uploads-stray": {"task": "uploads.stray", "schedule": 86400.0, "options": {"queue": "maintenance"}},
    "uploads-previews": {
        "task": "uploads.look_for_previews",
        "schedule": 20.0,
        "options": {"queue": "media", "expires": 20},
    },
    "uploads-sweep-previews": {
        "task": "uploads.sweep_previews",
        "schedule": 3600.0,
        "options": {"queue": "maintenance", "expires": 3600},
    },
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


@shared_task(name="uploads.look", queue="media")
def look(slot_id: str) -> None:
    """What the owner of a slot waits for, then what others do; in turns, as below."""
    wake.begun("uploads.look", slot_id)
    asked = [int(slot_id)]
    while asked and _looking.acquire(blocking=False):
        try:
            looking.look_into_slot(slot_id=asked[0])
        finally:
            _looking.release()
        asked = queries.asked_slot_ids(limit=1)


@shared_task(name="uploads.put_away", queue="media")
def put_away() -> None:
    """What requests have left in the database goes to the bucket. One of all processes is at it: while that is away
    the others have better things to do than to wait for it."""
    wake.begun("uploads.put_away")
    if queries.is_held_due() and cache.add(PUTTING, 1, TURN_SECONDS):
        try:
            chores.run(holding.put_away)
        finally:
            cache.delete(PUTTING)


@shared_task(name="uploads.process", queue="media")
def process(upload_id: str) -> None:
    """A picture, a sound or a file."""
    _work(PICTURES, upload_id)


@shared_task(name="uploads.film", queue="films")
def film(upload_id: str) -> None:
    """A video, for as long as it takes."""
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
    for slot_id in queries.asked_slot_ids(late=queries.LATE):
        wake.now("uploads.look", str(slot_id))
    if queries.is_held_due():
        wake.now("uploads.put_away")
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
    sweeps.sweep_held()
    sweeps.sweep_storage()


@shared_task(name="uploads.fetch_previews", queue="media")
def fetch_previews() -> None:
    """What is due, one after the other, some seconds at a time: others wait for the worker as well. One of all
    processes is at it, for strangers' servers may take as long as they are let."""
    wake.begun("uploads.fetch_previews")
    end = time.monotonic() + FETCH_SECONDS
    due = cache.add(FETCHING, 1, TURN_SECONDS)
    if not due:
        return
    try:
        while due and time.monotonic() < end:
            due = previews.fetch_due()
    finally:
        cache.delete(FETCHING)
    if due:
        wake.now("uploads.fetch_previews")


@shared_task(name="uploads.look_for_previews", queue="media")
def look_for_previews() -> None:
    """Wakes a worker for what lost its wake-up, or whose pause is over."""
    if queries.are_previews_due():
        wake.now("uploads.fetch_previews")


@shared_task(name="uploads.sweep_previews", queue="maintenance")
def sweep_previews() -> None:
    """Previews that nothing uses, in batches until none is left."""
    while previews.sweep_previews():
        pass

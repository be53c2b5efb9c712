"""Parts of actions: one attempt at preparing a video or a sound, by who has claimed it, outside of any transaction.

Step by step: probe, poster, each rendition. What a step has made is stored and then noted in the row, which nobody but
its owner sees until everything is there; so an attempt goes on where one that was killed has stopped.
"""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core import realtime
from uploads import child, held, reasons, registry, serializers, storage
from uploads.actions import attempts, removal
from uploads.models import Upload

NOTE_SECONDS = 3.0  # the row is not written more often for the sake of a bar
MAX_PIXELS = 4096 * 4096  # of one frame
SHORT = {"480p": 480, "720p": 720}
# What a step is worth, in percent of all.
SHARES = {"probe": 2, "poster": 5, "480p": 35, "720p": 100, "sound": 100}


class Lost(Exception):
    """Somebody else has the upload by now, or it is gone."""


def work(upload: Upload) -> Upload:
    try:
        with child.folder() as folder:
            held.fetch(upload.original_name, folder / "original")
            facts = _prepare(Attempt(upload, folder))
    except FileNotFoundError:
        return attempts.fail(upload, reasons.LOST)
    except child.Failed as failed:
        return attempts.fail(upload, str(failed))
    except Lost:
        return attempts.left(upload)
    return attempts.done(upload, **facts, progress=100)


class Attempt:
    """The claim, kept for as long as the steps take."""

    def __init__(self, upload: Upload, folder: Path) -> None:
        self.upload, self.folder = upload, folder
        self.facts: dict[str, Any] | None = None
        self.done, self.noted = 0, time.monotonic()

    def step(self, name: str) -> dict[str, Any]:
        """Of film.py, the name of which is the step's."""
        limits = {"max_seconds": settings.MAX_VIDEO_SECONDS, "max_pixels": MAX_PIXELS}
        begun, share = self.done, SHARES[name] - self.done

        def told(percent: int) -> None:
            self.done = max(self.done, begun + share * percent // 100)
            if time.monotonic() - self.noted >= NOTE_SECONDS:
                self.note()

        answer = child.step(self.folder, name, told=told, kind=self.upload.type, facts=self.facts, **limits)
        self.done = SHARES[name]
        return answer

    def note(self, **changes: Any) -> None:
        """What is there by now, and that somebody is still at it."""
        self.noted, now = time.monotonic(), timezone.now()
        with transaction.atomic(durable=True):
            mine = Upload.objects.filter(pk=self.upload.pk, state=Upload.State.PROCESSING, due_at=self.upload.due_at)
            if not mine.update(due_at=now + removal.CLAIM, progress=min(99, self.done), **changes):
                raise Lost
            fresh = Upload.objects.get(pk=self.upload.pk)
            if fresh.owner_id:
                realtime.push(f"user:{fresh.owner_id}", serializers.progress(fresh))
        for field in ("due_at", "progress", *changes):
            setattr(self.upload, field, getattr(fresh, field))


def _prepare(attempt: Attempt) -> dict[str, Any]:
    """All steps that are left; returns what the row says of the film."""
    facts = attempt.facts = attempt.step("probe")
    if registry.kind(attempt.upload.purpose).sounds and facts["medium"] != Upload.Medium.AUDIO:
        raise child.Failed(reasons.NOT_A_SOUND)
    video = facts["medium"] == Upload.Medium.VIDEO
    if video and not attempt.upload.variants:
        attempt.step("poster")
        attempt.note(**_poster(attempt))
    for name in _renditions(facts) if video else [storage.SOUND]:
        if name not in attempt.upload.renditions:
            made = attempt.step(name)
            _keep(attempt, name)
            attempt.note(renditions={**attempt.upload.renditions, name: made})
    return {name: facts[name] for name in ("medium", "width", "height", "duration", "codec")}


def _renditions(facts: dict[str, Any]) -> list[str]:
    """The small one always, the larger one of what is larger than the small one."""
    short = min(facts["width"], facts["height"])
    return [name for name in storage.FILMS if name == storage.FILMS[0] or short > SHORT[storage.FILMS[0]]]


def _poster(attempt: Attempt) -> dict[str, Any]:
    """A frame goes the way of every picture."""
    most = settings.MAX_IMAGE_PIXELS
    picture = child.run(attempt.folder, kind="image/png", max_pixels=most, source="poster.png")
    for name in picture.variants:
        _keep(attempt, name)
    return {"variants": picture.variants, "color": picture.color}


def _keep(attempt: Attempt, name: str) -> None:
    with (attempt.folder / f"{name}.{storage.ending(name)}").open("rb") as file:
        storage.keep(storage.variant(attempt.upload.key, name), file)

"""Who prepares what: pictures, files and sounds in the lane of all that is short, videos in one of their own, so that
an hour of films keeps nobody's picture or voice waiting."""

from typing import NamedTuple

from core import wake as core_wake
from uploads.models import Upload


class Lane(NamedTuple):
    """A Celery queue, its task that prepares one upload (given by id), and what it prepares."""

    queue: str
    task: str
    media: tuple[str, ...]


PICTURES = Lane("media", "uploads.process", (Upload.Medium.PICTURE, Upload.Medium.AUDIO, Upload.Medium.FILE))
FILMS = Lane("films", "uploads.film", (Upload.Medium.VIDEO,))


def lane(upload: Upload) -> Lane:
    return FILMS if upload.medium in FILMS.media else PICTURES


def wake(upload: Upload) -> None:
    """A worker of its lane, after the commit."""
    core_wake.after_commit(lane(upload).task, str(upload.pk))

"""Who prepares what: pictures in the lane of all that is short, videos and sounds in one of their own, so that an hour
of films keeps nobody's picture waiting."""

from typing import NamedTuple

from core import wake as core_wake
from uploads.models import Upload


class Lane(NamedTuple):
    """A Celery queue, its task that prepares one upload (given by id), and what it prepares."""

    queue: str
    task: str
    media: tuple[str, ...]


PICTURES = Lane("media", "uploads.process", (Upload.Medium.PICTURE,))
FILMS = Lane("films", "uploads.film", (Upload.Medium.VIDEO, Upload.Medium.AUDIO))


def lane(upload: Upload) -> Lane:
    return FILMS if upload.is_film else PICTURES


def wake(upload: Upload) -> None:
    """A worker of its lane, after the commit."""
    core_wake.after_commit(lane(upload).task, str(upload.pk))

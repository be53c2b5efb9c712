"""Parts of actions: a storage or a disk in trouble, in plain words for who is there to read them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from core import errors
from uploads import bucket, reasons

log = logging.getLogger(__name__)


class Trouble(errors.Busy, OSError):
    """For doors a Busy, which says what it is; for workers the OSError that it was."""


@contextmanager
def told() -> Iterator[None]:
    """A retry is safe. That something is not there stays FileNotFoundError."""
    try:
        yield
    except (FileNotFoundError, errors.SocialError):
        raise
    except OSError as error:
        log.warning("storage: %s %s", type(error).__name__, error)
        reason = reasons.FULL if bucket.is_full(error) else reasons.AWAY
        trouble = Trouble(reasons.sentence(reason), field="file")
        trouble.errno = error.errno
        raise trouble from error

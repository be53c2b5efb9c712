"""The errors of whatever STORAGES["default"] is, as one kind, so that rooms need to know no client's own."""

from collections.abc import Iterator
from contextlib import contextmanager

CLIENTS = {"boto3", "botocore", "s3transfer", "urllib3"}


class Away(OSError):
    """The storage does not answer, or refuses."""


@contextmanager
def asking() -> Iterator[None]:
    """Around everything that is asked of the storage: what comes out is an OSError. That something is not there stays
    FileNotFoundError."""
    try:
        yield
    except Exception as error:  # supervisor: clients have errors of many kinds, and no common one
        if type(error).__module__.partition(".")[0] in CLIENTS:
            raise Away(type(error).__name__) from error
        raise

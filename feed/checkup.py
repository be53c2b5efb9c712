"""What `manage.py doctor` looks at in the feed."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from core.checkup import Finding
from feed.queries import home as home_queries

PATIENCE = timedelta(minutes=10)


def homes() -> Iterator[Finding]:
    """Whether homes know of what is written and followed, and whether a worker copies it."""
    missing = home_queries.unfiled()
    since = home_queries.waiting_since()
    if missing:
        yield Finding(
            "homes",
            "warn",
            f"{missing} of the newest posts and follows reach no home: an older version wrote them during an upgrade.",
            "Once it has stopped: manage.py rebuild_feeds",
        )
    elif since and since < timezone.now() - PATIENCE:
        yield Finding(
            "homes",
            "warn",
            f"Since {timezone.localtime(since):%Y-%m-%d %H:%M} something waits to be copied; it is read where it is.",
            "See that a worker runs with the queue maintenance; after an upgrade it takes its time.",
        )
    else:
        yield Finding("homes", "ok", "Copied by the workers.")

"""What `manage.py doctor` looks at in the feed."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from core.checkup import Finding
from feed.queries import previews as preview_queries

PATIENCE = timedelta(minutes=10)


def previews() -> Iterator[Finding]:
    """Whether links are looked at, and whether a worker gets to it."""
    if not settings.LINK_PREVIEWS:
        yield Finding("link previews", "ok", "Off (LINK_PREVIEWS): nothing is fetched.")
        return
    late = preview_queries.waiting(since=timezone.now() - PATIENCE)
    if late:
        yield Finding(
            "link previews",
            "warn",
            f"{late} have waited for more than ten minutes.",
            "See that a worker runs with the queue media, and that it gets out to the web.",
        )
    else:
        yield Finding("link previews", "ok", "Fetched by the workers.")

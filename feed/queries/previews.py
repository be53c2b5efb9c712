"""Previews of links: where they are shown, and how many wait."""

from datetime import datetime

from django.utils import timezone

from feed.models.posts import Post
from feed.models.previews import LinkPreview

TOLD = 100  # the newest posts with one link; older ones are hardly on anybody's screen


def shown_by(preview_id: int) -> list[Post]:
    """The newest posts that show a preview, with their authors."""
    posts = Post.objects.filter(preview_id=preview_id, show_preview=True, deleted_at__isnull=True)
    return list(posts.select_related("author").order_by("-id")[:TOLD])


def is_due() -> bool:
    return LinkPreview.objects.filter(due_at__lte=timezone.now()).exists()


def waiting(*, since: datetime) -> int:
    """How many should have been fetched before `since`."""
    return LinkPreview.objects.filter(due_at__lte=since).count()

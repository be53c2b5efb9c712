"""Who may see the cards of links: whoever may see a post that shows one. Asked by the uploads room."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.access.people import Viewer
from feed.access import posts as post_access
from feed.models.posts import Post

BACK = timedelta(days=1)  # so long a deleted post may come back


def showing_picture(viewer: Viewer) -> Exists:
    """True for uploads that are the picture of a card on a post which the viewer may see."""
    return Exists(post_access.visible_posts(viewer).filter(show_preview=True, preview__upload=OuterRef("pk")))


def using_card() -> Exists:
    """True for cards that posts use."""
    here = Q(deleted_at__isnull=True) | Q(deleted_at__gt=timezone.now() - BACK)
    return Exists(Post.objects.filter(here, preview=OuterRef("pk")))

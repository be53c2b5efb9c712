"""What stands first on a profile."""

from django.db.models import QuerySet

from accounts.models.people import User
from feed.models.posts import PINS, Post


def pinned_posts(person: User) -> QuerySet[Post]:
    """Those that stand, the latest pinned first. Whether a viewer may see them is not said."""
    pinned = Post.objects.filter(author=person, pinned_at__isnull=False, deleted_at__isnull=True)
    return pinned.order_by("-pinned_at", "-id")


def has_room(person: User) -> bool:
    """Whether one more may be pinned; the member is locked."""
    return pinned_posts(person).count() < PINS

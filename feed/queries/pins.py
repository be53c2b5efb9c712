"""What stands first on a profile, and the walk over everything else there."""

from accounts.access.people import Viewer
from accounts.models.people import User
from core import paging
from core.paging import Page
from feed.access import pins as pin_access
from feed.access import posts as post_access
from feed.models.posts import PINS, Post
from feed.queries import cards


def page_of_profile(viewer: Viewer, person: User, cursor: str = "") -> Page[Post]:
    """One person's posts: on the first page those that are pinned, marked `stands_first`, then all others, newest
    first.

    The cursor says which were shown as pinned, so that pinning and unpinning meanwhile makes neither hole nor double.
    """
    after, pinned = _read(cursor) if cursor else ("", _pinned(viewer, person))
    others = Post.objects.filter(author=person, deleted_at__isnull=True).exclude(pk__in=pinned)
    page = cards.page(viewer, others, after, first=() if cursor else pinned)
    for row in page.rows:
        row.stands_first = not cursor and row.pk in pinned  # type: ignore[attr-defined]
    return Page(page.rows, _written(page.next, pinned))


def _pinned(viewer: Viewer, person: User) -> list[int]:
    """Ids of those the viewer may see."""
    ids = pin_access.pinned_posts(person).order_by("-pinned_at", "-id").values_list("pk", flat=True)
    return [post.pk for post in cards.in_order(post_access.visible_posts, viewer, [Post(pk=id) for id in ids])][:PINS]


def _read(cursor: str) -> tuple[str, list[int]]:
    after, *pinned = paging.decode(cursor, 1 + PINS)
    return str(after), [id for id in pinned if id]


def _written(after: str, pinned: list[int]) -> str:
    if not after:
        return ""
    return paging.encode((after, *pinned, *[0] * (PINS - len(pinned))))

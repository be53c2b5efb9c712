"""What the viewer keeps."""

from accounts.models.people import User
from core import paging
from core.paging import Page
from feed.access import posts as post_access
from feed.access import saved as saved_access
from feed.models.posts import Post
from feed.models.saved import Collection, SavedPost
from feed.queries import cards


def saved(viewer: User, cursor: str = "", *, collection: Collection | None = None) -> Page[Post]:
    """Cards of what the viewer has saved, the latest saved first: all, or what a collection of theirs holds. What they
    may not see now is not there, and comes back when they may."""
    rows = saved_access.saved_posts(viewer)
    if collection is not None:
        rows = rows.filter(collection=collection)
    seen = post_access.visible_posts(viewer)

    def keep(found: list[SavedPost]) -> list[SavedPost]:
        visible = set(seen.filter(pk__in=[row.post_id for row in found]).values_list("pk", flat=True))
        return [row for row in found if row.post_id in visible]

    page = paging.page(rows.only("pk", "post_id"), cursor=cursor, size=cards.PAGE, keep=keep)
    return Page(cards.shown(viewer, [Post(pk=row.post_id) for row in page.rows]), page.next)


def collections(viewer: User) -> list[Collection]:
    """All of the viewer's collections (100 at most), by name. One query."""
    return list(saved_access.own_collections(viewer).order_by("name", "pk"))


def collection_of(viewer: User, post: Post) -> int | None:
    """In which of the viewer's collections a post is; None: in none, or not saved."""
    return saved_access.saved_posts(viewer).filter(post=post).values_list("collection_id", flat=True).first()

"""Conversations that the viewer mutes."""

from accounts.models.people import User
from core import paging
from core.paging import Page
from feed.access import mutes as mute_access
from feed.access import posts as post_access
from feed.models.mutes import MutedPost
from feed.queries import cards


def muted_posts(viewer: User, cursor: str = "") -> Page[MutedPost]:
    """Conversations that the viewer mutes, newest first, under posts they may still see."""
    seen = post_access.visible_posts(viewer).select_related("author")

    def keep(rows: list[MutedPost]) -> list[MutedPost]:
        found = seen.in_bulk([row.post_id for row in rows])
        for row in rows:
            if row.post_id in found:
                row.post = found[row.post_id]
        return [row for row in rows if row.post_id in found]

    return paging.page(mute_access.muted_posts(viewer), cursor=cursor, size=cards.PAGE, keep=keep)

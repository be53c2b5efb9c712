"""Conversations that the viewer mutes."""

from accounts.models.people import User
from core import paging
from core.paging import Page
from feed.access import mutes as mute_access
from feed.models.mutes import MutedPost
from feed.queries import cards


def muted_posts(viewer: User, cursor: str = "") -> Page[MutedPost]:
    """Conversations that the viewer mutes, newest first, under posts they may still see."""
    keep = cards.keep_of_posts(viewer)
    return paging.page(mute_access.muted_posts(viewer), cursor=cursor, size=cards.PAGE, keep=keep)

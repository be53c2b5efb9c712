"""Posts that the viewer hides."""

from accounts.models.people import User
from core import paging
from core.paging import Page
from feed.access import hidden as hidden_access
from feed.models.hidden import HiddenPost
from feed.queries import cards


def hidden_posts(viewer: User, cursor: str = "") -> Page[HiddenPost]:
    """What the viewer hides, newest first, as far as they may still see it; each row with its post and author."""
    keep = cards.keep_of_posts(viewer)
    return paging.page(hidden_access.hidden_posts(viewer), cursor=cursor, size=cards.PAGE, keep=keep)

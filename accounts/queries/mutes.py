"""What the viewer does not want to hear of, as their settings show it. What has ended is not shown."""

from accounts.access import mutes as mutes_access
from accounts.models.mutes import Mute, MutedWord
from accounts.models.people import User
from core import paging

PAGE = 20


def people(*, viewer: User, cursor: str = "") -> paging.Page[Mute]:
    """Whom the viewer mutes, newest first. Names are shown also of those who are absent meanwhile, to take it back."""
    rows = mutes_access.standing_mutes(viewer).select_related("muted")
    return paging.page(rows, cursor=cursor, size=PAGE)


def words(*, viewer: User, cursor: str = "") -> paging.Page[MutedWord]:
    return paging.page(mutes_access.standing_words(viewer), cursor=cursor, size=PAGE)

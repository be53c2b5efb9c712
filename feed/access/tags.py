"""Hashtags: everybody may look at any; what stands under it is decided post by post."""

from django.db.models import QuerySet

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors, text
from feed.models.sources import SourceKind, Subscription


def access_tag(name: str) -> str:
    """The folded name of a hashtag, used or not: whether anybody has written it is nobody's to learn here."""
    found = text.tag_name(name)
    if not found:
        raise errors.NotFound
    return found


def followed_tags(viewer: Viewer) -> QuerySet[Subscription]:
    """The viewer's own hashtags."""
    me = accounts_access.viewer_id(viewer) or 0
    return Subscription.objects.filter(member_id=me, kind=SourceKind.TAG)

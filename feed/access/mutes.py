"""Conversations that the viewer mutes."""

from django.db.models import QuerySet

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from feed.models.mutes import MutedPost


def muted_posts(viewer: Viewer) -> QuerySet[MutedPost]:
    """Conversations that the viewer mutes now."""
    return MutedPost.objects.filter(mutes_access.standing(), member_id=accounts_access.viewer_id(viewer) or 0)

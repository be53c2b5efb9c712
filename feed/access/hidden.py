"""Posts that the viewer hides. As a mute, this takes nothing away: it decides what is put before them unasked."""

from django.db.models import Exists, OuterRef, QuerySet

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from feed.models.hidden import HiddenPost


def hidden_posts(viewer: Viewer) -> QuerySet[HiddenPost]:
    return HiddenPost.objects.filter(member_id=accounts_access.viewer_id(viewer) or 0)


def hidden(viewer: Viewer, column: str = "pk") -> Exists:
    """True for rows whose `column` is a post that the viewer hides."""
    return Exists(hidden_posts(viewer).filter(post_id=OuterRef(column)))

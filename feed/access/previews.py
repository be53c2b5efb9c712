"""Who may see the cards of links: whoever may see a post that shows one."""

from django.db.models import QuerySet

from accounts.access.people import Viewer
from feed.access import posts as post_access
from uploads.models import Upload


def visible_preview_pictures(viewer: Viewer, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Of the pictures of previews, those that a post shows which the viewer may see (asked by the uploads room)."""
    shown = post_access.visible_posts(viewer).filter(show_preview=True, preview__upload__isnull=False)
    return uploads.filter(pk__in=shown.values("preview__upload"))

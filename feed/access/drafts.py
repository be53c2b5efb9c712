"""Drafts and scheduled posts are their author's alone, on every path."""

from django.db.models import QuerySet

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors
from feed.models.drafts import Draft


def own_drafts(viewer: Viewer) -> QuerySet[Draft]:
    return Draft.objects.filter(author_id=accounts_access.viewer_id(viewer) or 0)


def access_draft(viewer: Viewer, id: int, *, lock: bool = False) -> Draft:
    """One of the viewer's own; others' and absent ones answer alike."""
    accounts_access.access_member(viewer)
    rows = own_drafts(viewer).filter(pk=id) if 0 < id < 2**63 else Draft.objects.none()
    found = (rows.select_for_update(no_key=True) if lock else rows.prefetch_related("pictures__upload")).first()
    if found is None:
        raise errors.NotFound
    return found

"""What a member keeps is theirs alone."""

from django.db.models import Exists, OuterRef, QuerySet

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors
from feed.models.saved import Collection, SavedPost


def own_collections(viewer: Viewer) -> QuerySet[Collection]:
    return Collection.objects.filter(owner_id=accounts_access.viewer_id(viewer) or 0)


def saved_posts(viewer: Viewer) -> QuerySet[SavedPost]:
    """What the viewer has saved, be it that they may not see it now."""
    return SavedPost.objects.filter(owner_id=accounts_access.viewer_id(viewer) or 0)


def saved(viewer: Viewer, column: str = "pk") -> Exists:
    """True for rows whose `column` is a post that the viewer has saved."""
    return Exists(saved_posts(viewer).filter(post_id=OuterRef(column)))


def access_collection(viewer: Viewer, id: int, *, lock: bool = False) -> Collection:
    """One of the viewer's own collections; others' and absent ones answer alike."""
    accounts_access.access_member(viewer)
    rows = own_collections(viewer).filter(pk=id) if 0 < id < 2**63 else Collection.objects.none()
    found = (rows.select_for_update(no_key=True) if lock else rows).first()
    if found is None:
        raise errors.NotFound
    return found

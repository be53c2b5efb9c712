"""Who said it, in every list that names senders: as the conversation's page does."""

from django.db.models import OuterRef, Subquery

from accounts.access import people as accounts_access
from accounts.access.people import Viewer


def of(viewer: Viewer, sender: str = "sender_id", *, field: str = "display_name") -> Subquery:
    """For rows whose `sender` is a path to an id: what that member is called; null for one who left, or whom the
    viewer may not see."""
    people = accounts_access.visible_people(viewer).filter(pk=OuterRef(sender))
    return Subquery(people.values(field)[:1])

"""Who may see what a profile tells."""

from django.db.models import QuerySet

from accounts.access import people as people_access
from accounts.models.fields import ProfileField
from accounts.models.relations import Friendship


def visible_fields(viewer: people_access.Viewer) -> QuerySet[ProfileField]:
    """Every field the viewer may see; what a private account tells reaches its followers at most."""
    fields = ProfileField.objects.filter(
        people_access.present("person__"),
        people_access.open_to(viewer, "person__"),
        people_access.included(viewer, "person"),
    )
    blocked = people_access.blocked_between(viewer, "person_id")
    return fields if blocked is None else fields.exclude(blocked)


def visible_friendships(viewer: people_access.Viewer) -> QuerySet[Friendship]:
    """Friendships of members whose list of friends the viewer may see."""
    rows = Friendship.objects.filter(
        people_access.present("person__"),
        people_access.open_to(viewer, "person__"),
        people_access.included(viewer, "person", "person__friends_audience"),
    )
    blocked = people_access.blocked_between(viewer, "person_id")
    return rows if blocked is None else rows.exclude(blocked)

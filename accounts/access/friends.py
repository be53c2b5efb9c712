"""Requests to be friends, and whose they are. Friends themselves: access.people.circle."""

from django.db.models import Exists, OuterRef, QuerySet

from accounts.access import people as people_access
from accounts.models.friends import FriendRequest
from accounts.models.relations import Friendship


def waiting_requests() -> QuerySet[FriendRequest]:
    """Requests to be friends that nobody has answered yet."""
    return FriendRequest.objects.filter(declined_at__isnull=True)


def visible_requests(viewer: people_access.Viewer) -> QuerySet[FriendRequest]:
    """Requests to the viewer that wait, by people whom the viewer may see."""
    waiting = waiting_requests().filter(asked_id=people_access.viewer_id(viewer) or 0)
    return waiting.filter(Exists(people_access.visible_people(viewer).filter(pk=OuterRef("asker_id"))))


def are_friends(one: int, other: int) -> bool:
    return Friendship.objects.filter(person_id=one, friend_id=other).exists()

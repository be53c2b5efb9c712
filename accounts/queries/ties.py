"""How the viewer stands to members, beyond following: what a profile and the pages of friends draw."""

from django.db.models import BooleanField, DateTimeField, Exists, OuterRef, QuerySet, Value

from accounts.access import friends as friends_access
from accounts.access import mutes as mutes_access
from accounts.access import people as people_access
from accounts.models.people import User
from accounts.models.relations import CloseFriend, Friendship


def with_friendship(people: QuerySet[User], viewer: people_access.Viewer) -> QuerySet[User]:
    """Annotates `is_friend`, `is_friend_asked`, `asks_friend`, `is_close`, `is_muted` and `muted_until`."""
    me = people_access.viewer_id(viewer)
    if me is None:
        no = Value(False, output_field=BooleanField())
        never = Value(None, output_field=DateTimeField())
        return people.annotate(
            is_friend=no, is_friend_asked=no, asks_friend=no, is_close=no, is_muted=no, muted_until=never
        )
    waiting = friends_access.waiting_requests()
    return people.annotate(
        is_friend=Exists(Friendship.objects.filter(person_id=me, friend_id=OuterRef("pk"))),
        is_friend_asked=Exists(waiting.filter(asker_id=me, asked_id=OuterRef("pk"))),
        asks_friend=Exists(waiting.filter(asked_id=me, asker_id=OuterRef("pk"))),
        is_close=Exists(CloseFriend.objects.filter(owner_id=me, friend_id=OuterRef("pk"))),
        is_muted=mutes_access.muted(viewer, "pk"),
        muted_until=mutes_access.muted_until(viewer, "pk"),
    )

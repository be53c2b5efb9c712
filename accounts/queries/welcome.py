"""Whom somebody new may like to follow."""

from accounts.access import people as people_access
from accounts.models.people import User
from accounts.queries import friends as friends_queries
from accounts.queries import people as people_queries

SUGGESTED = 8
NEWEST = 200


def suggestions(viewer: User) -> list[User]:
    """Those whom the viewer may know, first; then the newest who have written. At most eight, none whom the viewer
    follows or asks, none who is private, with ties."""
    found = friends_queries.suggestions(viewer=viewer, limit=SUGGESTED)
    newest = User.objects.order_by("-created_at", "-pk").values("pk")[:NEWEST]
    people = people_queries.with_ties(people_access.visible_people(viewer), viewer).filter(
        pk__in=newest, is_listed=True, is_private=False, is_followed=False, is_asked=False, posts_count__gt=0
    )
    others = people.exclude(pk__in=[viewer.pk, *(one.pk for one in found)])
    return found + list(others.order_by("-created_at", "-pk")[: SUGGESTED - len(found)])

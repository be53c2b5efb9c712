"""Whom somebody new may like to follow."""

from django.db.models import Count, Q

from accounts.access import fields as fields_access
from accounts.access import people as people_access
from accounts.models.people import User
from accounts.models.relations import Friendship
from accounts.queries import people as people_queries

SUGGESTED = 8


def suggestions(viewer: User) -> list[User]:
    """Friends of friends, those with most friends in common first; then the newest who have written. At most eight,
    none whom the viewer follows or asks, none who is private, with ties."""
    people = people_queries.with_ties(people_access.visible_people(viewer), viewer).exclude(pk=viewer.pk)
    wanted = people.filter(Q(is_followed=False), Q(is_asked=False), is_listed=True, is_private=False)
    mine = Friendship.objects.filter(person=viewer)
    theirs = fields_access.visible_friendships(viewer).filter(person__in=mine.values("friend"))
    theirs = theirs.exclude(friend__in=mine.values("friend"))
    counted = theirs.values("friend").annotate(n=Count("pk")).order_by("-n", "-friend")
    ranked = [row["friend"] for row in counted[: 4 * SUGGESTED]]
    known = wanted.in_bulk(ranked)
    found = [known[pk] for pk in ranked if pk in known][:SUGGESTED]
    newest = wanted.filter(posts_count__gt=0).exclude(pk__in=[one.pk for one in found])
    return found + list(newest.order_by("-created_at", "-pk")[: SUGGESTED - len(found)])

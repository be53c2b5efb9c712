"""Whom somebody means who has typed an @ and the beginning of a word."""

from collections.abc import Collection

from django.db.models import QuerySet

from accounts.access import people as people_access
from accounts.models import names
from accounts.models.names import NamePart
from accounts.models.people import User
from accounts.models.relations import Follow, Friendship
from accounts.queries import directory

MOST = 8
TIED = 40  # friends, and as many who are followed, of whom the best are taken


def mentionable(viewer: User, words: str, without: Collection[int] = ()) -> list[User]:
    """At most 8 whom the viewer sees, but these: friends, then whom they follow, then others who let themselves be
    found."""
    words = words.strip().removeprefix("@")[: directory.LONGEST]
    parts = sorted(names.asked(words), key=len, reverse=True)
    if words and not parts:
        return []
    friends = _ids(Friendship.objects.filter(person=viewer), "friend_id", parts)
    followed = _ids(Follow.objects.filter(follower=viewer), "followed_id", parts)
    seen = people_access.visible_people(viewer).exclude(pk=viewer.pk).in_bulk(list({*friends, *followed}))
    begins = words.lower()
    tied = [seen[id] for id in dict.fromkeys([*friends, *followed]) if id in seen and id not in without]
    found = sorted(tied, key=lambda one: (one.pk not in friends, not one.handle.startswith(begins)))[:MOST]
    if parts and len(found) < MOST:
        others = [one for one in directory.people(viewer=viewer, words=words).rows if one.pk not in {*seen, *without}]
        found += sorted(others, key=lambda one: not one.handle.startswith(begins))
    return found[:MOST]


def _ids(rows: QuerySet[Friendship] | QuerySet[Follow], column: str, parts: list[str]) -> list[int]:
    """The latest of one's own ties to people who have all these parts in their name."""
    for part in parts[: directory.COMPARED]:
        having = NamePart.objects.filter(part=part).values("person")
        rows = rows.filter(**{f"{column}__in": having})
    return list(rows.order_by("-pk").values_list(column, flat=True)[:TIED])

"""The screens of friends: who they are, who asks, who is close, and whom one may know."""

from collections import Counter
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.access import fields as fields_access
from accounts.access import friends as friends_access
from accounts.access import mutes as mutes_access
from accounts.access import people as people_access
from accounts.models.friends import DismissedSuggestion
from accounts.models.people import User
from accounts.models.relations import CloseFriend, Follow, Friendship
from accounts.queries import people as people_queries
from accounts.queries import ties

RAIL = 3
SUGGESTIONS = 20
FRIENDS_ASKED = 200  # of the viewer's friends, the newest
TIES_ASKED = 4000  # of their friendships
CANDIDATES = 100


def friends(*, viewer: people_access.Viewer, person: int | str, cursor: str = "") -> tuple[User, people_queries.People]:
    """Who this member's friends are, newest first, with ties; nobody where the viewer may not see the list. NotAllowed
    if the account is not open to the viewer."""
    who = people_access.access_person(viewer, person, to="look_inside")
    rows = fields_access.visible_friendships(viewer).filter(person=who)
    return who, people_queries.page_of_people(rows, "friend_id", viewer, cursor)


def own_friends(*, viewer: User, cursor: str = "") -> people_queries.People:
    """The viewer's friends, newest first, each with `is_close`."""
    rows = Friendship.objects.filter(person=viewer)
    return people_queries.page_of_people(rows, "friend_id", viewer, cursor, also=ties.with_friendship)


def close_friends(*, viewer: User, cursor: str = "") -> people_queries.People:
    rows = CloseFriend.objects.filter(owner=viewer)
    return people_queries.page_of_people(rows, "friend_id", viewer, cursor, also=ties.with_friendship)


def requests(*, viewer: User, cursor: str = "") -> people_queries.People:
    """Who asks the viewer to be friends, newest first."""
    rows = friends_access.waiting_requests().filter(asked=viewer)
    return people_queries.page_of_people(rows, "asker_id", viewer, cursor, also=ties.with_friendship)


def sent_requests(*, viewer: User, cursor: str = "") -> people_queries.People:
    """Whom the viewer asks to be friends and who has not answered, newest first."""
    rows = friends_access.waiting_requests().filter(asker=viewer)
    return people_queries.page_of_people(rows, "asked_id", viewer, cursor, also=ties.with_friendship)


# -- Whom one may know ------------------------------------------------------------------------------------------------


def suggestions(*, viewer: User, limit: int = SUGGESTIONS) -> list[User]:
    """Friends of friends, those with most friends in common first, with ties and `common_friends`. Three queries,
    bounded however many friends they have. Nobody who is private, tied already, muted or sent away is suggested."""
    common = common_friends(viewer)
    best = sorted(common, key=lambda id: (-common[id], id))[:CANDIDATES]
    people = untied(viewer).filter(pk__in=best, is_private=False).in_bulk() if best else {}
    found = [people[id] for id in best if id in people][:limit]
    for person in found:
        person.common_friends = common[person.pk]  # type: ignore[attr-defined]
    return found


def common_friends(viewer: User) -> Counter[int]:
    """Friends of the viewer's friends, each with how many of these there are; at most two queries."""
    if not viewer.friends_count:
        return Counter()
    own = Friendship.objects.filter(people_access.present("friend__"), person=viewer).order_by("-id")
    asked = list(own.values_list("friend_id", flat=True)[:FRIENDS_ASKED])
    theirs = fields_access.visible_friendships(viewer).filter(person_id__in=asked)  # who hides theirs tells none
    return Counter(theirs.exclude(friend=viewer).values_list("friend_id", flat=True)[:TIES_ASKED])


def untied(viewer: User) -> QuerySet[User]:
    """Whom one could propose to the viewer: listed and visible, not followed, asked, befriended, muted or sent away."""
    waiting = friends_access.waiting_requests()
    asked = people_access.waiting_requests().filter(asker=viewer, asked_id=OuterRef("pk"))
    return (
        people_queries.with_ties(people_access.visible_people(viewer), viewer)
        .filter(is_listed=True)
        .exclude(pk=viewer.pk)
        .exclude(Exists(Follow.objects.filter(follower=viewer, followed_id=OuterRef("pk"))))
        .exclude(Exists(asked))
        .exclude(Exists(Friendship.objects.filter(person=viewer, friend_id=OuterRef("pk"))))
        .exclude(Exists(waiting.filter(asker=viewer, asked_id=OuterRef("pk"))))
        .exclude(Exists(waiting.filter(asked=viewer, asker_id=OuterRef("pk"))))
        .exclude(Exists(DismissedSuggestion.objects.filter(viewer=viewer, person_id=OuterRef("pk"))))
        .exclude(mutes_access.muted(viewer, "pk"))
    )


def rail(viewer: User) -> dict[str, Any]:
    """Three whom the viewer may know, or else the newest members."""
    known = suggestions(viewer=viewer, limit=RAIL)
    new = untied(viewer).exclude(pk__in=[person.pk for person in known]).order_by("-pk")
    return {"people": known + list(new[: RAIL - len(known)]) if len(known) < RAIL else known}

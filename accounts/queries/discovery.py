"""People to follow: those whom one's friends know, whom those one follows follow, whom a higher room has noted, and at
last those with most followers. Bounded, however many everybody follows."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.access import people as people_access
from accounts.models.people import User
from accounts.models.relations import Follow
from accounts.queries import friends as friends_queries
from core import errors, paging

PAGE = 20
FOLLOWED_ASKED = 200  # of whom the viewer follows, the newest
TIES_ASKED = 4000  # of their follows
CANDIDATES = 100
IN_COMMON, NOTED = 2, 1  # what a friend in common is worth, and being noted; somebody followed in common: one

BY = ("strength", "followers_count", "pk")


def people_to_follow(
    *, viewer: User, noted: Collection[int] = (), cursor: str = "", size: int = PAGE
) -> paging.Page[User]:
    """Nobody who is private, tied already, muted or sent away. Each with ties, `common_friends`, `followed_in_common`
    and `is_noted`: the reasons."""
    common, followed = friends_queries.common_friends(viewer), _followed_in_common(viewer)
    strength = Counter({id: IN_COMMON * n for id, n in common.items()})
    strength.update(followed)
    strength.update(dict.fromkeys(noted, NOTED))
    best = sorted(strength, key=lambda id: (-strength[id], id))[:CANDIDATES]
    shown = friends_queries.untied(viewer).filter(is_private=False)

    def keep(rows: list[User]) -> list[User]:
        found = shown.in_bulk([row.pk for row in rows])
        kept = [found[row.pk] for row in rows if row.pk in found]
        for one in kept:
            _tell(one, strength=strength[one.pk] if one.pk in best else 0)
            _tell(one, common_friends=common[one.pk], followed_in_common=followed[one.pk], is_noted=one.pk in noted)
        return kept

    near = list(User.objects.filter(pk__in=best).only("pk", "followers_count")) if best else []
    for one in near:
        _tell(one, strength=strength[one.pk])
    near.sort(key=_place, reverse=True)
    others = User.objects.filter(is_listed=True).only("pk", "followers_count")

    def fetch(after: tuple[Any, ...] | None, number: int) -> list[User]:
        if after is not None and not all(isinstance(one, int) for one in after):
            raise errors.Invalid(field="cursor")
        found = [one for one in near if after is None or _place(one) < after][:number]
        rest = others.exclude(pk__in=best)
        if after is not None and after[0] == 0:
            followers, pk = after[1:]
            rest = rest.filter(Q(followers_count__lt=followers) | Q(pk__lt=pk), followers_count__lte=followers)
        more = rest.order_by("-followers_count", "-pk")[: number - len(found)] if len(found) < number else []
        for one in more:
            _tell(one, strength=0)
        return found + list(more)

    return paging.walk(fetch, cursor=cursor, size=size, names=BY, keep=keep)


def _tell(person: User, **known: Any) -> None:
    for name, value in known.items():
        setattr(person, name, value)


def _place(person: Any) -> tuple[int, int, int]:
    return person.strength, person.followers_count, person.pk


def _followed_in_common(viewer: User) -> Counter[int]:
    """Whom those follow whom the viewer follows and may see, each with how many of these there are."""
    own = Follow.objects.filter(people_access.present("followed__"), follower=viewer)
    apart = people_access.blocked_between(viewer, "followed_id")
    own = own if apart is None else own.exclude(apart)
    asked = list(own.order_by("-id").values_list("followed_id", flat=True)[:FOLLOWED_ASKED])
    theirs = Follow.objects.filter(follower_id__in=asked).values("pk")[:TIES_ASKED]
    known = Follow.objects.filter(follower=viewer, followed_id=OuterRef("followed_id"))
    new = Follow.objects.filter(pk__in=theirs).exclude(followed=viewer).exclude(Exists(known))
    return Counter(new.values_list("followed_id", flat=True))

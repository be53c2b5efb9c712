"""Finding people."""

from datetime import timedelta
from typing import TypeVar

from django.db import models
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import people as people_access
from accounts.models import names
from accounts.models.names import NamePart
from accounts.models.people import User
from accounts.models.relations import Friendship
from accounts.queries import people as people_queries
from core import errors, paging

PAGE = 20
NEW = timedelta(days=30)
LONGEST = 60
COMPARED = 6  # words that the database looks for; of more, the rest is compared in the candidates
PAGES_OF_MANY = 10  # in a round, where most people of a word are not asked for
MANY = 5000  # people of one word who are counted, to begin with the rarest
TIES_ASKED = 5000  # of whom the viewer follows, the newest; nobody has more friends

Row = TypeVar("Row", User, NamePart)


class Which(models.TextChoices):
    ALL = "all", pgettext_lazy("people", "Everybody")
    FOLLOWING = "following", _("Following")
    FRIENDS = "friends", _("Friends")
    NEW = "new", pgettext_lazy("people", "New")


NEAR = (Which.FOLLOWING, Which.FRIENDS)


class Sort(models.TextChoices):
    NEWEST = "newest", _("Newest first")
    NAME = "name", _("By name")


def people(
    *, viewer: User, words: str = "", which: str = Which.ALL, sort: str = Sort.NEWEST, cursor: str = ""
) -> paging.Page[User]:
    """Who is listed and seen by the viewer, besides themselves, with ties. Each of the `words` begins a word of the
    name or handle; after an @ the handle begins so."""
    if which not in Which.values or sort not in Sort.values:
        raise errors.Invalid(field="filter" if which not in Which.values else "sort")
    words = words[:LONGEST].strip()
    seen = people_access.visible_people(viewer).filter(is_listed=True).exclude(pk=viewer.pk)
    if which == Which.NEW:
        seen = seen.filter(created_at__gt=timezone.now() - NEW)
    if words.startswith("@"):
        seen = seen.filter(handle__startswith=words[1:].lower().replace("\x00", ""))
    seen = people_queries.with_ties(seen, viewer)
    if words:
        return _called(names.asked(words), seen, viewer=viewer, which=which, sort=sort, cursor=cursor)
    rows = User.objects.filter(is_listed=True).exclude(pk=viewer.pk)
    # By their ids: among everybody, in order, somebody's few would be looked for from top to bottom.
    rows = rows.filter(pk__in=_near(viewer, which)) if which in NEAR else _among(rows, "pk", viewer, which)

    def keep(candidates: list[User]) -> list[User]:
        found = seen.in_bulk([row.pk for row in candidates])
        return [found[row.pk] for row in candidates if row.pk in found]

    by = ("name_key", "id") if sort == Sort.NAME else ("-created_at", "-id")
    return paging.page(rows.only("pk", "name_key", "created_at"), cursor=cursor, size=PAGE, by=by, keep=keep)


def _called(
    parts: set[str], seen: QuerySet[User], *, viewer: User, which: str, sort: str, cursor: str
) -> paging.Page[User]:
    """Those of `seen` who have all the parts: walks the rows of the rarest, in order over its index, some thousands at
    most, and looks which of these people have the others."""
    if not parts:
        return paging.Page([], "")
    first, *others = _rarest_first(parts)
    rows = NamePart.objects.filter(part=first)
    if which == Which.NEW and sort == Sort.NEWEST:  # by name no index has both
        rows = _among(rows, "person_id", viewer, which)
    seen = _among(seen, "pk", viewer, which)

    def keep(candidates: list[NamePart]) -> list[NamePart]:
        found = seen.in_bulk(_with_all(others, [row.person_id for row in candidates]))
        if len(parts) > COMPARED:
            found = {pk: one for pk, one in found.items() if parts <= names.parts(one.display_name, one.handle)}
        kept = [row for row in candidates if row.person_id in found]
        for row in kept:
            row.person = found[row.person_id]
        return kept

    by = ("name_key", "person_id") if sort == Sort.NAME else ("-created_at", "-person_id")
    narrow = others or which in NEAR
    turns = PAGES_OF_MANY if narrow else paging.PAGES_A_ROUND
    page = paging.page(rows, cursor=cursor, size=PAGE, by=by, keep=keep, pages_a_round=turns)
    return paging.Page([row.person for row in page.rows], page.next)


def _with_all(others: list[str], people: list[int]) -> list[int]:
    """Who of these people has all the parts; one query over (person, part)."""
    if not others:
        return people
    rows = NamePart.objects.filter(person__in=people, part__in=others).order_by().values("person")
    return list(rows.annotate(n=Count("pk")).filter(n=len(others)).values_list("person", flat=True))


def _rarest_first(parts: set[str]) -> list[str]:
    """The longest of them, in the order in which they say most. Numbers say least where all are common: many handles
    end with some."""
    longest = sorted(parts, key=lambda part: (-len(part), part.isdigit(), part))[:COMPARED]
    if len(longest) == 1:
        return longest
    return sorted(longest, key=lambda part: NamePart.objects.filter(part=part).values("part")[:MANY].count())


def _near(viewer: User, which: str) -> list[int]:
    """The ids of those whom the viewer follows, or of their friends."""
    if which == Which.FRIENDS:
        return list(Friendship.objects.filter(person=viewer).values_list("friend_id", flat=True))
    newest = people_access.followed_by(viewer).order_by("-id").values_list("followed_id", flat=True)
    return list(newest[:TIES_ASKED])


def _among(rows: QuerySet[Row], person: str, viewer: User, which: str) -> QuerySet[Row]:
    """Narrows candidates to those whom the filter is about; `person` is the column that says who they are."""
    if which == Which.FOLLOWING:
        return rows.filter(Exists(people_access.followed_by(viewer).filter(followed_id=OuterRef(person))))
    if which == Which.FRIENDS:
        return rows.filter(Exists(Friendship.objects.filter(person=viewer, friend_id=OuterRef(person))))
    if which == Which.NEW:
        return rows.filter(created_at__gt=timezone.now() - NEW)
    return rows

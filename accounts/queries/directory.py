"""Finding people."""

from datetime import timedelta

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import people as people_access
from accounts.models.people import User, folded
from accounts.models.relations import Friendship
from accounts.queries import people as people_queries
from core import errors, paging

PAGE = 20
NEW = timedelta(days=30)
LONGEST = 60


class Which(models.TextChoices):
    ALL = "all", pgettext_lazy("people", "Everybody")
    FOLLOWING = "following", _("Following")
    FRIENDS = "friends", _("Friends")
    NEW = "new", pgettext_lazy("people", "New")


class Sort(models.TextChoices):
    NEWEST = "newest", _("Newest first")
    NAME = "name", _("By name")


def people(
    *, viewer: User, words: str = "", which: str = Which.ALL, sort: str = Sort.NEWEST, cursor: str = ""
) -> paging.Page[User]:
    """Who is listed and seen by the viewer, besides themselves, with ties. `words` begin the name or the handle."""
    if which not in Which.values or sort not in Sort.values:
        raise errors.Invalid(field="filter" if which not in Which.values else "sort")
    rows = User.objects.filter(is_listed=True).exclude(pk=viewer.pk)
    if words := " ".join(words[:LONGEST].split()):
        rows = rows.filter(_begins("name_key", folded(words)) | _begins("handle", words.removeprefix("@").lower()))
    if which == Which.FOLLOWING:
        rows = rows.filter(Exists(people_access.followed_by(viewer).filter(followed_id=OuterRef("pk"))))
    elif which == Which.FRIENDS:
        rows = rows.filter(Exists(Friendship.objects.filter(person=viewer, friend_id=OuterRef("pk"))))
    elif which == Which.NEW:
        rows = rows.filter(created_at__gt=timezone.now() - NEW)

    def keep(candidates: list[User]) -> list[User]:
        seen = people_queries.with_ties(people_access.visible_people(viewer), viewer)
        found = seen.in_bulk([row.pk for row in candidates])
        return [found[row.pk] for row in candidates if row.pk in found]

    by = ("name_key", "id") if sort == Sort.NAME else ("-created_at", "-id")
    return paging.page(rows.only("pk", "name_key", "created_at"), cursor=cursor, size=PAGE, by=by, keep=keep)


def _begins(column: str, text: str) -> Q:
    """Rows whose column begins so, over its index: PostgreSQL has one for LIKE, SQLite compares the letters' bytes."""
    text = text.replace("\x00", "")
    if connection.vendor == "postgresql":
        return Q(**{f"{column}__startswith": text})
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + "\U0010ffff"})

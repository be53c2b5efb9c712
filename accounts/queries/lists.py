"""The viewer's lists of people."""

from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.access import lists as lists_access
from accounts.models.lists import ListedPerson, PeopleList
from accounts.models.people import User
from accounts.queries import people as people_queries


def own_lists(*, viewer: User) -> list[PeopleList]:
    """All of the viewer's lists (50 at most), by name, with `people_count`. One query."""
    return list(_by_name(lists_access.own_lists(viewer)).annotate(people_count=Count("entries")))


def choices(*, viewer: User, person: User) -> list[PeopleList]:
    """All of the viewer's lists, each with `holds`: whether this member is on it."""
    on = Exists(ListedPerson.objects.filter(list_id=OuterRef("pk"), person=person))
    return list(_by_name(lists_access.own_lists(viewer)).annotate(holds=on))


def people(*, viewer: User, list_id: int, cursor: str = "") -> tuple[PeopleList, people_queries.People]:
    """A list of the viewer's and whom it holds, newest first."""
    row = lists_access.access_list(viewer, list_id)
    return row, people_queries.page_of_people(lists_access.listed(row), "person_id", viewer, cursor)


def _by_name(lists: QuerySet[PeopleList]) -> QuerySet[PeopleList]:
    return lists.order_by("name", "pk")

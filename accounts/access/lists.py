"""Lists of people: each is its owner's alone."""

from django.db.models import QuerySet

from accounts.access import people as people_access
from accounts.models.lists import ListedPerson, PeopleList
from core import errors


def own_lists(viewer: people_access.Viewer) -> QuerySet[PeopleList]:
    return PeopleList.objects.filter(owner_id=people_access.viewer_id(viewer) or 0)


def access_list(viewer: people_access.Viewer, id: int, *, lock: bool = False) -> PeopleList:
    """One of the viewer's own lists; others' and absent ones answer alike."""
    people_access.access_member(viewer)
    lists = own_lists(viewer).filter(pk=id) if 0 < id < 2**63 else PeopleList.objects.none()
    found = (lists.select_for_update(no_key=True) if lock else lists).first()
    if found is None:
        raise errors.NotFound
    return found


def listed(rows_of: PeopleList) -> QuerySet[ListedPerson]:
    """Whom a list holds, as rows (for subqueries of other rooms)."""
    return ListedPerson.objects.filter(list=rows_of)

"""Lists of people, which only their owners know of."""

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import lists as lists_access
from accounts.access import people as people_access
from accounts.actions import relations
from accounts.models.lists import LISTS_LIMIT, NAME_LENGTH, PEOPLE_LIMIT, ListedPerson, PeopleList
from accounts.models.people import User
from core import errors


@transaction.atomic
def make_list(*, actor: User, name: str) -> PeopleList:
    """A list without people yet. Names are each one's once."""
    actor = people_access.access_member(actor)
    words = _name(name)
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # so that the number of lists is right
    if lists_access.own_lists(actor).count() >= LISTS_LIMIT:
        raise errors.Conflict(_("You have 50 lists. Delete one first."), field="name")
    return _save(PeopleList(owner=actor, name=words))


@transaction.atomic
def rename_list(*, actor: User, list_id: int, name: str) -> PeopleList:
    row = lists_access.access_list(actor, list_id, lock=True)
    row.name = _name(name)
    return _save(row)


@transaction.atomic
def delete_list(*, actor: User, list_id: int) -> None:
    lists_access.access_list(actor, list_id, lock=True).delete()


@transaction.atomic
def add(*, actor: User, list_id: int, person: int | str) -> User:
    """Puts a member on a list, who is not told. Adding again changes nothing."""
    actor, who = relations._both(actor, person)
    row = lists_access.access_list(actor, list_id, lock=True)
    if lists_access.listed(row).exclude(person=who).count() >= PEOPLE_LIMIT:
        raise errors.Conflict(_("This list is full: 500 people."), field="person")
    ListedPerson.objects.get_or_create(list=row, person=who)
    return who


@transaction.atomic
def choose(*, actor: User, person: int | str, list_ids: Collection[int]) -> User:
    """Exactly these lists of the actor hold a member; ids that are not theirs say nothing."""
    actor, who = relations._both(actor, person)  # people before lists, as everywhere
    for row in list(lists_access.own_lists(actor).order_by("pk")):
        if row.pk in list_ids:
            add(actor=actor, list_id=row.pk, person=who.pk)
        else:
            remove(actor=actor, list_id=row.pk, person=who.pk)
    return who


@transaction.atomic
def remove(*, actor: User, list_id: int, person: int | str) -> None:
    """Takes a member off a list. Removing again changes nothing, and says nothing about who was not on it."""
    row = lists_access.access_list(actor, list_id, lock=True)
    people = people_access.by_reference(User.objects.all(), person)
    lists_access.listed(row).filter(person__in=people.values("pk")).delete()


def _name(raw: str) -> str:
    name = " ".join(raw.replace("\x00", "").split())
    if not name:
        raise errors.Invalid(_("Give the list a name."), field="name")
    if len(name) > NAME_LENGTH:
        raise errors.Invalid(_("At most 60 characters, please."), field="name")
    return name


def _save(row: PeopleList) -> PeopleList:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise errors.Invalid(_("You have a list of this name already."), field="name") from None
    return row

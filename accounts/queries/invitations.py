"""Invitations: a member's own, whom they brought, and the tree of who invited whom."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.access import doors, invitations
from accounts.access import people as people_access
from accounts.models.invitations import Arrival, Invitation
from accounts.models.people import User
from accounts.queries import people as people_queries
from accounts.queries.people import PAGE
from core import errors, paging

MOST = 50  # open invitations of one member that are shown
CHAIN = 20  # steps up from a member to whoever invited them

# Django's queries know no recursion. The inviters above a member, nearest first; the same in SQLite and PostgreSQL.
ABOVE = f"""
WITH RECURSIVE above (person_id, step) AS (
    SELECT inviter_id, 1 FROM {Arrival._meta.db_table} WHERE person_id = %s
    UNION ALL
    SELECT arrival.inviter_id, above.step + 1 FROM {Arrival._meta.db_table} arrival
    JOIN above ON arrival.person_id = above.person_id WHERE above.step < {CHAIN}
)
SELECT member.* FROM above JOIN {User._meta.db_table} member ON member.id = above.person_id ORDER BY above.step
"""  # noqa: S608  names of tables and a number of ours


def own_invitations(*, viewer: User, cursor: str = "") -> paging.Page[Invitation]:
    """The viewer's invitations, newest first; `is_open` says whether one can still join with it."""
    is_open = Exists(invitations.usable_invitations().filter(pk=OuterRef("pk")))
    mine = invitations.visible_invitations(viewer).select_related("mail").annotate(is_open=is_open)
    return paging.page(mine, cursor=cursor, size=PAGE)


def own_invitation(*, viewer: User, id: int) -> Invitation:
    """One of them, in the same shape."""
    is_open = Exists(invitations.usable_invitations().filter(pk=OuterRef("pk")))
    return invitations.visible_invitations(viewer).select_related("mail").annotate(is_open=is_open).get(pk=id)


def people_brought(*, viewer: User, cursor: str = "") -> paging.Page[Arrival]:
    """Who came by the viewer's invitations, newest first, as far as the viewer may see them."""

    def keep(candidates: list[Arrival]) -> list[Arrival]:
        seen = people_access.visible_people(viewer).in_bulk([row.person_id for row in candidates])
        return [row for row in candidates if row.person_id in seen]

    rows = invitations.brought_by(viewer).select_related("person")
    return paging.page(rows, cursor=cursor, size=PAGE, keep=keep)


def inviter(viewer: User) -> list[User]:
    """Whoever invited the viewer, with ties, if they may see them and neither follow nor ask them yet; else nobody."""
    people = people_queries.with_ties(people_access.visible_people(viewer), viewer)
    by = Arrival.objects.filter(person=viewer).values("inviter")
    return list(people.filter(Q(is_followed=False), Q(is_asked=False), pk__in=by))


@dataclass(frozen=True)
class Tree:
    """One place in the tree: a member (none: the whole site), those above, and a page of those they brought. Each row
    carries `brought`: how many came by that person. `open` are the person's invitations that are still good."""

    person: User | None
    above: list[User]
    open: list[Invitation]
    rows: list[Arrival]
    next: str


def tree(*, viewer: people_access.Viewer, handle: str = "", cursor: str = "") -> Tree:
    """For those who mind the doors; they see everybody, suspended or blocked as well."""
    doors.access_office(viewer, doors.TREE)
    person, above = None, list[User]()
    rows: QuerySet[Arrival] = Arrival.objects.all()
    if handle:
        person = people_access.by_reference(User.objects.all(), handle).first()
        if person is None:
            raise errors.NotFound
        above = list(reversed(list(User.objects.raw(ABOVE, [person.pk]))))
        rows = rows.filter(inviter=person)
    page = paging.page(rows.select_related("person", "inviter"), cursor=cursor, size=PAGE)
    ids = [row.person_id for row in page.rows]
    counted = Arrival.objects.filter(inviter__in=ids).values_list("inviter").annotate(brought=Count("pk"))
    brought = dict(counted.order_by())
    for row in page.rows:
        row.brought = brought.get(row.person_id, 0)  # type: ignore[attr-defined]
    still_open = invitations.usable_invitations().filter(inviter=person).order_by("-pk")[:MOST] if person else ()
    return Tree(person, above, list(still_open), page.rows, page.next)

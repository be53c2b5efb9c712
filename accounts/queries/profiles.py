"""Tabs of a profile that accounts fill themselves."""

from typing import Any

from accounts.access import fields as fields_access
from accounts.access import people as people_access
from accounts.models.people import User
from accounts.models.relations import Friendship
from accounts.queries import people as people_queries
from core import paging


def about(viewer: people_access.Viewer, person: User, cursor: str) -> dict[str, Any]:
    """What the tab "About" shows came with the person already."""
    return {"next": ""}


def friends(viewer: people_access.Viewer, person: User, cursor: str) -> dict[str, Any]:
    """Friends whom the viewer may see, newest first, with ties; nobody, where the list is not for them."""
    seen: dict[int, User] = {}

    def keep(candidates: list[Friendship]) -> list[Friendship]:
        found = people_queries.with_ties(people_access.visible_people(viewer), viewer)
        seen.update(found.in_bulk([row.friend_id for row in candidates]))
        return [row for row in candidates if row.friend_id in seen]

    rows = fields_access.visible_friendships(viewer).filter(person=person)
    page = paging.page(rows, cursor=cursor, size=people_queries.PAGE, keep=keep)
    return {"people": [seen[row.friend_id] for row in page.rows], "next": page.next}

"""Who is in a group, and its links."""

from dataclasses import dataclass, field

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from chat.access import groups as group_access
from chat.models.conversations import Conversation, InviteLink, Membership, Role
from core import errors, paging

PAGE = 30
SHOWN = 8  # members beside the conversation


@dataclass
class Members:
    rows: list[Membership] = field(default_factory=list)
    next: str = ""


def members(viewer: Viewer, conversation_id: int, cursor: str = "", *, size: int = PAGE) -> Members:
    """Who is in it, in order of coming, without those whom the viewer may not see; admins see also who was asked."""
    group, mine = group_access.access_group(viewer, conversation_id)
    rows = group.memberships.all() if mine.leads else group_access.members(group.pk)
    page = paging.page(
        rows.select_related("user"), cursor=cursor, size=size, by=("id",), keep=lambda found: _seen(viewer, found)
    )
    return Members(page.rows, page.next)


def _seen(viewer: Viewer, rows: list[Membership]) -> list[Membership]:
    people = accounts_access.visible_people(viewer).filter(pk__in=[row.user_id for row in rows])
    seen = set(people.values_list("pk", flat=True))
    return [row for row in rows if row.user_id in seen]


def links(viewer: Viewer, conversation_id: int) -> list[InviteLink]:
    """Those that let somebody in now (20 at most), newest first; for admins."""
    group, _mine = group_access.access_group(viewer, conversation_id, to="lead")
    return list(group_access.standing_links().filter(conversation=group).order_by("-pk"))


def invitation(viewer: Viewer, code: str) -> tuple[Conversation, bool]:
    """Where a link leads, and whether the viewer is there already."""
    group = group_access.access_link(viewer, code).conversation
    me = accounts_access.viewer_id(viewer) or 0
    return group, group_access.members(group.pk).filter(user_id=me).exists()


def people_for(viewer: User, ids: list[int]) -> list[User]:
    """Whom the viewer has chosen so far, in that order; who is not theirs to see is left out."""
    seen = accounts_access.visible_people(viewer).exclude(pk=viewer.pk).in_bulk(ids)
    return [seen[id] for id in dict.fromkeys(ids) if id in seen]


def reported(viewer: Viewer, conversation_id: int) -> tuple[Conversation, User]:
    """A group that the viewer sees, and its first owner, whose name and picture of it somebody reports."""
    group, _mine = group_access.access_group(viewer, conversation_id)
    owner = group_access.members(group.pk).filter(role=Role.OWNER).select_related("user").order_by("pk").first()
    if owner is None:
        raise errors.NotFound
    return group, owner.user

"""Who has read a message, and whom it has reached."""

from dataclasses import dataclass, field
from typing import Literal

from django.db.models import Count, Q

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from chat.access import conversations as conversation_access
from chat.access import marks as mark_access
from chat.models.conversations import Membership
from core import errors, paging

PAGE = 30
Which = Literal["read", "delivered"]


@dataclass
class Marks:
    """`read` and `delivered` (and not read) are counted among those who show it. `rows` are those of `which`, each with
    its member; none where `is_large`."""

    read: int
    delivered: int
    which: Which = "read"
    is_large: bool = False
    rows: list[Membership] = field(default_factory=list)
    next: str = ""


def marks(viewer: Viewer, conversation_id: int, seq: int, which: Which = "read", cursor: str = "") -> Marks:
    """Of a message of the viewer's own; others answer as absent ones. The counts walk the members of the one
    conversation, a thousand at most."""
    message = conversation_access.access_message(viewer, conversation_id, seq)
    me = accounts_access.viewer_id(viewer) or 0
    if message.sender_id != me:
        raise errors.NotFound
    read, has = Q(read_seq__gte=seq), Q(read_seq__lt=seq, delivered_seq__gte=seq)
    there = Membership.objects.filter(conversation_id=conversation_id, joined_seq__lt=seq).exclude(user_id=me)
    seen = mark_access.visible_marks(viewer)
    shown = there.filter(pk__in=seen.filter(conversation_id=conversation_id).values("pk"))
    counts = shown.aggregate(read=Count("pk", filter=read), delivered=Count("pk", filter=has))
    found = Marks(counts["read"], counts["delivered"], which)
    group = message.conversation
    found.is_large = group.members_count > mark_access.TOLD_MEMBERS
    if not found.is_large:

        def keep(rows: list[Membership]) -> list[Membership]:
            here = shown.filter(pk__in=[row.pk for row in rows])
            here = here.filter(user__in=accounts_access.visible_people(viewer))
            ids = set(here.values_list("pk", flat=True))
            return [row for row in rows if row.pk in ids]

        candidates = there.filter(read if which == "read" else has).select_related("user")
        page = paging.page(candidates, cursor=cursor, size=PAGE, by=("id",), keep=keep)
        found.rows, found.next = page.rows, page.next
    return found

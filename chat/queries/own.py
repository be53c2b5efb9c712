"""What is one member's alone: what changed of it, and the messages that they starred."""

from dataclasses import dataclass, field

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from chat.access import conversations as conversation_access
from chat.models.conversations import Membership
from chat.models.members import ChatMember
from chat.models.messages import Message, MessageMark
from chat.queries import closing, filling, speakers
from core import paging
from core.paging import Page

ROWS = 500
PAGE = 30


@dataclass
class OwnChanges:
    sync: int
    reload: bool = False
    memberships: list[Membership] = field(default_factory=list)
    marks: list[MessageMark] = field(default_factory=list)


def own_sync(viewer: Viewer) -> int:
    """The number of the latest change of what is the viewer's alone."""
    me = accounts_access.viewer_id(viewer) or 0
    return ChatMember.objects.filter(pk=me).values_list("sync", flat=True).first() or 0


def own_since(viewer: Viewer, after: int) -> OwnChanges:
    """What came after this number of the viewer's: three queries, one where nothing did."""
    me, sync = accounts_access.viewer_id(viewer) or 0, own_sync(viewer)
    if sync == after:
        return OwnChanges(sync)
    # A number above ours was never given out: the client's memory is of another life of this database.
    if not 0 <= sync - after <= ROWS:
        return OwnChanges(sync, reload=True)
    span = {"sync__gt": after, "sync__lte": sync}
    rows = conversation_access.visible_memberships(viewer).filter(**span).order_by("sync")
    marks = MessageMark.objects.filter(user_id=me, **span).select_related("message").order_by("sync")
    return OwnChanges(sync, memberships=list(rows), marks=list(marks))


def starred(viewer: Viewer, cursor: str = "") -> Page[Message]:
    """What the viewer starred and sees still, the latest first; each with `speaker_name`."""

    def keep(rows: list[MessageMark]) -> list[MessageMark]:
        seen = conversation_access.visible_messages(viewer).filter(
            pk__in=[row.message_id for row in rows], deleted_at__isnull=True
        )
        found = seen.select_related("conversation").annotate(speaker_name=speakers.of(viewer)).in_bulk()
        closing.close(viewer, found.values())
        found = {id: row for id, row in found.items() if not (row.is_closed or row.is_gone)}
        filling.fill(found.values())
        for row in rows:
            if row.message_id in found:
                row.message = found[row.message_id]
        return [row for row in rows if row.message_id in found]

    marks = MessageMark.objects.filter(user_id=accounts_access.viewer_id(viewer) or 0, starred_at__isnull=False)
    page = paging.page(marks, cursor=cursor, size=PAGE, by=("-starred_at", "-id"), keep=keep)
    return Page([row.message for row in page.rows], page.next)

"""A whole conversation as one text, for who wants to keep it."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from chat.models.conversations import Conversation
from chat.models.messages import Message, MessageKind
from chat.queries import gists
from chat.queries import messages as message_queries
from chat.queries import notices as notice_queries

AT_ONCE = 500


def transcript(viewer: Viewer, conversation_id: int) -> Iterator[str]:
    """In pieces of so many messages, of what the viewer sees at the time of each: three queries a piece. What is closed
    to them, deleted or gone is a line without words."""
    after: int | None = 0
    language = get_language()  # each piece is made in a thread of its own
    while after is not None:
        found = message_queries.messages(viewer, conversation_id, after=after, size=AT_ONCE)
        people = {row.sender_id for row in found.messages if row.sender_id}
        names = dict(accounts_access.visible_people(viewer).filter(pk__in=people).values_list("pk", "display_name"))
        with override(language):
            notice_queries.tell(found.messages, accounts_access.viewer_id(viewer) or 0)
            piece = "".join(_line(row, names) for row in found.messages)
        yield piece
        after = found.last_seq if found.newer else None


def file_name(conversation: Conversation) -> str:
    return f"conversation-{conversation.pk}-{timezone.localdate():%Y-%m-%d}.txt"


def _line(row: Message, names: dict[int, str]) -> str:
    at = f"{timezone.localtime(row.created_at):%Y-%m-%d %H:%M}"
    if row.kind == MessageKind.SYSTEM:
        return f"[{at}] {row.words}\n"  # type: ignore[attr-defined]
    who = names.get(row.sender_id or 0) or _("Deleted member")
    return f"[{at}] {who}: {_said(row)}\n"


def _said(row: Message) -> str:
    if row.is_closed:
        return f"({_('closed to you')})"
    words = "" if row.deleted_at else gists.whole(row)
    return words.replace("\n", "\n    ") or f"({_('deleted')})"

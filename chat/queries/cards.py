"""The cards of links on messages in memory."""

from collections.abc import Iterable

from chat.models.messages import Message
from uploads.models import LinkPreview


def fill(rows: Iterable[Message]) -> None:
    """One query for all, none where none of them has a link."""
    linked = [row for row in rows if row.link_id]
    if not linked:
        return
    cards = LinkPreview.objects.select_related("upload").in_bulk({row.link_id for row in linked})
    for row in linked:
        row.link = cards.get(row.link_id or 0)

"""What stands on messages beside their rows, for a whole list at once."""

from collections.abc import Iterable

from chat.models.messages import Message
from chat.queries import cards, files


def fill(rows: Iterable[Message | None]) -> None:
    """Files and cards of links: a query for each where some have any, none where none has."""
    known = [row for row in rows if row is not None]
    files.fill(known)
    cards.fill(known)

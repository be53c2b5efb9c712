"""Who reacted, who voted, and what the viewer did themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from chat.access import conversations as conversation_access
from chat.access import polls as poll_access
from chat.models.messages import Message, MessageKind, MessageMark
from chat.models.polls import Vote
from core import errors, paging
from core.paging import Page

PAGE = 30
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Own:
    """What the viewer made of a message."""

    starred: bool = False
    reaction: str = ""
    vote: Sequence[int] = ()


def own(viewer: Viewer, rows: Sequence[Message]) -> dict[int, Own]:
    """Message -> what the viewer made of it: one query, and one more where one of them is a poll."""
    me = accounts_access.viewer_id(viewer) or 0
    marks = MessageMark.objects.filter(user_id=me, message__in=[row.pk for row in rows])
    polls = [row.pk for row in rows if row.kind == MessageKind.POLL]
    votes = Vote.objects.filter(member_id=me, message__in=polls).values_list("message_id", "chosen") if polls else []
    voted = dict(votes)
    made = {id: Own(vote=chosen) for id, chosen in voted.items()}
    for id, starred_at, reaction in marks.values_list("message_id", "starred_at", "reaction"):
        made[id] = Own(starred_at is not None, reaction, voted.get(id, ()))
    return made


def own_vote(viewer: Viewer, conversation_id: int, seq: int) -> list[int]:
    message = conversation_access.access_message(viewer, conversation_id, seq)
    poll_access.poll_of(message)
    return list(own(viewer, [message]).get(message.pk, Own()).vote)


def reactors(
    viewer: Viewer, conversation_id: int, seq: int, *, kind: str = "", cursor: str = ""
) -> tuple[Message, Page[MessageMark]]:
    """A message, and who reacted to it, newest first; of one kind if that is named."""
    message = conversation_access.access_message(viewer, conversation_id, seq)
    rows = MessageMark.objects.filter(message=message).exclude(reaction="")
    if kind:
        rows = rows.filter(reaction=kind.replace("\0", ""))
    return message, _seen(viewer, rows, "user", cursor)


def voters(
    viewer: Viewer, conversation_id: int, seq: int, *, choice: int | None = None, cursor: str = ""
) -> tuple[Message, Page[Vote]]:
    """A poll, and who voted in it, or for one of its choices, newest first. Of an anonymous one nobody is told."""
    message = conversation_access.access_message(viewer, conversation_id, seq)
    if poll_access.poll_of(message).is_anonymous:
        raise errors.Conflict(_("Who voted for what is shown to nobody."))
    return message, _seen(viewer, Vote.objects.filter(message=message), "member", cursor, choice)


def _seen(viewer: Viewer, rows: QuerySet[Row], who: str, cursor: str, choice: int | None = None) -> Page[Row]:
    """A walk along the index that keeps those whom the viewer may see."""

    def keep(found: list[Row]) -> list[Row]:
        if choice is not None:
            found = [row for row in found if choice in row.chosen]  # type: ignore[attr-defined]
        ids = [getattr(row, f"{who}_id") for row in found]
        people = accounts_access.visible_people(viewer).in_bulk(ids)
        for row in found:
            setattr(row, who, people.get(getattr(row, f"{who}_id")))
        return [row for row in found if getattr(row, f"{who}_id") in people]

    return paging.page(rows, cursor=cursor, size=PAGE, keep=keep)

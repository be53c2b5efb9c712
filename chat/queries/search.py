"""Messages by their words, the latest first, and the first one of a day."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from chat.access import conversations as conversation_access
from chat.models.messages import Message
from chat.queries import closing, filling
from core import errors, folding, paging, terms
from core.paging import Page

PAGE = 20
NAMED = 300  # conversations; who is in more is searched for by words alone, and what is not theirs left out
BEFORE = 10
AROUND = 90  # letters on either side of what was found


@dataclass(frozen=True)
class Asked:
    """What somebody looks for. `since` and `until` are days of the viewer's zone, both included."""

    words: str = ""
    conversation: int | None = None
    sender: int | None = None
    has: str = ""  # one of HAS: what it carries
    since: date | None = None
    until: date | None = None

    @property
    def is_empty(self) -> bool:
        return not terms.wanted(self.words) and not self.sender and not self.has


@dataclass
class Found:
    message: Message
    by: User | None  # who said it; None: a member who left, or whom the viewer may not see
    pieces: list[tuple[str, bool]]  # the words around what was found, and whether it is that

    @property
    def before(self) -> int:
        """The `seq` after which its page begins, so that it stands amid what was said."""
        return max(0, self.message.seq - BEFORE)


def sender(viewer: Viewer, handle: str) -> int:
    """Whose messages are looked for; Invalid for who is not to be seen."""
    try:
        return accounts_access.access_person(viewer, handle.strip().removeprefix("@")).pk
    except errors.NotFound:
        raise errors.Invalid(_("There is nobody of that handle."), field="sender") from None


def search(viewer: Viewer, asked: Asked, cursor: str = "", *, size: int = PAGE) -> Page[Found]:
    """What the viewer sees now and whose words fit; seven queries. Nothing asked finds nothing."""
    here = _conversations(viewer, asked)
    if asked.is_empty or here == []:
        return Page([], "")
    marks = [[terms.mark("c", id) for id in here]] if here else []
    marks += [[terms.mark("u", asked.sender)]] if asked.sender else []
    marks += [[terms.mark(asked.has)]] if asked.has else []
    wanted = terms.wanted(asked.words, *marks)

    def fetch(after: tuple[Any, ...] | None, number: int) -> list[Message]:
        before = int(after[0]) if after else 2**62
        return [Message(pk=id) for id in _matching(wanted, _span(asked), before, number)]

    def keep(candidates: list[Message]) -> list[Message]:
        seen = conversation_access.visible_messages(viewer).filter(
            pk__in=[row.pk for row in candidates], deleted_at__isnull=True
        )
        rows = sorted(seen.select_related("conversation__picture"), key=lambda row: -row.pk)
        closing.close(viewer, rows)
        filling.fill(rows)
        return [row for row in rows if not row.is_closed]

    page = paging.walk(fetch, cursor=cursor, size=size, names=("pk",), keep=keep)
    people = accounts_access.visible_people(viewer).in_bulk({row.sender_id for row in page.rows if row.sender_id})
    found = [Found(row, people.get(row.sender_id or 0), _pieces(row.text, wanted.words)) for row in page.rows]
    return Page(found, page.next)


def _conversations(viewer: Viewer, asked: Asked) -> list[int] | None:
    """Where to look: ids, none at all, or None for everywhere."""
    mine = conversation_access.visible_memberships(viewer)
    if asked.conversation is not None:
        mine = mine.filter(conversation_id=asked.conversation if 0 < asked.conversation < 2**63 else 0)
    ids = list(mine.values_list("conversation_id", flat=True)[: NAMED + 1])
    return ids if len(ids) <= NAMED else None


def _span(asked: Asked) -> tuple[datetime, datetime]:
    zone = timezone.get_current_timezone()
    since = datetime.combine(asked.since or date(1970, 1, 2), time.min, zone)
    until = min(asked.until or date.max, date(9998, 12, 30)) + timedelta(days=1)
    return since, datetime.combine(until, time.min, zone)


TSVECTOR = """
SELECT w.message_id FROM chat_messagewords w JOIN chat_message m ON m.id = w.message_id
WHERE array_to_tsvector(string_to_array(w.terms, ' ')) @@ %s::tsquery AND w.message_id < %s
AND m.created_at >= %s AND m.created_at < %s ORDER BY w.message_id DESC LIMIT %s
"""
FTS5 = """
SELECT w.rowid FROM chat_messagewords_fts w JOIN chat_message m ON m.id = w.rowid
WHERE w.chat_messagewords_fts MATCH %s AND w.rowid < %s
AND m.created_at >= %s AND m.created_at < %s ORDER BY w.rowid DESC LIMIT %s
"""


def _matching(wanted: terms.Wanted, span: tuple[datetime, datetime], before: int, number: int) -> list[int]:
    """Ids below `before`, the latest first, over the full-text index of this database."""
    since, until = (connection.ops.adapt_datetimefield_value(moment) for moment in span)
    full_text = connection.vendor == "postgresql"
    query = wanted.tsquery() if full_text else wanted.fts5()
    with connection.cursor() as cursor:
        cursor.execute(TSVECTOR if full_text else FTS5, [query, before, since, until, number])
        return [id for (id,) in cursor.fetchall()]


def _pieces(text: str, words: tuple[str, ...]) -> list[tuple[str, bool]]:
    """The text around the first word that was found, in pieces that are such words and pieces that are not."""
    hits = [found.span() for found in re.finditer(r"\w+", text) if _fits(found[0], words)]
    start = max(0, hits[0][0] - AROUND) if hits else 0
    end = min(len(text), (hits[0][1] if hits else 0) + 2 * AROUND)
    pieces: list[tuple[str, bool]] = [("…", False)] if start else []
    at = start
    for first, last in hits:
        if last <= end:
            pieces += [(text[at:first], False), (text[first:last], True)]
            at = last
    return [*pieces, (text[at:end] + ("…" if end < len(text) else ""), False)]


def _fits(word: str, words: tuple[str, ...]) -> bool:
    folded = folding.fold(word).strip()
    return any(
        folded == one or (terms.begins(one) and folded.startswith(one)) or (len(one) == 2 and _is_pair(one, folded))
        for one in words
    )


def _is_pair(one: str, folded: str) -> bool:
    return bool(folding.UNSPACED.match(one)) and one in folded


# Steps of halving length over the numbers: taken as long as what comes after them is from before that time.
FIRST_SINCE = """
WITH RECURSIVE walk(place, step) AS (
    SELECT CAST(-1 AS bigint), CAST(%s AS bigint)
    UNION ALL
    SELECT place + CASE WHEN (
        SELECT m.created_at FROM chat_message m
        WHERE m.conversation_id = %s AND m.seq > walk.place + walk.step ORDER BY m.seq LIMIT 1
    ) < %s THEN step ELSE 0 END, step / 2
    FROM walk WHERE step > 0
)
SELECT place + 1 FROM walk WHERE step = 0
"""


def place_of_day(viewer: Viewer, conversation_id: int, day: date) -> int:
    """The `seq` after which that day (of the viewer's zone) begins in this conversation, or what came next. At
    most two dozen looks into the index, in one query."""
    conversation = conversation_access.access_conversation(viewer, conversation_id)
    begins = connection.ops.adapt_datetimefield_value(_span(Asked(since=day))[0])
    with connection.cursor() as cursor:
        cursor.execute(FIRST_SINCE, [1 << conversation.last_seq.bit_length(), conversation.pk, begins])
        [(place,)] = cursor.fetchall()
    return int(place)

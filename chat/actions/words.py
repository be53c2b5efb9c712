"""The index of what was said, in step with the messages: written from the event log, so that nobody who writes waits
for it."""

import re
from collections.abc import Collection, Iterator

from django.db import transaction

from chat.models.files import FileKind
from chat.models.messages import Message, MessageKind
from chat.models.words import MessageWords
from chat.queries import files as file_queries
from core import prepared, terms

LINK = re.compile(r"https?://", re.IGNORECASE)
AT_ONCE = 1000


SPAN = prepared.Given("span", conversation_id="bigint", first="bigint", last="bigint")
MADE = prepared.Given("made", message_id="bigint", terms="text")
SPANNED = """
    SELECT chat_message.id FROM [span] JOIN chat_message ON chat_message.conversation_id = span.conversation_id
        AND chat_message.seq BETWEEN span.first AND span.last
"""
KEEP = """
    INSERT INTO chat_messagewords (message_id, terms) SELECT message_id, terms FROM [made] WHERE TRUE
    ON CONFLICT (message_id) DO UPDATE SET terms = excluded.terms
"""


@transaction.atomic
def index_messages(*, spans: Collection[tuple[int, int, int]]) -> None:
    """Of each conversation the messages from one `seq` to another, as they are now."""
    ids = {id for (id,) in prepared.execute(prepared.text(SPANNED, SPAN), SPAN.values(list(spans)))}
    index_rows(rows=list(Message.objects.filter(pk__in=ids)))


def recount() -> int:
    """Goes through all messages, for `manage.py recount`: which also fills the index where there was none before."""
    wrong, after = 0, 0
    while rows := list(Message.objects.filter(pk__gt=after).order_by("pk")[:AT_ONCE]):
        after = rows[-1].pk
        with transaction.atomic():
            file_queries.fill(rows)
            kept = dict(MessageWords.objects.filter(message__in=rows).values_list("message_id", "terms"))
            stale = [row for row in rows if kept.get(row.pk) != _terms_of(row)]
            index_rows(rows=stale)
            wrong += len(stale)
    return wrong


@transaction.atomic
def index_rows(*, rows: Collection[Message]) -> None:
    """These as they are now."""
    file_queries.fill(rows)
    found = {row.pk: found for row in rows if (found := _terms_of(row))}
    MessageWords.objects.filter(message__in={row.pk for row in rows} - found.keys()).delete()
    if found:
        prepared.execute(prepared.text(KEEP, MADE), MADE.values(list(found.items())))


def _terms_of(row: Message) -> str | None:
    """None for what nobody looks for: notices, and what is deleted."""
    says = row.kind != MessageKind.SYSTEM and row.deleted_at is None and row.says
    return " ".join(_terms(row)) if says else None


def _terms(row: Message) -> Iterator[str]:
    yield terms.mark("c", row.conversation_id)
    if row.sender_id:
        yield terms.mark("u", row.sender_id)
    if LINK.search(row.text):
        yield terms.mark("link")
    for kind in sorted({file.kind for file in row.carried}):
        yield terms.mark(kind)
    names = [file.upload.name for file in row.carried if file.kind == FileKind.FILE]
    yield from terms.terms(" ".join([row.text, *(row.data or {}).get("choices", []), *names]))

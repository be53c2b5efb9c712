"""Ten thousand conversations of one member: a page of the list reads as little as that of somebody with a few."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models.people import User
from accounts.tests.factories import Cast
from chat.models.conversations import Conversation, Kind, Membership
from chat.models.messages import Message
from chat.queries import conversations as conversation_queries
from chat.tests.factories import make_chat

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.both, pytest.mark.timeout(300)]
MANY, LONG = 10_000, 3_000
# The index message_in_order, as each database calls it.
NEWEST = (
    "message_in_order"
    if connection.vendor == "postgresql"
    else "autoindex_chat_message_1 (conversation_id=? AND seq>?)"
)
DEEP = 25  # pages of a hundred


def fill(owner: User, number: int) -> None:
    """So many conversations of two, each with three messages, the earliest active last; every fifth is a group."""
    now = timezone.now()
    people = User.objects.bulk_create(
        User(handle=f"p{owner.pk}x{place}", email=f"p{owner.pk}x{place}@x.example", display_name=f"Person {place}")
        for place in range(number)
    )
    talks = Conversation.objects.bulk_create(
        Conversation(
            kind=Kind.GROUP if place % 5 == 0 else Kind.DIRECT,
            direct_key=None if place % 5 == 0 else Conversation.key_of(owner.pk, person.pk),
            last_seq=3,
            rev=3,
            last_message_at=now - timedelta(minutes=place),
        )
        for place, person in enumerate(people)
    )
    Membership.objects.bulk_create(
        Membership(conversation=talk, user=who, active_at=talk.last_message_at)
        for talk, person in zip(talks, people, strict=True)
        for who in (owner, person)
    )
    Message.objects.bulk_create(
        Message(conversation=talk, seq=seq, rev=seq, sender=person, client_id=_name(talk.pk, seq), text="hello")
        for talk, person in zip(talks, people, strict=True)
        for seq in (1, 2, 3)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            # Ten thousand short rows it reads through in 2 to 10 ms rather than look thirty up; millions it does not.
            for way in ("seqscan", "hashjoin", "mergejoin"):
                cursor.execute(f"SET LOCAL enable_{way} = off")


def _name(talk: int, seq: int) -> str:
    return f"{talk:08x}-0000-4000-8000-{seq:012x}"


def plans(ask: Callable[[], Any]) -> list[tuple[str, int]]:
    """(plan, rows that its busiest step read) of every query; SQLite does not tell the rows."""
    with CaptureQueriesContext(connection) as made:
        ask()
    found = []
    with connection.cursor() as cursor:
        for query in [one["sql"] for one in made if one["sql"].startswith("SELECT")]:
            if connection.vendor == "sqlite":
                cursor.execute(f"EXPLAIN QUERY PLAN {query}")
                found.append(("\n".join(row[3] for row in cursor.fetchall()), 0))
            else:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")
                [plan] = cursor.fetchone()[0]
                found.append((json.dumps(plan), rows_read(plan["Plan"])))
    return found


def rows_read(node: dict[str, Any]) -> int:
    own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return int(max([own, *map(rows_read, node.get("Plans", []))]))


def steps(ask: Callable[[], Any]) -> int:
    """Steps of SQLite's machine, in hundreds."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    connection.connection.set_progress_handler(count, 100)
    try:
        ask()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return counted[0]


def test_a_page_costs_what_it_shows_at_the_top_and_far_below(cast: Cast) -> None:
    fill(cast.bob, 100)
    fill(cast.alice, MANY)
    deep = ""
    for _page in range(DEEP):
        deep = conversation_queries.inbox(cast.alice, deep, size=100).next
    few = lambda: conversation_queries.inbox(cast.bob)  # noqa: E731
    for cursor in ("", deep):

        def page(cursor: str = cursor) -> conversation_queries.Inbox:
            return conversation_queries.inbox(cast.alice, cursor)

        shown = page().chats
        assert len(shown) == conversation_queries.PAGE
        assert {chat.last.seq for chat in shown if chat.last} == {3}
        found = plans(page)
        assert any("membership_inbox" in plan for plan, _read in found)
        assert any(NEWEST in plan for plan, _read in found), "the latest of each by its index"
        for plan, read in found:
            assert read <= MANY // 10, plan
            for table in ("chat_membership", "chat_message", "chat_conversation", "accounts_user"):
                assert f"SCAN {table}\n" not in f"{plan}\n", plan
        if connection.vendor == "sqlite":
            assert steps(page) <= 3 * steps(few)


def test_the_last_message_of_who_cleared_a_long_conversation_is_not_looked_for_in_all_of_it(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    Message.objects.bulk_create(
        Message(conversation=talk, seq=seq, rev=seq, sender=cast.alice, client_id=_name(talk.pk, seq), text="hello")
        for seq in range(1, LONG + 1)
    )
    Conversation.objects.filter(pk=talk.pk).update(last_seq=LONG, rev=LONG)
    Membership.objects.filter(conversation=talk, user=cast.bob).update(cleared_seq=LONG, read_seq=LONG)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def ask(who: User = cast.bob) -> conversation_queries.Chat:
        return conversation_queries.chat(who, talk.pk)

    assert ask().last is None
    assert ask(cast.alice).last is not None
    assert all(read < LONG // 10 for _plan, read in plans(ask))
    if connection.vendor == "sqlite":
        assert steps(ask) <= 3 * steps(lambda: ask(cast.alice))

"""The chat's screens: what they show, and what they cost."""

import pytest
import time_machine
from django.db import connection

from accounts.tests.factories import Cast, make_user
from chat.access import conversations as conversation_access
from chat.actions import marks as mark_actions
from chat.models.conversations import Membership
from chat.models.messages import Message
from chat.queries import conversations as conversation_queries
from chat.queries import messages as message_queries
from chat.queries import resume as resume_queries
from chat.tests.factories import make_chat, say

pytestmark = pytest.mark.django_db


def test_the_inbox_is_in_order_of_the_last_message(cast: Cast, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with time_machine.travel("2026-11-01T10:00:00Z", tick=False) as clock:
        chats = [make_chat(make_user(), cast.alice, "hello") for _turn in range(5)]
        clock.shift(20)  # within the minute in which the members' rows rest
        say(cast.alice, chats[1], "to the top")
        clock.shift(600)
        say(cast.alice, chats[3], "above all")
    make_chat(cast.alice, cast.dan)  # nothing was said
    with django_assert_num_queries(5):
        page = conversation_queries.inbox(cast.alice)
    assert [row.conversation.pk for row in page.chats][:2] == [chats[3].pk, chats[1].pk]
    assert len(page.chats) == 5
    assert page.chats[0].last is not None
    assert page.chats[0].last.text == "above all"
    assert [row.unread for row in page.chats[:2]] == [1, 1]


def test_the_inbox_in_pages(cast: Cast) -> None:
    ids = {make_chat(make_user(), cast.alice, "hello").pk for _turn in range(7)}
    seen, cursor = [], ""
    for _turn in range(4):
        page = conversation_queries.inbox(cast.alice, cursor, size=3)
        seen += [row.conversation.pk for row in page.chats]
        cursor = page.next
        if not cursor:
            break
    assert sorted(seen) == sorted(ids)


def test_pages_of_messages(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, *(str(number) for number in range(1, 13)))

    def seqs(**window: int) -> tuple[list[int], bool, bool]:
        found = message_queries.messages(cast.bob, talk.pk, size=5, **window)
        return [row.seq for row in found.messages], found.older, found.newer

    assert seqs() == ([8, 9, 10, 11, 12], True, False)
    assert seqs(before=8) == ([3, 4, 5, 6, 7], True, True)
    assert seqs(before=3) == ([1, 2], False, True)
    assert seqs(after=0) == ([1, 2, 3, 4, 5], False, True)
    assert seqs(after=10) == ([11, 12], True, False)
    assert seqs(after=12) == ([], True, False)


def test_the_page_begins_at_the_unread_line_when_much_is_unread(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, *(str(number) for number in range(1, 71)))
    mark_actions.mark_read(actor=cast.bob, conversation_id=talk.pk, seq=15)
    shown = conversation_queries.chat(cast.bob, talk.pk)
    found = message_queries.thread(cast.bob, shown)
    assert (found.messages[0].seq, found.messages[-1].seq) == (6, 55)
    assert (found.older, found.newer) == (True, True)
    assert [line.message.seq for line in found.lines if line.first_unread] == [16]
    newest = message_queries.thread(cast.bob, shown, newest=True)
    assert (newest.messages[-1].seq, newest.newer) == (70, False)


def test_lines_are_grouped_by_day_and_speaker(cast: Cast) -> None:
    with time_machine.travel("2026-11-01T23:50:00Z", tick=False) as clock:
        talk = make_chat(cast.alice, cast.bob, "1", "2")
        clock.shift(15 * 60)
        say(cast.alice, talk, "3")
        say(cast.bob, talk, "4")
    shown = conversation_queries.chat(cast.bob, talk.pk)
    found = message_queries.thread(cast.bob, shown).lines
    assert [line.day is not None for line in found] == [True, False, True, False]
    assert [line.last_of_run for line in found] == [False, True, True, True]
    assert [line.mine for line in found] == [False, False, False, True]


def test_resume_gives_exactly_what_came_after(cast: Cast, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    one, two = make_chat(cast.alice, cast.bob, "1", "2", "3", "4"), make_chat(cast.dan, cast.bob, "5", "6")
    foreign = make_chat(cast.alice, cast.dan, "7")
    with django_assert_num_queries(4):
        found = resume_queries.resume(cast.bob, {one.pk: 1, two.pk: 2, foreign.pk: 0, 10**9: 0})
    assert set(found) == {one.pk, two.pk}
    assert [row.seq for row in found[one.pk].messages] == [2, 3, 4]
    assert found[one.pk].rev == 4
    assert found[two.pk].messages == []
    assert not found[two.pk].reload


def test_resume_of_too_much_or_of_another_life_says_reload(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resume_queries, "RESUME_ROWS", 3)
    talk = make_chat(cast.alice, cast.bob, "1", "2", "3", "4")
    assert resume_queries.resume(cast.bob, {talk.pk: 0})[talk.pk].reload
    assert not resume_queries.resume(cast.bob, {talk.pk: 1})[talk.pk].reload
    assert resume_queries.resume(cast.bob, {talk.pk: 9})[talk.pk].reload


@pytest.mark.both
def test_the_lists_use_their_indexes(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, *("x" for _turn in range(30)))
    used = {
        "membership_inbox": Membership.objects.filter(user_id=cast.bob.pk, active_at__isnull=False).order_by(
            "-active_at", "-id"
        )[:5],
        "membership_unread": Membership.objects.filter(user_id=cast.bob.pk, unread=True),
        "message_in_order": Message.objects.filter(conversation=talk, seq__lt=20).order_by("-seq")[:5],
        "message_resume": Message.objects.filter(conversation=talk, rev__gt=20),
    }
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for name, rows in used.items():
            plan = rows.explain()
            assert name in plan, plan
    assert conversation_access.visible_messages(cast.bob).filter(conversation=talk).count() == 30

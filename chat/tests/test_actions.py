"""The writes of the chat: order without holes, once, counters that are right."""

import uuid

import pytest
from django.db.models import F

from accounts.actions import relations
from accounts.tests.factories import Cast
from chat.actions import conversations as conversation_actions
from chat.actions import marks as mark_actions
from chat.actions import messages as message_actions
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message
from chat.queries import conversations as conversation_queries
from chat.tests.factories import draft, make_chat, membership, say
from core import errors
from core.models import Event

pytestmark = pytest.mark.django_db


def unread(conversation: Conversation, who: object) -> int:
    row = conversation_queries.chat(who, conversation.pk)  # type: ignore[arg-type]
    assert row.mine.unread == (row.unread > 0)
    return row.unread


def test_numbers_without_holes_and_one_event_per_batch_and_conversation(cast: Cast) -> None:
    one, two = make_chat(cast.alice, cast.bob), make_chat(cast.alice, cast.dan)
    batch = [
        draft(cast.alice, one, "a"),
        draft(cast.alice, two, "b"),
        draft(cast.bob, one, "   "),
        draft(cast.bob, one, "c"),
        draft(cast.carol, one, "not mine"),
        draft(cast.alice, one, "d"),
    ]
    outcomes = message_actions.send_messages(batch=batch)
    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds == ["Ack", "Ack", "Invalid", "Ack", "NotFound", "Ack"]
    assert list(Message.objects.filter(conversation=one).order_by("seq").values_list("seq", "rev", "text")) == [
        (1, 1, "a"),
        (2, 2, "c"),
        (3, 3, "d"),
    ]
    one.refresh_from_db()
    assert (one.last_seq, one.rev) == (3, 3)
    said = (
        Event.objects.filter(name="chat.MessagesSent").order_by("data__conversation_id").values_list("data", flat=True)
    )
    assert list(said) == [
        {"conversation_id": one.pk, "first_seq": 1, "last_seq": 3},
        {"conversation_id": two.pk, "first_seq": 1, "last_seq": 1},
    ]


def test_what_is_sent_twice_stands_once(cast: Cast) -> None:
    talk, name = make_chat(cast.alice, cast.bob), uuid.uuid4()
    first = say(cast.alice, talk, "hello", name)
    second = say(cast.alice, talk, "other words", name)
    assert (first.again, second.again) == (False, True)
    assert (second.id, second.seq, second.rev, second.created_at) == (first.id, first.seq, first.rev, first.created_at)
    twice = draft(cast.alice, talk, "in one batch")
    both = message_actions.send_messages(batch=[twice, twice])
    assert [outcome.again for outcome in both if isinstance(outcome, message_actions.Ack)] == [False, True]
    # A client_id is its sender's own.
    assert not say(cast.bob, talk, "mine", name).again
    assert list(Message.objects.order_by("seq").values_list("text", flat=True)) == ["hello", "in one batch", "mine"]


def test_one_client_id_cannot_be_in_two_conversations(cast: Cast) -> None:
    name = uuid.uuid4()
    say(cast.alice, make_chat(cast.alice, cast.bob), "hello", name)
    with pytest.raises(errors.Conflict):
        say(cast.alice, make_chat(cast.alice, cast.dan), "hello", name)


@pytest.mark.parametrize("text", ["", "  \n ", "\0\0", "\ud800", "x" * 5001, "x" * 10_000_000])
def test_text_that_cannot_be(cast: Cast, text: str) -> None:
    talk = make_chat(cast.alice, cast.bob)
    with pytest.raises(errors.Invalid):
        say(cast.alice, talk, text)
    assert not Message.objects.exists()


def test_strangers_blocked_and_forged_answer_alike(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    for who, id in ((cast.carol, talk.pk), (cast.alice, 10**6), (cast.alice, -1), (cast.alice, 2**70)):
        with pytest.raises(errors.NotFound):
            message_actions.send_message(actor=who, conversation_id=id, client_id=uuid.uuid4(), text="hello")
    with pytest.raises(errors.NotFound):
        conversation_actions.open_direct(actor=cast.mallory, person_id=cast.alice.pk)
    with pytest.raises(errors.NotFound):
        conversation_actions.open_direct(actor=cast.alice, person_id=10**6)
    with pytest.raises(errors.Invalid):
        conversation_actions.open_direct(actor=cast.alice, person_id=cast.alice.pk)


def test_a_block_ends_it_at_once_for_what_stood_too(cast: Cast) -> None:
    talk, name = make_chat(cast.alice, cast.bob), uuid.uuid4()
    say(cast.bob, talk, "hello", name)
    before = talk.members_version
    relations.block(actor=cast.alice, person=cast.bob.pk)
    talk.refresh_from_db()
    assert talk.members_version == before + 1
    for who in (cast.alice, cast.bob):
        with pytest.raises(errors.NotFound):
            say(who, talk, "still there?", name)
        with pytest.raises(errors.NotFound):
            mark_actions.mark_read(actor=who, conversation_id=talk.pk, seq=1)
    relations.unblock(actor=cast.alice, person=cast.bob.pk)
    talk.refresh_from_db()
    assert talk.members_version == before + 2
    assert say(cast.bob, talk, "hello", name).again


def test_the_same_conversation_whoever_opens_it(cast: Cast) -> None:
    one = conversation_actions.open_direct(actor=cast.alice, person_id=cast.bob.pk)
    two = conversation_actions.open_direct(actor=cast.bob, person_id=cast.alice.pk)
    assert one == two
    assert Membership.objects.filter(conversation=one).count() == 2


def test_unread_counts_what_others_said_since(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "1", "2")
    assert (unread(talk, cast.alice), unread(talk, cast.bob)) == (0, 2)
    assert conversation_queries.unread_conversations(cast.bob) == 1
    # An answer without having read counts as one's own, and as nothing more.
    say(cast.bob, talk, "3")
    assert (unread(talk, cast.alice), unread(talk, cast.bob)) == (1, 2)
    mark = mark_actions.mark_read(actor=cast.bob, conversation_id=talk.pk, seq=1)
    assert (mark.seq, mark.unread) == (1, 1)
    mark = mark_actions.mark_read(actor=cast.bob, conversation_id=talk.pk, seq=99)
    assert (mark.seq, mark.unread) == (3, 0)
    assert mark_actions.mark_read(actor=cast.bob, conversation_id=talk.pk, seq=1).seq == 3
    assert conversation_queries.unread_conversations(cast.bob) == 0
    # Who has read all and answers has read the answer.
    say(cast.bob, talk, "4")
    assert membership(talk, cast.bob).read_seq == 4
    assert unread(talk, cast.bob) == 0


def test_unread_when_both_speak_in_one_batch(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    message_actions.send_messages(batch=[draft(cast.alice, talk), draft(cast.bob, talk), draft(cast.bob, talk)])
    assert (unread(talk, cast.alice), unread(talk, cast.bob)) == (2, 1)


def test_a_batch_costs_the_same_for_one_and_for_many(cast: Cast, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    talk = make_chat(cast.alice, cast.bob, "first")
    for size in (1, 50):
        with django_assert_max_num_queries(13):
            outcomes = message_actions.send_messages(batch=[draft(cast.alice, talk) for _turn in range(size)])
        assert all(isinstance(outcome, message_actions.Ack) for outcome in outcomes)


def test_members_rows_rest_while_nobody_reads(cast: Cast) -> None:
    """The receiver's row is written once per reading and minute, not once per message."""
    talk = make_chat(cast.alice, cast.bob, "first")
    before = membership(talk, cast.bob)
    Membership.objects.filter(pk=before.pk).update(own_after=F("own_after"))
    say(cast.alice, talk, "second")
    after = membership(talk, cast.bob)
    assert after.active_at == before.active_at
    assert after.unread

"""Message requests: who is asked reads in peace, is told nothing, and answers when they like."""

import pytest

from accounts.tests.factories import Cast, make_follow
from chat.access import conversations as conversation_access
from chat.actions import conversations as conversation_actions
from chat.actions import marks as mark_actions
from chat.actions import messages as message_actions
from chat.actions import presence as presence_actions
from chat.actions import requests as request_actions
from chat.models.conversations import Conversation
from chat.queries import conversations as conversation_queries
from chat.queries import messages as message_queries
from chat.queries import resume as resume_queries
from chat.tests.factories import draft, membership, say
from core import errors

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def asked(cast: Cast) -> Conversation:
    """carol writes to alice, who does not know her."""
    return conversation_actions.open_direct(actor=cast.carol, person_id=cast.alice.pk)


def listed(cast: Cast, talk: Conversation) -> tuple[bool, bool]:
    """Whether alice has it in her list, and among her requests."""
    inbox = [row.conversation for row in conversation_queries.inbox(cast.alice).chats]
    return talk in inbox, talk in [row.conversation for row in conversation_queries.requests(cast.alice).chats]


def test_who_is_asked_reads_unnoticed(cast: Cast) -> None:
    talk = asked(cast)
    assert listed(cast, talk) == (False, False)
    say(cast.carol, talk, "hello")
    assert listed(cast, talk) == (False, True)
    assert conversation_queries.requests_count(cast.alice) == 1
    assert conversation_queries.unread_conversations(cast.alice) == 0
    assert [row.text for row in message_queries.messages(cast.alice, talk.pk).messages] == ["hello"]
    mark_actions.mark_read(actor=cast.alice, conversation_id=talk.pk, seq=1)
    assert membership(talk, cast.alice).read_seq == 0
    assert conversation_queries.chat(cast.carol, talk.pk).other_read_seq == 0
    (missed,) = resume_queries.resume(cast.carol, {talk.pk: 0}).values()
    assert missed.read == {cast.carol.pk: 1}
    audience = conversation_access.audience(talk.pk)
    assert audience
    assert audience[2] == {cast.carol.pk}
    with pytest.raises(errors.NotFound):
        say(cast.alice, talk, "who are you?")


def test_accepted_it_is_a_conversation_like_others(cast: Cast) -> None:
    talk = asked(cast)
    say(cast.carol, talk, "hello")
    for _twice in range(2):
        request_actions.accept(actor=cast.alice, conversation_id=talk.pk)
    assert listed(cast, talk) == (True, False)
    assert conversation_queries.chat(cast.alice, talk.pk).unread == 1
    assert conversation_queries.unread_conversations(cast.alice) == 1
    say(cast.alice, talk, "hello you")
    with pytest.raises(errors.Conflict):
        request_actions.decline(actor=cast.alice, conversation_id=talk.pk)


def test_declined_it_is_gone_until_they_write_again(cast: Cast) -> None:
    talk = asked(cast)
    say(cast.carol, talk, "hello")
    request_actions.decline(actor=cast.alice, conversation_id=talk.pk)
    assert listed(cast, talk) == (False, False)
    assert conversation_queries.requests_count(cast.alice) == 0
    say(cast.carol, talk, "hello?")
    assert listed(cast, talk) == (False, True)


def test_five_messages_until_it_is_answered(cast: Cast) -> None:
    talk = asked(cast)
    outcomes = message_actions.send_messages(batch=[draft(cast.carol, talk) for _turn in range(7)])
    assert [type(one).__name__ for one in outcomes] == ["Ack"] * 5 + ["Conflict"] * 2
    assert not conversation_queries.chat(cast.carol, talk.pk).may_write
    again = draft(cast.carol, talk)
    with pytest.raises(errors.Conflict):
        say(cast.carol, talk, "please", again.client_id)
    request_actions.accept(actor=cast.alice, conversation_id=talk.pk)
    say(cast.carol, talk, "please", again.client_id)
    assert conversation_queries.chat(cast.carol, talk.pk).may_write


def test_who_knows_them_is_not_asked(cast: Cast) -> None:
    for one, other in ((cast.alice, cast.bob), (cast.alice, cast.dan)):  # bob follows her, dan is her friend
        talk = conversation_actions.open_direct(actor=one, person_id=other.pk)
        assert not membership(talk, other).is_request
    talk = asked(cast)
    assert membership(talk, cast.alice).is_request
    assert conversation_actions.open_direct(actor=cast.alice, person_id=cast.carol.pk) == talk  # both want it
    assert not membership(talk, cast.alice).is_request
    assert not membership(talk, cast.carol).is_request


@pytest.mark.parametrize("writers", ["known", "nobody"])
def test_everybody_decides_who_may_begin(cast: Cast, writers: str) -> None:
    presence_actions.change_settings(actor=cast.alice, changes={"writers": writers})
    with pytest.raises(errors.NotAllowed):
        asked(cast)
    assert not Conversation.objects.exists()
    make_follow(cast.alice, cast.carol)
    if writers == "known":
        assert not membership(asked(cast), cast.alice).is_request
    else:
        with pytest.raises(errors.NotAllowed):
            asked(cast)
    with pytest.raises(errors.Invalid):
        presence_actions.change_settings(actor=cast.alice, changes={"writers": "x"})

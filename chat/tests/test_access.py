"""Who may see a conversation: the cast against every way in."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.access import people as people_access
from accounts.actions import life
from accounts.models.people import User
from accounts.models.relations import Block
from accounts.tests.factories import PASSWORD, Cast, log_in, make_block
from chat.access import conversations as conversation_access
from chat.models.conversations import Conversation, Kind, Membership
from chat.queries import conversations as conversation_queries
from chat.queries import messages as message_queries
from chat.queries import resume as resume_queries
from chat.tests.factories import make_chat
from core import errors, prepared

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    return make_chat(cast.alice, cast.bob, "hello")


def sees(who: User | None, conversation: Conversation) -> bool:
    """All ways in agree, or this fails."""
    listed = conversation_access.visible_conversations(who).filter(pk=conversation.pk).exists()
    assert conversation_access.visible_messages(who).filter(conversation=conversation).exists() == listed
    if listed:
        assert conversation_access.access_conversation(who, conversation.pk) == conversation
    else:
        with pytest.raises(errors.NotFound):
            conversation_access.access_conversation(who, conversation.pk)
    if who is not None:
        assert bool(prepared.execute(*conversation_access.writers([conversation.pk], [who.pk]))) == listed
        assert (conversation.pk in [row.conversation.pk for row in conversation_queries.inbox(who).chats]) == listed
        assert (conversation.pk in resume_queries.resume(who, {conversation.pk: 0})) == listed
        found = conversation_access.audience(conversation.pk)
        assert (found is not None and who.pk in found[2]) == listed
    return listed


def test_only_the_two(cast: Cast, talk: Conversation) -> None:
    assert {name for name, who in vars(cast).items() if sees(who, talk)} == {"alice", "bob"}
    assert not sees(None, talk)


def test_absent_answers_as_hidden(cast: Cast) -> None:
    for id in (0, -1, 999_999, 2**63, 2**80):
        with pytest.raises(errors.NotFound):
            conversation_access.access_conversation(cast.alice, id)
        with pytest.raises(errors.NotFound):
            conversation_queries.chat(cast.alice, id)


@pytest.mark.parametrize("turned", [False, True])
def test_a_block_closes_it_for_both_and_its_end_opens_it(cast: Cast, talk: Conversation, turned: bool) -> None:
    make_block(*((cast.bob, cast.alice) if turned else (cast.alice, cast.bob)))
    assert not sees(cast.alice, talk)
    assert not sees(cast.bob, talk)
    Block.objects.all().delete()
    assert sees(cast.alice, talk)
    assert sees(cast.bob, talk)


def test_suspended_and_deactivated_members_are_gone(cast: Cast, talk: Conversation) -> None:
    User.objects.filter(pk=cast.bob.pk).update(suspended_until=timezone.now() + timedelta(days=1))
    assert not sees(cast.alice, talk)
    assert not sees(cast.bob, talk)
    User.objects.filter(pk=cast.bob.pk).update(suspended_until=timezone.now() - timedelta(seconds=1))
    assert sees(cast.alice, talk)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert not sees(cast.alice, talk)


def test_what_a_deleted_member_said_stays(cast: Cast, talk: Conversation) -> None:
    cast.alice.delete()
    assert sees(cast.bob, talk)
    shown = conversation_queries.chat(cast.bob, talk.pk)
    assert shown.other is None
    assert [row.text for row in message_queries.messages(cast.bob, talk.pk).messages] == ["hello"]


def test_a_block_inside_a_group_does_not_close_the_group(cast: Cast) -> None:
    group = Conversation.objects.create(kind=Kind.GROUP)
    for who in (cast.alice, cast.bob, cast.mallory):
        Membership.objects.create(conversation=group, user=who)
    assert conversation_access.visible_conversations(cast.alice).filter(pk=group.pk).exists()
    assert conversation_access.visible_conversations(cast.mallory).filter(pk=group.pk).exists()
    assert not conversation_access.visible_conversations(cast.carol).filter(pk=group.pk).exists()


def test_who_joined_later_does_not_see_what_was_before(cast: Cast, talk: Conversation) -> None:
    Membership.objects.filter(user=cast.bob).update(joined_seq=1)
    assert not conversation_access.visible_messages(cast.bob).exists()
    assert conversation_access.visible_messages(cast.alice).exists()
    assert conversation_queries.chat(cast.bob, talk.pk).last is None


def leave(who: User) -> None:
    life.request_deletion(actor=who, password=PASSWORD, login=None, take_messages=False)


@pytest.mark.both
def test_who_hides_can_be_blocked_by_whom_they_talk_to(cast: Cast) -> None:
    make_chat(cast.carol, cast.mod, "hello")
    leave(cast.mod)
    client = Client()
    log_in(client, cast.carol)
    assert client.post(f"/api/v1/users/{cast.mod.pk}/block").status_code == 204
    assert Block.objects.filter(blocker=cast.carol, blocked=cast.mod).exists()
    for who in (cast.bob, None):  # whom nothing ties to them sees nobody
        with pytest.raises(errors.NotFound):
            people_access.access_person(who, "mod", to="dismiss")
    life.cancel_deletion(actor=cast.mod)
    for one, other in ((cast.carol, cast.mod), (cast.mod, cast.carol)):
        with pytest.raises(errors.NotFound):
            people_access.access_person(one, other.pk)


def test_who_has_blocked_and_leaves_is_not_there_for_whom_they_blocked(cast: Cast) -> None:
    make_chat(cast.carol, cast.mod, "hello")
    make_block(cast.mod, cast.carol)
    leave(cast.mod)
    with pytest.raises(errors.NotFound):
        people_access.access_person(cast.carol, "mod", to="dismiss")

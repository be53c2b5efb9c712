"""Reactions to messages: one a member, counted in the message, told to who may know."""

import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_block
from chat import belongings
from chat.actions import changes as change_actions
from chat.actions import conversations as conversation_actions
from chat.actions import groups as group_actions
from chat.actions import own as own_actions
from chat.actions import reactions as reaction_actions
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message, MessageMark
from chat.queries import answers as answer_queries
from chat.queries import messages as message_queries
from chat.queries import own as own_queries
from chat.queries import resume as resume_queries
from chat.serializers import messages as message_serializers
from chat.serializers import own as own_serializers
from chat.tests.factories import make_chat, make_group, say
from chat.tests.sockets import site
from core import errors
from core.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.both]
later = sync_to_async
SAID = ["conversation", "seq", "rev", "id", "sender", "client_id", "kind", "text", "created_at", "members_version"]


def react(who: User, talk: Conversation, kind: str = "love", seq: int = 1) -> Message:
    return reaction_actions.react(actor=who, conversation_id=talk.pk, seq=seq, kind=kind)


def stands(talk: Conversation, seq: int = 1) -> dict[str, int] | None:
    return Message.objects.get(conversation=talk, seq=seq).reactions


def as_(user: User) -> Client:
    client = Client()
    log_in(client, user)
    return client


def who(viewer: User, talk: Conversation, seq: int = 1, **more: Any) -> list[tuple[str, str]]:
    page = answer_queries.reactors(viewer, talk.pk, seq, **more)[1]
    return sorted((row.user.handle, row.reaction) for row in page.rows)


def test_one_a_member_given_changed_and_taken_back(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "one")
    row = react(cast.bob, talk)
    assert (row.reactions, row.rev) == ({"love": 1}, talk.rev + 1)
    assert react(cast.bob, talk).rev == talk.rev + 1, "the same again changes nothing"
    react(cast.alice, talk)
    assert stands(talk) == {"love": 2}
    assert react(cast.bob, talk, "wow").reactions == {"love": 1, "wow": 1}
    assert react(cast.bob, talk, "").reactions == {"love": 1}
    assert react(cast.bob, talk, "").rev == talk.rev + 4
    assert react(cast.alice, talk, "").reactions is None
    assert Conversation.objects.get(pk=talk.pk).rev == talk.rev + 5
    facts = Event.objects.filter(name="chat.MessageReacted").order_by("pk").values_list("data", flat=True)
    assert [fact["kind"] for fact in facts] == ["love", "love", "wow", "", ""]


def test_a_resumed_client_and_ones_own_devices_learn_it(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "one", "two")
    react(cast.bob, talk)
    missed = resume_queries.resume(cast.alice, {talk.pk: talk.rev})[talk.pk]
    assert [(row.seq, row.reactions) for row in missed.messages] == [(1, {"love": 1})]
    own = own_serializers.changes(own_queries.own_since(cast.bob, 0))
    assert [(row.seq, row.reaction, row.is_starred) for row in own.messages] == [(1, "love", False)]
    own_actions.star_message(actor=cast.bob, conversation_id=talk.pk, seq=1, starred=True)
    react(cast.bob, talk, "")
    assert MessageMark.objects.get().starred_at, "the star stays"
    assert own_queries.own_sync(cast.alice) == 0, "what bob gave is no secret of alice's"


def test_who_may_not_see_or_has_not_accepted_does_not_react(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "one")
    for actor, seq, kind, error in (
        (cast.carol, 1, "love", errors.NotFound),
        (cast.bob, 9, "love", errors.NotFound),
        (cast.bob, 0, "", errors.NotFound),
        (cast.bob, 2**63, "love", errors.NotFound),
        (cast.bob, 1, "pizza", errors.Invalid),
    ):
        with pytest.raises(error):
            reaction_actions.react(actor=actor, conversation_id=talk.pk, seq=seq, kind=kind)
    Membership.objects.filter(conversation=talk, user=cast.bob).update(is_request=True)
    with pytest.raises(errors.Conflict):
        react(cast.bob, talk)
    make_block(cast.alice, cast.bob)
    with pytest.raises(errors.NotFound):
        react(cast.alice, talk)
    assert stands(talk) is None


def test_notices_and_what_is_gone_take_none(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob)
    with pytest.raises(errors.Conflict):
        react(cast.bob, group, seq=1)
    seq = say(cast.alice, group).seq
    react(cast.bob, group, seq=seq)
    change_actions.delete_message(actor=cast.alice, conversation_id=group.pk, seq=seq)
    assert (stands(group, seq), MessageMark.objects.get().reaction) == (None, "")
    with pytest.raises(errors.NotFound):
        react(cast.bob, group, seq=seq)
    with pytest.raises(errors.NotFound):
        who(cast.bob, group, seq)


def test_who_reacted_names_only_whom_one_may_see(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol, cast.dan)
    seq = say(cast.dan, group).seq
    for one, kind in ((cast.alice, "love"), (cast.bob, "love"), (cast.carol, "wow")):
        react(one, group, kind, seq)
    assert who(cast.dan, group, seq) == [("alice", "love"), ("bob", "love"), ("carol", "wow")]
    assert who(cast.dan, group, seq, kind="love") == [("alice", "love"), ("bob", "love")]
    make_block(cast.alice, cast.carol)
    conversation_actions.sight_changed(one_id=cast.alice.pk, other_id=cast.carol.pk)
    assert who(cast.carol, group, seq) == [("bob", "love"), ("carol", "wow")]
    row = message_queries.message(cast.carol, group.pk, seq)
    assert row.reactions == {"love": 2, "wow": 1}, "counted, and not named"
    group_actions.remove_person(actor=cast.alice, conversation_id=group.pk, person_id=cast.carol.pk)
    with pytest.raises(errors.NotFound):
        who(cast.carol, group, seq)


def test_a_closed_line_shows_and_takes_none(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol)
    seq = say(cast.alice, group, "see http://site.example/").seq
    react(cast.bob, group, seq=seq)
    make_block(cast.alice, cast.carol)
    row = message_queries.messages(cast.carol, group.pk).messages[-1]
    assert (row.is_closed, row.reactions, row.link_id) == (True, None, None)
    told = message_serializers.shown(row)
    assert (told["reactions"], told["card"], told["poll"]) == (None, None, None)
    with pytest.raises(errors.NotFound):
        react(cast.carol, group, seq=seq)
    with pytest.raises(errors.NotFound):
        who(cast.carol, group, seq)
    page = as_(cast.carol).get(f"/chat/{group.pk}/").content.decode()
    assert "data-reactions" not in page


def test_who_joined_later_learns_nothing_of_what_was_before(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob)
    seq = say(cast.alice, group).seq
    react(cast.bob, group, seq=seq)
    group_actions.add_people(actor=cast.alice, conversation_id=group.pk, people=[cast.dan.pk])
    for call in (who, react):
        with pytest.raises((errors.NotFound, errors.Conflict)):
            call(cast.dan, group, seq=seq)  # type: ignore[operator]


def test_pages_walk_an_index(cast: Cast, django_assert_num_queries: Any) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol)
    seq = say(cast.alice, group).seq
    for one in (cast.alice, cast.bob, cast.carol):
        react(one, group, seq=seq)
    with django_assert_num_queries(3):
        assert len(who(cast.alice, group, seq)) == 3


def test_a_page_costs_the_same_with_reactions(cast: Cast, django_assert_num_queries: Any) -> None:
    talk = make_chat(cast.alice, cast.bob, "one", "two", "three")
    with django_assert_num_queries(2):
        message_queries.messages(cast.bob, talk.pk)
    react(cast.bob, talk)
    with django_assert_num_queries(2):
        message_queries.messages(cast.bob, talk.pk)


def test_the_api(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "one")
    path = f"/api/v1/conversations/{talk.pk}/messages/1/reaction"
    bob, carol = as_(cast.bob), as_(cast.carol)
    answer = bob.put(path, {"kind": "love"}, content_type="application/json")
    assert (answer.status_code, answer.json()["reactions"]) == (200, {"love": 1})
    assert bob.put(path, {"kind": "pizza"}, content_type="application/json").status_code == 422
    assert bob.put(path, {}, content_type="application/json").status_code == 422
    assert carol.put(path, {"kind": "love"}, content_type="application/json").status_code == 404
    listed = as_(cast.alice).get(f"{path}s").json()
    assert [(row["person"]["handle"], row["kind"]) for row in listed["results"]] == [("bob", "love")]
    assert carol.get(f"{path}s").status_code == 404
    assert bob.get(f"{path}s?kind=wow").json() == {"results": [], "next": None}
    assert bob.delete(path).json()["reactions"] is None
    assert bob.delete(path).status_code == 200


def test_the_pages_without_script(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "one")
    bob, alice = as_(cast.bob), as_(cast.alice)
    assert 'value="love"' in bob.get(f"/chat/{talk.pk}/1/").content.decode()
    answer = bob.post(f"/chat/{talk.pk}/1/react/", {"kind": "love"})
    assert answer.headers["Location"].startswith(f"/chat/{talk.pk}/")
    page = bob.get(f"/chat/{talk.pk}/").content.decode()
    assert 'aria-pressed="true" aria-label="Love: 1"' in page
    page = alice.get(f"/chat/{talk.pk}/").content.decode()
    assert 'aria-pressed="false" aria-label="Love: 1"' in page
    assert "@bob" in alice.get(f"/chat/{talk.pk}/1/reactions/").content.decode()
    assert as_(cast.carol).get(f"/chat/{talk.pk}/1/reactions/").status_code == 404
    assert bob.post(f"/chat/{talk.pk}/1/react/", {"kind": ""}).status_code == 302
    assert stands(talk) is None
    assert bob.post(f"/chat/{talk.pk}/1/react/", {"kind": "no\0thing"}).status_code == 422


def test_it_is_taken_along_and_goes_with_who_goes(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "one")
    react(cast.bob, talk)
    react(cast.alice, talk)
    assert list(belongings.reactions(cast.bob)) == [{"conversation": talk.pk, "seq": 1, "reaction": "love"}]
    rev = Conversation.objects.get(pk=talk.pk).rev
    assert belongings.erase_marks(member=cast.bob, take_messages=False) == 1
    assert belongings.erase_marks(member=cast.bob, take_messages=False) == 0
    assert stands(talk) == {"love": 1}
    assert [row.seq for row in resume_queries.resume(cast.alice, {talk.pk: rev})[talk.pk].messages] == [1]


@pytest.mark.django_db(transaction=True)
async def test_over_the_socket_all_hear_the_same_numbers_and_nobodys_name(cast: Cast) -> None:
    async with site() as here:
        group = await later(make_group)(cast.alice, cast.bob, cast.dan)
        alice, bob, carol = [await here.join(one) for one in (cast.alice, cast.bob, cast.carol)]
        seq = (await alice.say(group.pk, "hello"))["data"]["seq"]
        await alice.quiet()
        await bob.until("chat.message")
        answer = await bob.ask("chat.react", conversation=group.pk, seq=seq, kind="love")
        assert answer["type"] == "ack"
        while "only" not in (heard := (await alice.until("chat.message"))["data"]):
            pass  # her own words
        assert (heard["seq"], heard["reactions"], heard["only"]) == (seq, {"love": 1}, "reactions")
        assert heard.keys() <= {*SAID, "reactions", "only"}, "who gave it does not stand in it"
        assert (await carol.ask("chat.react", conversation=group.pk, seq=seq, kind="love"))["status"] == 404
        assert (await bob.ask("chat.react", conversation=group.pk, seq=seq, kind="pizza"))["field"] == "kind"
        assert (await bob.ask("chat.react", conversation=group.pk, seq=seq, kind=""))["type"] == "ack"
        assert "reactions" not in (await alice.until("chat.message"))["data"]


def test_a_forwarded_message_starts_without_any(cast: Cast) -> None:
    from chat.actions import messages as message_actions

    talk = make_chat(cast.alice, cast.bob, "one")
    react(cast.bob, talk)
    ack = message_actions.forward_message(
        actor=cast.bob, conversation_id=talk.pk, seq=1, to=talk.pk, client_id=uuid.uuid4()
    )
    assert stands(talk, ack.seq) is None

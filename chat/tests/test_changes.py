"""What becomes of messages: edited, deleted, pinned, answered, forwarded; starred and hidden by one alone."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_block
from chat import tasks
from chat.actions import changes as change_actions
from chat.actions import messages as message_actions
from chat.actions import own as own_actions
from chat.actions import purge
from chat.models.conversations import Conversation, Kind, Membership, Role
from chat.models.messages import Message, MessageMark, MessageVersion
from chat.queries import conversations as conversation_queries
from chat.queries import messages as message_queries
from chat.queries import own as own_queries
from chat.queries import resume as resume_queries
from chat.tests.factories import make_chat, membership, say
from core import errors

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    return make_chat(cast.alice, cast.bob, "one", "two", "three")


@pytest.fixture
def group(cast: Cast) -> Conversation:
    """Alice owns it, bob and carol are members."""
    made = Conversation.objects.create(kind=Kind.GROUP, name="Walkers")
    for who, role in ((cast.alice, Role.OWNER), (cast.bob, Role.MEMBER), (cast.carol, Role.MEMBER)):
        Membership.objects.create(conversation=made, user=who, role=role)
    for who, words in ((cast.bob, "from bob"), (cast.alice, "from alice")):
        say(who, made, words)
    made.refresh_from_db()
    return made


def texts(who: User, conversation: Conversation) -> list[str]:
    return [row.text for row in message_queries.messages(who, conversation.pk).messages]


def missed(who: User, conversation: Conversation, after: int) -> list[tuple[int, str]]:
    found = resume_queries.resume(who, {conversation.pk: after})[conversation.pk]
    return [(row.seq, row.text) for row in found.messages]


def as_(user: User) -> Client:
    client = Client()
    log_in(client, user)
    return client


# -- For everybody -----------------------------------------------------------------------------------------------------


def test_an_edit_is_seen_resumed_and_kept_for_moderators(cast: Cast, talk: Conversation) -> None:
    row = change_actions.edit_message(actor=cast.alice, conversation_id=talk.pk, seq=2, text="  two, better ")
    assert (row.text, row.rev, row.seq) == ("two, better", talk.rev + 1, 2)
    assert row.edited_at
    assert missed(cast.bob, talk, talk.rev) == [(2, "two, better")]
    assert list(MessageVersion.objects.values_list("message__seq", "text")) == [(2, "two")]
    change_actions.edit_message(actor=cast.alice, conversation_id=talk.pk, seq=2, text="two, better")
    assert Conversation.objects.get(pk=talk.pk).rev == talk.rev + 1, "the same words change nothing"


def test_only_who_wrote_edits_and_who_does_not_see_learns_nothing(cast: Cast, talk: Conversation) -> None:
    for actor, seq, error in (
        (cast.bob, 1, errors.NotAllowed),
        (cast.carol, 1, errors.NotFound),
        (cast.alice, 9, errors.NotFound),
        (cast.alice, 0, errors.NotFound),
        (cast.alice, 2**63, errors.NotFound),
    ):
        with pytest.raises(error):
            change_actions.edit_message(actor=actor, conversation_id=talk.pk, seq=seq, text="x")
        with pytest.raises(error):
            change_actions.delete_message(actor=actor, conversation_id=talk.pk, seq=seq)
    with pytest.raises(errors.Invalid) as caught:
        change_actions.edit_message(actor=cast.alice, conversation_id=talk.pk, seq=1, text=" \n ")
    assert caught.value.field == "text"
    assert texts(cast.bob, talk) == ["one", "two", "three"]


def test_deleted_for_everyone_its_place_stays(cast: Cast, talk: Conversation) -> None:
    say_reply = message_actions.Draft(cast.bob.pk, talk.pk, uuid.uuid4(), "to two", reply_seq=2)
    message_actions.send_messages(batch=[say_reply])
    change_actions.delete_message(actor=cast.alice, conversation_id=talk.pk, seq=2)
    row = Message.objects.get(conversation=talk, seq=2)
    assert (row.text, row.deleted_by_id, row.pinned_at) == ("", cast.alice.pk, None)
    assert row.deleted_at
    assert texts(cast.bob, talk) == ["one", "", "three", "to two"]
    assert missed(cast.bob, talk, talk.rev + 1) == [(2, "")]
    shown = conversation_queries.chat(cast.bob, talk.pk)
    line = message_queries.thread(cast.bob, shown).lines[-1]
    assert line.quoted is not None
    assert line.quoted.text == ""
    for change in (
        lambda: change_actions.edit_message(actor=cast.alice, conversation_id=talk.pk, seq=2, text="back"),
        lambda: change_actions.delete_message(actor=cast.alice, conversation_id=talk.pk, seq=2),
        lambda: change_actions.set_pinned(actor=cast.alice, conversation_id=talk.pk, seq=2, pinned=True),
        lambda: own_actions.star_message(actor=cast.bob, conversation_id=talk.pk, seq=2, starred=True),
    ):
        with pytest.raises(errors.NotFound):
            change()


def test_in_a_group_admins_delete_and_pin(cast: Cast, group: Conversation) -> None:
    with pytest.raises(errors.NotAllowed):
        change_actions.delete_message(actor=cast.carol, conversation_id=group.pk, seq=1)
    with pytest.raises(errors.NotAllowed):
        change_actions.set_pinned(actor=cast.bob, conversation_id=group.pk, seq=1, pinned=True)
    change_actions.set_pinned(actor=cast.alice, conversation_id=group.pk, seq=1, pinned=True)
    assert [row.seq for row in message_queries.pinned(cast.carol, group.pk)] == [1]
    change_actions.delete_message(actor=cast.alice, conversation_id=group.pk, seq=1)
    assert message_queries.pinned(cast.carol, group.pk) == []


def test_of_two_both_pin_and_there_is_an_end_to_it(
    cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_actions, "PINS_LIMIT", 2)
    for actor, seq in ((cast.alice, 1), (cast.bob, 2)):
        change_actions.set_pinned(actor=actor, conversation_id=talk.pk, seq=seq, pinned=True)
    with pytest.raises(errors.Conflict):
        change_actions.set_pinned(actor=cast.bob, conversation_id=talk.pk, seq=3, pinned=True)
    assert [row.seq for row in message_queries.pinned(cast.bob, talk.pk)] == [2, 1]
    change_actions.set_pinned(actor=cast.bob, conversation_id=talk.pk, seq=1, pinned=False)
    change_actions.set_pinned(actor=cast.bob, conversation_id=talk.pk, seq=3, pinned=True)
    assert [row.seq for row in message_queries.pinned(cast.alice, talk.pk)] == [3, 2]


def test_an_answer_names_what_it_answers_and_shows_it_only_to_who_saw_it(cast: Cast, group: Conversation) -> None:
    late = Membership.objects.create(conversation=group, user=cast.dan, joined_seq=1)
    message_actions.send_message(
        actor=cast.bob, conversation_id=group.pk, client_id=uuid.uuid4(), text="to the first", reply=1
    )
    for who, quoted in ((cast.carol, "from bob"), (cast.dan, None)):
        shown = conversation_queries.chat(who, group.pk)
        line = message_queries.thread(who, shown).lines[-1]
        assert line.message.reply_seq == 1
        assert (line.quoted.text if line.quoted else None) == quoted
    for actor, seq in ((cast.bob, 99), (cast.dan, late.joined_seq)):
        with pytest.raises(errors.NotFound):
            message_actions.send_message(
                actor=actor, conversation_id=group.pk, client_id=uuid.uuid4(), text="x", reply=seq
            )


def test_whom_a_message_names_are_members_alone(cast: Cast, group: Conversation) -> None:
    say(cast.alice, group, "@Bob and @dan, and @nobody, and @bob again")
    assert Message.objects.get(conversation=group, seq=3).mentions == [cast.bob.pk]


def test_forwarded_it_is_said_again_without_who_said_it(cast: Cast, talk: Conversation, group: Conversation) -> None:
    name = uuid.uuid4()
    ack = message_actions.forward_message(actor=cast.bob, conversation_id=talk.pk, seq=1, to=group.pk, client_id=name)
    again = message_actions.forward_message(actor=cast.bob, conversation_id=talk.pk, seq=1, to=group.pk, client_id=name)
    assert (again.seq, again.again) == (ack.seq, True)
    row = Message.objects.get(pk=ack.id)
    assert (row.text, row.sender_id, row.is_forwarded, row.reply_seq) == ("one", cast.bob.pk, True, None)
    with pytest.raises(errors.Conflict):
        change_actions.edit_message(actor=cast.bob, conversation_id=group.pk, seq=ack.seq, text="twisted")
    for actor, source, target in (
        (cast.carol, talk, group),  # does not see what is said there
        (cast.alice, talk, make_chat(cast.carol, cast.dan, "theirs")),
    ):
        with pytest.raises(errors.NotFound):
            message_actions.forward_message(
                actor=actor, conversation_id=source.pk, seq=1, to=target.pk, client_id=uuid.uuid4()
            )


def test_what_disappears_is_gone_at_its_time_whatever_the_workers_do(cast: Cast, talk: Conversation) -> None:
    Conversation.objects.filter(pk=talk.pk).update(lifetime=3600)
    say(cast.alice, talk, "for an hour")
    assert texts(cast.bob, talk) == ["one", "two", "three", "for an hour"]
    with time_machine.travel(timezone.now() + timedelta(seconds=3601)):
        assert texts(cast.bob, talk) == ["one", "two", "three"]
        assert missed(cast.bob, talk, talk.rev) == []
        [row] = conversation_queries.inbox(cast.bob).chats
        assert row.last is not None
        assert row.last.text == "three"
        with pytest.raises(errors.NotFound):
            own_actions.star_message(actor=cast.bob, conversation_id=talk.pk, seq=4, starred=True)


def test_what_has_disappeared_goes_from_the_tables(
    cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "BATCH", 2)
    Conversation.objects.filter(pk=talk.pk).update(lifetime=3600)
    for words in ("a", "b", "c"):
        say(cast.alice, talk, words)
    change_actions.edit_message(actor=cast.alice, conversation_id=talk.pk, seq=4, text="other")
    own_actions.star_message(actor=cast.bob, conversation_id=talk.pk, seq=5, starred=True)
    tasks.purge_messages()
    assert Message.objects.count() == 6
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        tasks.purge_messages()
        assert list(Message.objects.order_by("seq").values_list("text", flat=True)) == ["one", "two", "three"]
        assert not MessageVersion.objects.exists()
        assert not MessageMark.objects.exists()
        Conversation.objects.filter(pk=talk.pk).update(lifetime=0)
        assert say(cast.alice, talk, "after").seq == 7


# -- For one alone -----------------------------------------------------------------------------------------------------


def test_deleted_for_one_alone_the_other_keeps_it(cast: Cast, talk: Conversation) -> None:
    own_actions.star_message(actor=cast.bob, conversation_id=talk.pk, seq=3, starred=True)
    own_actions.hide_message(actor=cast.bob, conversation_id=talk.pk, seq=3)
    assert texts(cast.bob, talk) == ["one", "two"]
    assert texts(cast.alice, talk) == ["one", "two", "three"]
    assert missed(cast.bob, talk, 0) == [(1, "one"), (2, "two")]
    [row] = conversation_queries.inbox(cast.bob).chats
    assert row.last is not None
    assert row.last.text == "two"
    assert own_queries.starred(cast.bob).rows == []
    with pytest.raises(errors.NotFound):
        own_actions.hide_message(actor=cast.bob, conversation_id=talk.pk, seq=3)
    with pytest.raises(errors.NotFound):
        own_actions.hide_message(actor=cast.carol, conversation_id=talk.pk, seq=1)


def test_stars_are_found_again_and_other_devices_hear_of_them(cast: Cast, talk: Conversation) -> None:
    for seq in (1, 3):
        own_actions.star_message(actor=cast.bob, conversation_id=talk.pk, seq=seq, starred=True)
    assert [row.seq for row in own_queries.starred(cast.bob).rows] == [3, 1]
    assert own_queries.starred(cast.alice).rows == []
    first = own_queries.own_since(cast.bob, 0)
    assert [(mark.message.seq, bool(mark.starred_at)) for mark in first.marks] == [(1, True), (3, True)]
    own_actions.star_message(actor=cast.bob, conversation_id=talk.pk, seq=1, starred=False)
    then = own_queries.own_since(cast.bob, first.sync)
    assert [(mark.message.seq, bool(mark.starred_at)) for mark in then.marks] == [(1, False)]
    assert own_queries.own_since(cast.bob, then.sync).marks == []
    assert own_queries.own_since(cast.bob, then.sync + 1).reload, "a number that was never given out"
    make_block(cast.alice, cast.bob)
    assert own_queries.starred(cast.bob).rows == [], "out of sight with the conversation"


def test_cleared_it_begins_anew_for_one_alone(cast: Cast, talk: Conversation) -> None:
    own_actions.clear_conversation(actor=cast.bob, conversation_id=talk.pk)
    assert texts(cast.bob, talk) == []
    assert conversation_queries.inbox(cast.bob).chats == []
    assert conversation_queries.unread_conversations(cast.bob) == 0
    assert texts(cast.alice, talk) == ["one", "two", "three"]
    say(cast.alice, talk, "four")
    [row] = conversation_queries.inbox(cast.bob).chats
    assert (row.unread, texts(cast.bob, talk)) == (1, ["four"])


def test_muted_archived_and_pinned_are_one_s_own(
    cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_actions, "PINS_LIMIT", 1)
    other = make_chat(cast.dan, cast.bob, "later")
    until = timezone.now() + timedelta(hours=1)
    change = {"muted_until": until, "pinned": True, "draft": " Could we "}
    own_actions.change_conversation(actor=cast.bob, conversation_id=talk.pk, changes=change)
    mine = membership(talk, cast.bob)
    assert (mine.muted_until, mine.draft, membership(talk, cast.alice).draft) == (until, "Could we", "")
    assert [row.conversation.pk for row in conversation_queries.inbox(cast.bob).chats] == [talk.pk, other.pk]
    with pytest.raises(errors.Conflict):
        own_actions.change_conversation(actor=cast.bob, conversation_id=other.pk, changes={"pinned": True})
    own_actions.change_conversation(actor=cast.bob, conversation_id=other.pk, changes={"archived": True})
    assert [row.conversation.pk for row in conversation_queries.inbox(cast.bob).chats] == [talk.pk]
    archived = conversation_queries.inbox(cast.bob, which="archived").chats
    assert [row.conversation.pk for row in archived] == [other.pk]
    unread = conversation_queries.inbox(cast.bob, which="unread").chats
    assert [row.conversation.pk for row in unread] == [talk.pk]
    with pytest.raises(errors.NotFound):
        own_actions.change_conversation(actor=cast.carol, conversation_id=talk.pk, changes={"pinned": True})


# -- Through the doors -------------------------------------------------------------------------------------------------


def test_each_deed_through_the_api(cast: Cast, talk: Conversation) -> None:
    base = f"/api/v1/conversations/{talk.pk}"
    alice, carol = as_(cast.alice), as_(cast.carol)
    calls: list[tuple[str, str, Any, int]] = [
        ("patch", "/messages/1", {"text": "one, better"}, 200),
        ("put", "/messages/1/pin", {}, 200),
        ("delete", "/messages/1/pin", {}, 200),
        ("put", "/messages/1/star", {}, 204),
        ("delete", "/messages/1/star", {}, 204),
        ("patch", "/own", {"archived": True, "draft": "hm"}, 200),
        ("post", "/messages/1/forward", {"to": talk.pk, "client_id": str(uuid.uuid4())}, 201),
        ("get", "/messages/1", None, 200),
        ("get", "/pinned", None, 200),
        ("get", "/own", None, 200),
        ("delete", "/messages/2?whose=mine", {}, 204),
        ("delete", "/messages/3", {}, 204),
        ("post", "/clear", {}, 204),
    ]
    wrong = alice.patch(base + "/messages/1", {"text": ""}, content_type="application/json")
    assert wrong.status_code == 422
    assert "text" in wrong.json()["errors"]
    for method, path, body, status in calls:
        refused = getattr(carol, method)(base + path, body, content_type="application/json")
        assert refused.status_code == 404, (method, path)
        answer = getattr(alice, method)(base + path, body, content_type="application/json")
        assert answer.status_code == status, (method, path, answer.content)
    assert alice.get("/api/v1/conversations/starred").json()["results"] == []
    changes = alice.get("/api/v1/conversations/changes?after=0").json()
    assert [(row["seq"], row["is_hidden"]) for row in changes["messages"]] == [(1, False), (2, True)]
    assert changes["conversations"][0]["draft"] == "hm"
    assert as_(cast.bob).get(base + "/messages/3").json()["is_deleted"] is True
    assert as_(cast.bob).patch(base + "/messages/1", {"text": "x"}, "application/json").status_code == 403


def test_each_deed_by_form(cast: Cast, talk: Conversation) -> None:
    alice = as_(cast.alice)
    page = alice.get(f"/chat/{talk.pk}/1/").content.decode()
    for words in ("Delete for everyone", "Delete for me", "Pin for everybody", "Star it", "Forward", "Answer"):
        assert words in page
    for deed, data in (
        ("edit", {"text": "one, better"}),
        ("star", {"star": "yes"}),
        ("pin", {"pin": "yes"}),
        ("forward", {"to": talk.pk, "client_id": str(uuid.uuid4())}),
    ):
        assert alice.post(f"/chat/{talk.pk}/1/{deed}/", data).status_code == 302, deed
    shown = alice.get(f"/chat/{talk.pk}/").content.decode()
    assert "one, better" in shown
    assert "edited" in shown
    assert "Forwarded" in shown
    assert "one, better" in alice.get("/chat/starred/").content.decode()
    kept = alice.post(f"/chat/{talk.pk}/1/edit/", {"text": ""})
    assert kept.status_code == 422
    assert alice.post(f"/chat/{talk.pk}/1/delete/", {"whose": "everyone"}).status_code == 302
    assert "This message was deleted." in alice.get(f"/chat/{talk.pk}/").content.decode()
    answer = alice.get(f"/chat/{talk.pk}/?reply=2").content.decode()
    assert 'name="reply" value="2"' in answer
    alice.post(f"/chat/{talk.pk}/", {"text": "to two", "reply": 2, "client_id": str(uuid.uuid4())})
    assert Message.objects.order_by("-seq").first().reply_seq == 2  # type: ignore[union-attr]
    for deed in ("mute-day", "pin", "archive", "unarchive", "unpin", "unmute"):
        assert alice.post(f"/chat/{talk.pk}/own/", {"deed": deed}).status_code == 302
    assert alice.post(f"/chat/{talk.pk}/own/", {"deed": "rubbish"}).status_code == 422
    asked = alice.post(f"/chat/{talk.pk}/clear/", {"ask": "Bob"})
    assert "Clear the conversation with Bob for you?" in asked.content.decode()
    assert "to two" in alice.get(f"/chat/{talk.pk}/").content.decode()
    assert alice.post(f"/chat/{talk.pk}/clear/").status_code == 302
    assert "to two" not in alice.get(f"/chat/{talk.pk}/").content.decode()
    carol = as_(cast.carol)
    for path in ("", "edit/", "delete/", "star/", "pin/", "forward/"):
        data = {"text": "x", "to": talk.pk, "client_id": str(uuid.uuid4())}
        send = carol.post if path else carol.get
        assert send(f"/chat/{talk.pk}/2/{path}", data).status_code == 404, path


def test_who_is_parted_by_a_block_quotes_stars_and_forwards_nothing_of_the_other(
    cast: Cast, group: Conversation
) -> None:
    own_actions.star_message(actor=cast.carol, conversation_id=group.pk, seq=1, starred=True)
    change_actions.set_pinned(actor=cast.alice, conversation_id=group.pk, seq=1, pinned=True)
    answer = message_actions.Draft(cast.alice.pk, group.pk, uuid.uuid4(), "to bob", reply_seq=1)
    message_actions.send_messages(batch=[answer])
    make_block(cast.bob, cast.carol)
    assert own_queries.starred(cast.carol).rows == []
    assert [row.text for row in message_queries.pinned(cast.carol, group.pk)] == [""]
    assert message_queries.message(cast.carol, group.pk, 1).text == ""
    shown = conversation_queries.chat(cast.carol, group.pk)
    line = message_queries.thread(cast.carol, shown).lines[-1]
    assert line.quoted is not None
    assert (line.quoted.text, line.quotes) == ("", None)
    with pytest.raises(errors.NotFound):
        message_actions.forward_message(
            actor=cast.carol, conversation_id=group.pk, seq=1, to=group.pk, client_id=uuid.uuid4()
        )
    assert "from bob" not in as_(cast.carol).get(f"/chat/{group.pk}/").content.decode()
    assert "from bob" not in as_(cast.carol).get(f"/chat/{group.pk}/1/?line=1").content.decode()

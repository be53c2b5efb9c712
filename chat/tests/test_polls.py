"""Polls in conversations: asked once, voted in until they end, counted in the message."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_block
from chat import belongings
from chat.actions import changes as change_actions
from chat.actions import messages as message_actions
from chat.actions import polls as poll_actions
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message, MessageVersion
from chat.models.polls import Vote
from chat.queries import answers as answer_queries
from chat.queries import messages as message_queries
from chat.queries import resume as resume_queries
from chat.serializers import messages as message_serializers
from chat.tests.factories import make_chat, make_group, membership
from chat.tests.sockets import site
from core import errors

pytestmark = [pytest.mark.django_db, pytest.mark.both]
later = sync_to_async
CHOICES = ["Soup", "Bread", "Cake"]


def ask(who: User, talk: Conversation, question: str = "What?", **more: Any) -> int:
    given = {"choices": CHOICES, "client_id": uuid.uuid4(), **more}
    return poll_actions.create_poll(actor=who, conversation_id=talk.pk, question=question, **given).seq


def vote(who: User, talk: Conversation, seq: int, *choices: int) -> Message:
    return poll_actions.vote(actor=who, conversation_id=talk.pk, seq=seq, choices=choices)


def stands(talk: Conversation, seq: int) -> tuple[list[int], int]:
    data = Message.objects.get(conversation=talk, seq=seq).data
    assert data
    return data["votes"], data["voters"]


def as_(user: User) -> Client:
    client = Client()
    log_in(client, user)
    return client


def who(viewer: User, talk: Conversation, seq: int, **more: Any) -> list[tuple[str, list[int]]]:
    return sorted(
        (row.member.handle, row.chosen) for row in answer_queries.voters(viewer, talk.pk, seq, **more)[1].rows
    )


def test_a_poll_is_a_message_sent_once(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    name = uuid.uuid4()
    first = poll_actions.create_poll(
        actor=cast.alice, conversation_id=talk.pk, client_id=name, question=" What? ", choices=CHOICES
    )
    again = poll_actions.create_poll(
        actor=cast.alice, conversation_id=talk.pk, client_id=name, question="What?", choices=CHOICES
    )
    assert (first.seq, again.seq, again.again) == (1, 1, True)
    row = Message.objects.get(conversation=talk)
    assert (row.kind, row.text) == ("poll", "What?")
    assert membership(talk, cast.bob).unread is True
    told = message_serializers.shown(row)
    assert told["data"] is None
    assert told["poll"] == {
        "choices": [{"text": text, "votes": 0} for text in CHOICES],
        "voters": 0,
        "is_multiple": False,
        "is_anonymous": False,
        "ends_at": None,
        "closed_at": None,
    }


@pytest.mark.parametrize(
    ("question", "choices", "ends_in", "field"),
    [
        (" ", CHOICES, None, "question"),
        ("x" * 301, CHOICES, None, "question"),
        ("What?", ["one"], None, "choices"),
        ("What?", ["one", " "], None, "choices"),
        ("What?", ["one", "ONE"], None, "choices"),
        ("What?", [str(number) for number in range(11)], None, "choices"),
        ("What?", ["one", "x" * 101], None, "choices"),
        ("What?", CHOICES, 60, "ends_in"),
        ("What?", CHOICES, 10**9, "ends_in"),
    ],
)
def test_what_is_no_poll(cast: Cast, question: str, choices: list[str], ends_in: int | None, field: str) -> None:
    talk = make_chat(cast.alice, cast.bob)
    with pytest.raises(errors.Invalid) as caught:
        ask(cast.alice, talk, question, choices=choices, ends_in=ends_in)
    assert caught.value.field == field
    assert not Message.objects.exists()


def test_votes_are_counted_changed_and_taken_back(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    seq = ask(cast.alice, talk)
    rev = Conversation.objects.get(pk=talk.pk).rev
    vote(cast.bob, talk, seq, 1)
    vote(cast.alice, talk, seq, 1)
    assert stands(talk, seq) == ([0, 2, 0], 2)
    vote(cast.bob, talk, seq, 2)
    assert stands(talk, seq) == ([0, 1, 1], 2)
    before = Conversation.objects.get(pk=talk.pk).rev
    vote(cast.bob, talk, seq, 2, 2)
    assert Conversation.objects.get(pk=talk.pk).rev == before == rev + 3, "the same again changes nothing"
    vote(cast.bob, talk, seq)
    assert stands(talk, seq) == ([0, 1, 0], 1)
    assert answer_queries.own_vote(cast.alice, talk.pk, seq) == [1]
    assert answer_queries.own_vote(cast.bob, talk.pk, seq) == []
    missed = resume_queries.resume(cast.bob, {talk.pk: rev})[talk.pk].messages
    assert [row.data["votes"] for row in missed if row.data] == [[0, 1, 0]]


def test_several_choices_where_that_is_allowed(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    one, many = ask(cast.alice, talk), ask(cast.alice, talk, is_multiple=True)
    for choices in ((0, 1), (3,), (-1,)):
        with pytest.raises(errors.Invalid) as caught:
            vote(cast.bob, talk, one, *choices)
        assert caught.value.field == "choices"
    vote(cast.bob, talk, many, 2, 0)
    assert stands(talk, many) == ([1, 0, 1], 1)


def test_a_poll_ends_by_the_clock_or_its_author(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    timed, open_ = ask(cast.alice, talk, ends_in=3600), ask(cast.alice, talk)
    vote(cast.bob, talk, timed, 0)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        for choices in ((1,), ()):
            with pytest.raises(errors.Conflict):
                vote(cast.bob, talk, timed, *choices)
        vote(cast.bob, talk, timed, 0)  # what stands already is no change
        assert "This poll is over." in as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()
    with pytest.raises(errors.NotAllowed):
        poll_actions.close_poll(actor=cast.bob, conversation_id=talk.pk, seq=open_)
    closed = poll_actions.close_poll(actor=cast.alice, conversation_id=talk.pk, seq=open_)
    assert poll_actions.close_poll(actor=cast.alice, conversation_id=talk.pk, seq=open_).rev == closed.rev
    with pytest.raises(errors.Conflict):
        vote(cast.bob, talk, open_, 1)
    assert stands(talk, timed) == ([1, 0, 0], 1)


def test_who_may_not_see_or_has_not_accepted_does_not_vote(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "words")
    seq = ask(cast.alice, talk)
    for actor, place in ((cast.carol, seq), (cast.bob, 1), (cast.bob, 99), (cast.bob, 0), (cast.bob, 2**63)):
        with pytest.raises(errors.NotFound):
            vote(actor, talk, place, 0)
        with pytest.raises(errors.NotFound):
            who(actor, talk, place)
        with pytest.raises(errors.NotFound):
            poll_actions.close_poll(actor=actor, conversation_id=talk.pk, seq=place)
    Membership.objects.filter(conversation=talk, user=cast.bob).update(is_request=True)
    with pytest.raises(errors.Conflict):
        vote(cast.bob, talk, seq, 0)
    with pytest.raises(errors.NotFound):
        ask(cast.bob, talk)
    with pytest.raises(errors.NotFound):
        ask(cast.carol, talk)


def test_who_voted_for_what_is_shown_to_members_who_may_see_them(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol, cast.dan)
    seq = ask(cast.dan, group)
    for one, choice in ((cast.alice, 0), (cast.bob, 0), (cast.carol, 1)):
        vote(one, group, seq, choice)
    assert who(cast.dan, group, seq) == [("alice", [0]), ("bob", [0]), ("carol", [1])]
    assert who(cast.dan, group, seq, choice=1) == [("carol", [1])]
    make_block(cast.carol, cast.alice)
    assert who(cast.alice, group, seq) == [("alice", [0]), ("bob", [0])]
    assert stands(group, seq) == ([2, 1, 0], 3), "counted, and not named"
    secret = ask(cast.dan, group, is_anonymous=True)
    vote(cast.bob, group, secret, 2)
    with pytest.raises(errors.Conflict):
        who(cast.dan, group, secret)


def test_a_poll_of_somebody_closed_is_a_closed_line(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol)
    seq = ask(cast.alice, group, "the key is where?")
    make_block(cast.alice, cast.carol)
    row = message_queries.messages(cast.carol, group.pk).messages[-1]
    assert (row.is_closed, row.data, message_serializers.shown(row)["poll"]) == (True, None, None)
    with pytest.raises(errors.NotFound):
        vote(cast.carol, group, seq, 0)
    page = as_(cast.carol).get(f"/chat/{group.pk}/").content.decode()
    assert not any(word in page for word in ("the key", "Soup", "data-poll"))


def test_deleted_it_takes_its_votes_along_and_moderators_keep_its_words(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    seq = ask(cast.alice, talk)
    vote(cast.bob, talk, seq, 1)
    change_actions.delete_message(actor=cast.alice, conversation_id=talk.pk, seq=seq)
    assert not Vote.objects.exists()
    assert Message.objects.get().data is None
    assert MessageVersion.objects.get().text == "What?\nSoup\nBread\nCake"
    assert message_serializers.shown(Message.objects.get())["poll"] is None


def test_it_is_neither_forwarded_nor_edited(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    seq = ask(cast.alice, talk)
    with pytest.raises(errors.Conflict) as caught:
        message_actions.forward_message(
            actor=cast.bob, conversation_id=talk.pk, seq=seq, to=talk.pk, client_id=uuid.uuid4()
        )
    assert "poll" in str(caught.value.message)
    with pytest.raises(errors.Conflict):
        change_actions.edit_message(actor=cast.alice, conversation_id=talk.pk, seq=seq, text="Who?")
    assert change_actions.set_pinned(actor=cast.bob, conversation_id=talk.pk, seq=seq, pinned=True).pinned_at


def test_it_is_taken_along_and_goes_with_who_goes(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    seq = ask(cast.alice, talk)
    vote(cast.bob, talk, seq, 1)
    (row,) = belongings.votes(cast.bob)
    assert (row["question"], row["chosen"]) == ("What?", ["Bread"])
    vote(cast.alice, talk, seq, 1)
    for who, mine in ((cast.bob, 1), (cast.alice, 1), (cast.bob, 2)):
        vote(who, talk, seq, mine)
        (said,) = belongings.messages(who)
        found = [(one["text"], one["mine"]) for one in said["poll"]["choices"]]
        assert (said["text"], found) == ("What?", [(text, place == mine) for place, text in enumerate(CHOICES)])
    assert [one["votes"] for one in said["poll"]["choices"]] == [0, 1, 1]
    shown = render_to_string("archives/_message.html", {"row": said})
    for words in ("What?", *CHOICES, "1 vote · your vote", "2 people voted"):
        assert words in " ".join(shown.split()), words
    vote(cast.alice, talk, seq)
    assert belongings.erase_votes(member=cast.bob, take_messages=False) == 1
    assert belongings.erase_votes(member=cast.bob, take_messages=False) == 0
    assert stands(talk, seq) == ([0, 0, 0], 0)
    vote(cast.alice, talk, seq, 0)
    belongings.erase_messages(member=cast.alice, take_messages=True)
    gone = Message.objects.get()
    assert (gone.text, gone.data, Vote.objects.count()) == ("", None, 0)
    assert as_(cast.bob).get(f"/chat/{talk.pk}/").status_code == 200


def test_a_page_costs_one_query_more_however_many_polls(cast: Cast, django_assert_num_queries: Any) -> None:
    talk = make_chat(cast.alice, cast.bob, "words")
    for _time in range(3):
        vote(cast.bob, talk, ask(cast.alice, talk), 1)
    rows = message_queries.messages(cast.bob, talk.pk).messages
    with django_assert_num_queries(2):
        assert sum(one.vote == [1] for one in answer_queries.own(cast.bob, rows).values()) == 3
    with django_assert_num_queries(1):
        answer_queries.own(cast.bob, rows[:1])


def test_the_api(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    alice, bob, carol = as_(cast.alice), as_(cast.bob), as_(cast.carol)
    base = f"/api/v1/conversations/{talk.pk}"
    given = {"client_id": str(uuid.uuid4()), "question": "What?", "choices": CHOICES, "is_multiple": True}
    made = alice.post(f"{base}/polls", given, content_type="application/json")
    assert (made.status_code, made.json()["seq"]) == (201, 1)
    assert alice.post(f"{base}/polls", given, content_type="application/json").status_code == 200
    assert carol.post(f"{base}/polls", given, content_type="application/json").status_code == 404
    assert alice.post(f"{base}/polls", {**given, "choices": ["x"]}, content_type="application/json").status_code == 422
    path = f"{base}/messages/1/vote"
    answer = bob.put(path, {"choices": [0, 2]}, content_type="application/json").json()
    assert [one["votes"] for one in answer["poll"]["choices"]] == [1, 0, 1]
    assert bob.get(path).json() == {"choices": [0, 2]}
    assert carol.get(path).status_code == 404
    listed = alice.get(f"{path}s?choice=2").json()["results"]
    assert [(row["person"]["handle"], row["choices"]) for row in listed] == [("bob", [0, 2])]
    assert alice.get(f"{path}s?choice=1").json()["results"] == []
    assert bob.put(path, {"choices": [7]}, content_type="application/json").status_code == 422
    assert bob.delete(path).json()["poll"]["voters"] == 0
    assert bob.post(f"{base}/messages/1/close").status_code == 403
    assert alice.post(f"{base}/messages/1/close").json()["poll"]["closed_at"]
    assert bob.put(path, {"choices": [1]}, content_type="application/json").status_code == 409
    assert bob.get(f"{base}/messages").json()["results"][0]["poll"]["closed_at"]
    assert bob.get("/api/v1/conversations").json()["results"][0]["last_message"]["poll"]


def test_the_pages_without_script(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    alice, bob = as_(cast.alice), as_(cast.bob)
    path = f"/chat/{talk.pk}/poll/"
    assert alice.get(path).status_code == 200
    given = {"client_id": str(uuid.uuid4()), "question": "What?", "choices": ["Soup", "", "Bread"], "ends_in": "3600"}
    bad = alice.post(path, {**given, "choices": ["Soup"]})
    assert bad.status_code == 422
    assert 'value="Soup"' in bad.content.decode()
    assert "two to ten choices" in bad.content.decode()
    assert alice.post(path, {**given, "question": ""}).status_code == 422
    assert alice.post(path, given).headers["Location"] == f"/chat/{talk.pk}/#end"
    assert as_(cast.carol).get(path).status_code == 404
    page = bob.get(f"/chat/{talk.pk}/").content.decode()
    assert all(word in page for word in ("What?", "Soup", "Bread", "data-poll"))
    assert bob.post(f"/chat/{talk.pk}/1/vote/", {"choice": "1"}).status_code == 302
    assert stands(talk, 1) == ([0, 1], 1)
    page = bob.get(f"/chat/{talk.pk}/").content.decode()
    assert "Take your vote back" in page
    assert "@" not in page.split("data-poll")[1].split("</form>")[0]
    listed = alice.get(f"/chat/{talk.pk}/1/votes/").content.decode()
    assert cast.bob.display_name in listed
    assert bob.post(f"/chat/{talk.pk}/1/vote/", {}).status_code == 302, "nothing ticked is nothing"
    assert bob.post(f"/chat/{talk.pk}/1/vote/", {"choice": "x"}).status_code == 422
    assert bob.post(f"/chat/{talk.pk}/1/vote/", {"back": "yes"}).status_code == 302
    assert stands(talk, 1) == ([0, 0], 0)
    assert "End the poll" in alice.get(f"/chat/{talk.pk}/1/").content.decode()
    assert "End the poll" not in bob.get(f"/chat/{talk.pk}/1/").content.decode()
    assert alice.post(f"/chat/{talk.pk}/1/end/").status_code == 302
    assert bob.post(f"/chat/{talk.pk}/1/vote/", {"choice": "1"}).status_code == 409


@pytest.mark.django_db(transaction=True)
async def test_over_the_socket(cast: Cast) -> None:
    async with site() as here:
        talk = await later(make_chat)(cast.alice, cast.bob)
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        seq = await later(ask)(cast.alice, talk)
        asked = (await bob.until("chat.message"))["data"]
        assert (asked["kind"], [one["text"] for one in asked["poll"]["choices"]]) == ("poll", CHOICES)
        assert "data" not in asked
        assert (await bob.ask("chat.vote", conversation=talk.pk, seq=seq, choices=[1]))["type"] == "ack"
        while "only" not in (heard := (await alice.until("chat.message"))["data"]):
            pass  # her own question
        assert (heard["only"], heard["poll"]["voters"]) == ("votes", 1)
        assert (await bob.ask("chat.vote", conversation=talk.pk, seq=seq, choices=[9]))["field"] == "choices"
        assert (await bob.ask("chat.vote", conversation=talk.pk, seq=seq, choices=[]))["type"] == "ack"

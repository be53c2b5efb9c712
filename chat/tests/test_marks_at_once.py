"""Reactions, votes and cards under many hands at once: the numbers are those of the rows, and nothing deadlocks."""

import random
import uuid
from functools import partial
from typing import Any

import pytest

from accounts.models.people import User
from accounts.tests.factories import make_user
from accounts.tests.test_at_once import at_once
from chat import belongings
from chat.actions import polls as poll_actions
from chat.actions import reactions as reaction_actions
from chat.models.conversations import Conversation, Membership, Role
from chat.models.messages import Message, MessageMark
from chat.models.polls import Vote
from chat.tests.factories import say
from core.tests.webs import opened, reply
from uploads.actions import previews as preview_actions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
KINDS = ["like", "love", "wow", ""]


def crowd(number: int) -> tuple[Conversation, list[User]]:
    people = [make_user(f"person{one}") for one in range(number)]
    group = Conversation.objects.create(kind="group", name="Crowd", members_count=number)
    Membership.objects.bulk_create(Membership(conversation=group, user=one, role=Role.MEMBER) for one in people)
    return group, people


def count_of(message: Message) -> dict[str, int]:
    given = MessageMark.objects.filter(message=message).exclude(reaction="").values_list("reaction", flat=True)
    return {kind: list(given).count(kind) for kind in set(given)}


def in_order(group: Conversation) -> None:
    group.refresh_from_db()
    revs = list(Message.objects.filter(conversation=group).values_list("rev", flat=True))
    assert len(set(revs)) == len(revs)
    assert max(revs) <= group.rev


def test_twenty_react_at_once() -> None:
    group, people = crowd(10)
    seq = say(people[0], group).seq
    chance = random.Random(7)
    work = [
        partial(reaction_actions.react, actor=one, conversation_id=group.pk, seq=seq, kind=chance.choice(KINDS))
        for one in people * 2
    ]
    answers = at_once(*work)
    assert all(isinstance(one, Message) for one in answers), answers
    message = Message.objects.get(conversation=group, seq=seq)
    assert (message.reactions or {}) == count_of(message)
    in_order(group)


def test_twenty_vote_at_once_while_one_is_erased() -> None:
    group, people = crowd(10)
    seq = poll_actions.create_poll(
        actor=people[0],
        conversation_id=group.pk,
        client_id=uuid.uuid4(),
        question="What?",
        choices=["a", "b", "c"],
        is_multiple=True,
    ).seq
    chance = random.Random(7)
    work: list[Any] = [
        partial(
            poll_actions.vote,
            actor=one,
            conversation_id=group.pk,
            seq=seq,
            choices=chance.sample(range(3), chance.randint(0, 3)),
        )
        for one in people * 2
    ]
    work[5] = partial(belongings.erase_votes, member=people[3], take_messages=False)
    answers = at_once(*work)
    assert not any(isinstance(one, Exception) for one in answers), answers
    message = Message.objects.get(conversation=group, seq=seq)
    chosen = list(Vote.objects.filter(message=message).values_list("chosen", flat=True))
    assert message.data
    assert message.data["votes"] == [sum(place in one for one in chosen) for place in range(3)]
    assert message.data["voters"] == len(chosen)
    in_order(group)


def test_a_card_that_comes_while_others_send_the_same_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends locks the card before the conversation, as who has fetched it does."""
    group, people = crowd(8)
    say(people[0], group, "http://site.example/")
    with opened(monkeypatch) as web:
        web.pages["/"] = reply("<title>Here</title>")
        sends = [partial(say, one, group, "http://site.example/") for one in people]
        answers = at_once(*sends, *[preview_actions.fetch_due] * 3)
    assert not any(isinstance(one, Exception) for one in answers), answers
    rows = Message.objects.filter(conversation=group).select_related("link")
    assert {row.link.title for row in rows if row.link} == {"Here"}
    assert rows.count() == 9
    in_order(group)

"""Fifty threads tie and untie the same few people: nothing deadlocks, nothing breaks, and the counters are right."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from accounts.access import friends as friends_access
from accounts.access import people as people_access
from accounts.actions import friends, lists, mutes, relations
from accounts.models.friends import FriendRequest
from accounts.models.lists import ListedPerson, PeopleList
from accounts.models.people import User
from accounts.models.relations import Block, CloseFriend, Follow, Friendship
from accounts.tests.factories import make_user
from accounts.tests.test_at_once import assert_counters_are_right, at_once
from core import errors

pytestmark = pytest.mark.django_db(transaction=True)

TIES = [
    relations.follow, relations.follow, relations.unfollow, relations.remove_follower, relations.accept_request,
    friends.ask, friends.ask, friends.ask, friends.accept, friends.decline, friends.part, friends.add_close,
    friends.remove_close, relations.block, relations.unblock, relations.unblock, mutes.mute, mutes.unmute,
]  # fmt: skip
EXPECTED = {errors.NotFound, errors.TooMany, errors.Conflict}


def storm(people: list[User], *, threads: int, turns: int, seed: int) -> None:
    chance = random.Random(seed)
    kept = {person.pk: lists.make_list(actor=person, name="Some").pk for person in people}

    def call() -> Callable[[], Any]:
        one, other = chance.sample(people, 2)
        act, on = chance.choice(TIES), chance.random() < 0.5
        if chance.random() < 0.1:
            return lambda: relations.set_private(actor=one, private=on)
        if chance.random() < 0.1:
            return lambda: lists.add(actor=one, list_id=kept[one.pk], person=other.pk)
        return lambda: act(actor=one, person=other.pk)

    for _turn in range(turns):
        answers = at_once(*[call() for _number in range(threads)])
        assert {type(one) for one in answers if isinstance(one, Exception)} <= EXPECTED


def assert_ties_are_right() -> None:
    assert_counters_are_right()
    assert relations.recount() == 0, "friends and their requests are counted right, too"
    pairs = set(Friendship.objects.values_list("person_id", "friend_id"))
    assert pairs == {(other, one) for one, other in pairs}, "a friendship stands from both sides"
    assert set(CloseFriend.objects.values_list("owner_id", "friend_id")) <= pairs
    asked = set(friends_access.waiting_requests().values_list("asker_id", "asked_id"))
    assert not asked & pairs, "friends ask no more"
    came = Follow.objects.filter(by_friendship=True).values_list("follower_id", "followed_id")
    assert set(came) <= pairs, "what came with a friendship is gone with it"
    for row in Block.objects.all():
        pair = [row.blocker_id, row.blocked_id]
        assert not Follow.objects.filter(follower__in=pair, followed__in=pair).exists()
        assert not Friendship.objects.filter(person__in=pair, friend__in=pair).exists()
        assert not friends_access.waiting_requests().filter(asker__in=pair, asked__in=pair).exists()
        assert not people_access.waiting_requests().filter(asker__in=pair, asked__in=pair).exists()
        assert not ListedPerson.objects.filter(list__owner__in=pair, person__in=pair).exists()


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_fifty_threads_tie_and_untie_the_same_people() -> None:
    people = [make_user(f"person_{number}", is_private=number == 0) for number in range(4)]
    storm(people, threads=50, turns=6, seed=7)
    assert_ties_are_right()


@pytest.mark.timeout(300)
def test_a_dozen_threads_do_so_on_sqlite() -> None:
    people = [make_user(f"person_{number}", is_private=number == 0) for number in range(4)]
    storm(people, threads=12, turns=4, seed=8)
    assert_ties_are_right()


@pytest.mark.both
def test_two_requests_that_cross_are_one_friendship() -> None:
    for _turn in range(4):
        alice, bob = make_user(), make_user(is_private=True)
        answers = at_once(
            *[lambda alice=alice, bob=bob: friends.ask(actor=alice, person=bob.pk)] * 2,
            *[lambda alice=alice, bob=bob: friends.ask(actor=bob, person=alice.pk)] * 2,
        )
        assert not [one for one in answers if isinstance(one, Exception)]
        assert Friendship.objects.filter(person__in=[alice, bob]).count() == 2
    assert not FriendRequest.objects.exists()
    assert_ties_are_right()


@pytest.mark.both
def test_the_last_place_for_a_list_goes_to_one() -> None:
    alice = make_user("alice")
    PeopleList.objects.bulk_create(PeopleList(owner=alice, name=f"{number}") for number in range(49))
    answers = at_once(*[lambda n=number: lists.make_list(actor=alice, name=f"new {n}") for number in range(6)])
    assert sum(isinstance(one, errors.Conflict) for one in answers) == 5
    assert PeopleList.objects.count() == 50

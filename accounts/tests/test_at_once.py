"""What happens when several do it at the same moment. On PostgreSQL, with real transactions and threads."""

import random
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts import codes
from accounts.access import people as people_access
from accounts.actions import joining, logins, relations
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.relations import Block, Follow
from accounts.tests.factories import make_follow, make_user
from core import delivery, errors
from core.models import Mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Runs the calls together, each in a thread with a connection of its own; exceptions are answers too."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            gate.wait(10)
            return call()
        except errors.SocialError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [one.result(60) for one in [pool.submit(run, call) for call in calls]]


def assert_counters_are_right() -> None:
    for user in User.objects.all():
        assert user.followers_count == Follow.objects.filter(followed=user).count()
        assert user.following_count == Follow.objects.filter(follower=user).count()
        assert user.requests_count == people_access.waiting_requests().filter(asked=user).count()


def test_one_follow_however_often_it_is_sent() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    at_once(*[lambda: relations.follow(actor=bob, person=alice.pk)] * 6)
    assert Follow.objects.count() == 1
    assert_counters_are_right()


def test_many_follow_each_other_and_nothing_deadlocks() -> None:
    people = [make_user(f"person_{number}") for number in range(5)]
    calls = []
    for one in people:
        for other in people:
            if one != other:
                calls.append(lambda one=one, other=other: relations.follow(actor=one, person=other.pk))
    answers = at_once(*calls[:10]) + at_once(*calls[10:])
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert Follow.objects.count() == 20
    assert_counters_are_right()


def test_follow_unfollow_and_block_together_leave_right_counters() -> None:
    for _turn in range(4):
        alice, bob = make_user(), make_user()
        relations.follow(actor=alice, person=bob.pk)
        at_once(
            lambda alice=alice, bob=bob: relations.follow(actor=bob, person=alice.pk),
            lambda alice=alice, bob=bob: relations.unfollow(actor=alice, person=bob.pk),
            lambda alice=alice, bob=bob: relations.block(actor=alice, person=bob.pk),
            lambda alice=alice, bob=bob: relations.block(actor=bob, person=alice.pk),
            lambda alice=alice, bob=bob: relations.follow(actor=bob, person=alice.pk),
        )
        assert Block.objects.filter(blocker__in=[alice, bob]).exists()
        assert not Follow.objects.filter(follower__in=[alice, bob]).exists(), "nobody follows across a block"
    assert_counters_are_right()


def test_twenty_asking_answering_and_switching_at_once_leave_right_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relations, "BATCH", 2)  # so that opening an account takes several
    people = [make_user(f"person_{number}", is_private=number % 2 == 0) for number in range(5)]
    make_follow(people[0], people[1])
    acts = [
        *[relations.follow] * 4, relations.unfollow, relations.accept_request, relations.accept_request,
        relations.decline_request, relations.remove_follower, relations.block, relations.unblock,
    ]  # fmt: skip
    chance = random.Random(7)

    def call() -> Callable[[], Any]:
        one, other = chance.sample(people, 2)
        act, on = chance.choice(acts), chance.random() < 0.5
        if chance.random() < 0.15:
            return lambda: relations.set_private(actor=one, private=on)
        return lambda: act(actor=one, person=other.pk)

    for _turn in range(5):
        answers = at_once(*[call() for _number in range(20)])
        assert {type(one) for one in answers if isinstance(one, Exception)} <= {errors.NotFound, errors.TooMany}
    assert_counters_are_right()
    assert relations.recount() == 0
    for row in Block.objects.all():
        pair = [row.blocker_id, row.blocked_id]
        assert not Follow.objects.filter(follower__in=pair, followed__in=pair).exists()
        assert not people_access.waiting_requests().filter(asker__in=pair, asked__in=pair).exists()


def test_one_request_is_answered_once() -> None:
    alice = make_user("alice", is_private=True)
    for _turn in range(4):
        fan = make_user()
        relations.follow(actor=fan, person=alice.pk)
        at_once(
            lambda fan=fan: relations.accept_request(actor=alice, person=fan.pk),
            lambda fan=fan: relations.accept_request(actor=alice, person=fan.pk),
            lambda fan=fan: relations.decline_request(actor=alice, person=fan.pk),
            lambda fan=fan: relations.unfollow(actor=fan, person=alice.pk),
        )
        assert not people_access.waiting_requests().exists()
    assert_counters_are_right()


def test_one_handle_goes_to_one_of_two() -> None:
    def join(number: int) -> Any:
        return joining.join(
            email=f"{number}@example.org", handle="same", display_name="Same", password_hash="!", language=""
        )

    answers = at_once(*[lambda number=number: join(number) for number in range(4)])
    refused = [answer for answer in answers if isinstance(answer, errors.Invalid)]
    assert len(refused) == 3
    assert {error.field for error in refused} == {"handle"}
    assert User.objects.count() == 1


def test_one_owner_from_one_link() -> None:
    token = joining.make_owner_link().rstrip("/").rpartition("/")[2]

    def make(number: int) -> Any:
        return joining.make_owner(
            token=token, email=f"{number}@x.org", handle=f"own{number}", display_name="O", password_hash="!"
        )

    answers = at_once(*[lambda number=number: make(number) for number in range(4)])
    assert sum(isinstance(answer, User) for answer in answers) == 1
    assert sum(isinstance(answer, errors.NotFound) for answer in answers) == 3
    assert User.objects.filter(is_superuser=True).count() == 1


def test_parallel_guesses_are_counted_one_by_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    compare = codes.compare_user_code

    def counting(*, actual: str, expected: str) -> bool:
        compared.append(actual)
        return compare(actual=actual, expected=expected)

    monkeypatch.setattr(codes, "compare_user_code", counting)
    form = {"email": "n@example.org", "handle": "newcomer", "display_name": "N", "password": "four quiet grey geese"}
    client.post("/signup/", form)
    code = re.search(r"\b(\d{6})\b", Mail.objects.get().body)[1]
    key = client.session.session_key

    def guess(number: int) -> int:
        browser = Client()
        browser.cookies["session"] = key
        return browser.post("/signup/code/", {"code": f"{(int(code) + 1 + number) % 10**6:06}"}).status_code

    answers = at_once(*[lambda number=number: guess(number) for number in range(12)])
    assert len(compared) == 5, "five guesses, however many at once"
    assert answers.count(422) == 4
    assert client.post("/signup/code/", {"code": code}).status_code == 302
    assert not User.objects.exists()


def test_the_right_code_twice_at_once_makes_one_member(client: Client) -> None:
    form = {"email": "n@example.org", "handle": "newcomer", "display_name": "N", "password": "four quiet grey geese"}
    client.post("/signup/", form)
    code = re.search(r"\b(\d{6})\b", Mail.objects.get().body)[1]
    key = client.session.session_key

    def enter() -> int:
        browser = Client()
        browser.cookies["session"] = key
        return browser.post("/signup/code/", {"code": code}).status_code

    assert at_once(*[enter] * 4) == [302] * 4
    assert User.objects.count() == 1
    assert Device.objects.count() == 1


def test_two_refreshes_at_once_get_the_same_successor() -> None:
    pair = logins.log_in_app(actor=make_user("alice"))
    answers = at_once(*[lambda: logins.refresh_tokens(refresh=pair.refresh)] * 4)
    assert len({answer.refresh for answer in answers}) == 1
    assert answers[0].refresh != pair.refresh
    assert Device.objects.get().ended_at is None


def test_two_senders_send_each_mail_once(mailoutbox: list[Any]) -> None:
    for number in range(30):
        delivery.queue_mail(to=f"{number}@example.org", subject="Hi", body="Hello")
    at_once(*[lambda: [delivery.send_due() for _turn in range(3)]] * 3)
    assert len(mailoutbox) == 30
    assert len({message.to[0] for message in mailoutbox}) == 30


def test_logins_seen_and_ended_at_once_neither_deadlock_nor_come_back() -> None:
    """Processes look at the same logins in any order while their member logs out everywhere."""
    alice, long_ago = make_user("alice"), timezone.now() - timedelta(hours=1)
    ids = [logins.start_device(actor=alice, session_key=f"key{number}").pk for number in range(20)]
    Device.objects.update(seen_at=long_ago)
    see = [lambda ids=order: logins.see_devices(ids=ids, address="192.0.2.5") for order in (ids, ids[::-1], ids[5:])]
    answers = at_once(*see, lambda: logins.end_devices(actor=alice), *see)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert not Device.objects.filter(ended_at__isnull=True).exists()
    assert not Device.objects.filter(address__isnull=False).exists()

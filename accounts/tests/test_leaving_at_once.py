"""Leaving, when several things happen at the same moment."""

import pytest
from django.utils import timezone

from accounts import registry
from accounts.actions import archives, life, relations
from accounts.models.archives import Export
from accounts.models.life import Departure
from accounts.models.people import User
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.test_at_once import at_once
from core import errors
from core.models import AuditEntry
from feed.actions import comments as comment_actions
from feed.actions import posts as post_actions
from feed.actions import reactions as reaction_actions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def test_of_the_last_two_owners_one_stays() -> None:
    for turn in range(3):
        Departure.objects.all().delete()
        User.objects.update(is_superuser=False)
        one, other = (make_user(f"owner_{name}{turn}", is_superuser=True) for name in "ab")
        answers = at_once(
            *[
                lambda who=who: life.request_deletion(actor=who, password=PASSWORD, login=None, take_messages=False)
                for who in (one, other)
            ]
        )
        assert sum(isinstance(answer, errors.Conflict) for answer in answers) == 1
        assert Departure.objects.count() == 1


def test_one_export_however_often_it_is_asked_for() -> None:
    alice = make_user("alice")
    answers = at_once(*[lambda: archives.start_export(actor=alice)] * 6)
    assert {answer.pk for answer in answers} == {Export.objects.get().pk}
    built = at_once(*[lambda: archives.build_export(export_id=answers[0].pk)] * 3)
    assert sorted(built) == [False, False, True]


def test_asked_for_twice_is_noted_once() -> None:
    for now in (False, True):
        alice = make_user()
        at_once(*[lambda alice=alice, now=now: life.request_deletion_of(actor=None, member=alice, now=now)] * 4)
        said = AuditEntry.objects.filter(action="accounts.delete_user", subject=f"user:{alice.pk}")
        assert said.count() == 1


def test_stopped_or_begun_never_both() -> None:
    for _turn in range(5):
        alice = make_user()
        life.request_deletion_of(actor=None, member=alice, now=True)
        _none, erased = at_once(
            lambda alice=alice: life.cancel_deletion(actor=alice),
            lambda alice=alice: life.erase_member(member_id=alice.pk),
        )
        left = User.objects.filter(pk=alice.pk)
        assert left.exists() is not erased
        assert erased or left.get().hidden_at is None


def test_erasure_beside_the_others_keeps_their_counts() -> None:
    alice, bob, carol, dan = (make_user(name) for name in ("alice", "bob", "carol", "dan"))
    posts = [post_actions.create_post(actor=bob, text="bread", audience="public").pk for _number in range(6)]
    for post in posts:
        for who in (alice, carol):
            reaction_actions.react(actor=who, post_id=post, kind="love")
            comment_actions.comment(actor=who, post_id=post, text="soup")
    relations.follow(actor=alice, person=bob.pk)
    relations.follow(actor=bob, person=alice.pk)
    life.request_deletion_of(actor=None, member=alice, now=True)
    at_once(
        *[lambda: life.erase_member(member_id=alice.pk)] * 2,
        *[lambda post=post: reaction_actions.react(actor=carol, post_id=post, kind="wow") for post in posts[:3]],
        *[lambda post=post: comment_actions.comment(actor=dan, post_id=post, text="tea") for post in posts[:3]],
        lambda: relations.follow(actor=carol, person=bob.pk),
        lambda: relations.follow(actor=dan, person=bob.pk),
    )
    life.erase_member(member_id=alice.pk)
    assert not User.objects.filter(pk=alice.pk).exists()
    counts = {name: recount for name, recount in registry.recounts.items() if name != "trends"}  # these fade
    assert {name: recount() for name, recount in counts.items()} == dict.fromkeys(counts, 0)
    assert AuditEntry.objects.filter(action="accounts.erased").count() == 1
    assert not Departure.objects.filter(due_at__lte=timezone.now()).exists()

"""Subscribers that are passed over: nobody is woken for events that they do not read, and nobody misses one."""

import pytest
from django.db import transaction

from core import outbox
from core.models import Pulse, Subscriber

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@outbox.event(subject="walk:{thing}")
class Walked:
    """Something for tests."""

    thing: int
    step: int


@outbox.event(subject="rest:{thing}")
class Rested:
    """Something else."""

    thing: int


@pytest.fixture(autouse=True)
def only_our_subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "subscriptions", {})


def note(fact: Walked) -> None:
    Pulse.objects.create(name=f"{fact.thing}-{fact.step}")


def notes() -> list[str]:
    return list(Pulse.objects.order_by("id").values_list("name", flat=True))


def walk(thing: int, *steps: int) -> None:
    for step in steps:
        with transaction.atomic():
            outbox.emit(Walked(thing=thing, step=step))


def test_nobody_is_woken_for_what_they_do_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.subscribes(Walked, name="test.reads")(note)
    outbox.subscribes(Rested, name="test.idle")(lambda _fact: None)
    outbox.number_events()
    walk(1, 1, 2)
    outbox.number_events()
    assert outbox.behind() == ["test.reads"]
    while outbox.deliver("test.reads"):
        pass
    assert notes() == ["1-1", "1-2"]
    with transaction.atomic():
        outbox.emit(Rested(thing=1))
    outbox.number_events()
    assert outbox.behind() == ["test.idle"]
    assert outbox.deliver("test.idle") == 1
    # A fact that this code does not know: newer code may have given it to anybody.
    walk(2, 1)
    monkeypatch.setattr(outbox, "kinds", {})
    outbox.number_events()
    assert outbox.behind() == ["test.idle", "test.reads"]


def test_who_is_behind_or_being_served_is_not_passed_over() -> None:
    outbox.subscribes(Rested, name="test.idle")(lambda _fact: None)
    outbox.subscribes(Walked, name="test.reads")(note)
    outbox.number_events()
    with transaction.atomic():
        outbox.emit(Rested(thing=1))
    outbox.number_events()
    walk(1, 1)
    outbox.number_events()
    assert outbox.behind() == ["test.idle", "test.reads"]
    assert Subscriber.objects.get(name="test.idle").position < Subscriber.objects.get(name="test.reads").position

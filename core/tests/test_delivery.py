"""Mail on its way out: claims, pauses between attempts, the end."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from core import delivery, tasks
from core.models import Mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(timezone.now(), tick=False) as made:
        yield made


@pytest.fixture
def dead_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(self: EmailMultiAlternatives, *args: Any, **kwargs: Any) -> int:
        raise SMTPServerDisconnected("gone, with words of the mail")

    monkeypatch.setattr(EmailMultiAlternatives, "send", send)


def queue(**changes: Any) -> Mail:
    return delivery.queue_mail(**{"to": "a@example.org", "subject": "Hi", "body": "Words", "html": "<p>W", **changes})


def test_five_attempts_with_growing_pauses_then_empty(clock: Any, dead_server: None) -> None:
    mail = queue()
    for attempt, pause in enumerate((*delivery.BACK_OFF, 10**6), start=1):
        assert delivery.send_due() == 1
        mail.refresh_from_db()
        assert mail.attempts == attempt
        assert mail.error == "SMTPServerDisconnected"
        assert delivery.send_due() == 0, "not before its time"
        clock.shift(timedelta(seconds=pause))
    assert (mail.state, mail.body, mail.html) == ("failed", "", "")
    assert delivery.send_due() == 0


def test_a_claim_keeps_others_away_and_ends(clock: Any, mailoutbox: list[Any]) -> None:
    mail = queue()
    assert delivery._claim() == mail
    assert delivery.send_due() == 0
    clock.shift(delivery.CLAIM)
    assert delivery.send_due() == 1
    assert len(mailoutbox) == 1
    mail.refresh_from_db()
    assert mail.state == "sent"


def test_a_sender_that_was_too_slow_does_not_mark_what_another_took(clock: Any) -> None:
    queue()
    slow = delivery._claim()
    assert slow
    clock.shift(delivery.CLAIM)
    fast = delivery._claim()
    assert fast
    delivery._failed(slow, "TimeoutError")
    fresh = Mail.objects.get()
    assert (fresh.claimed_until, fresh.error) == (fast.claimed_until, "")


def test_old_mail_is_not_sent(clock: Any, mailoutbox: list[Any]) -> None:
    mail = queue(lives=timedelta(minutes=5))
    clock.shift(timedelta(minutes=5))
    assert delivery.send_due() == 0
    mail.refresh_from_db()
    assert (mail.state, mail.body, mail.html) == ("expired", "", "")
    assert not mailoutbox


def test_the_task_sends_all_of_it(mailoutbox: list[Any]) -> None:
    for _turn in range(3):
        queue()
    tasks.send_mail()
    assert len(mailoutbox) == 3


def test_a_sender_that_dies_holds_up_no_other_mail(mailoutbox: list[Any]) -> None:
    queue(to="first@example.org")
    queue(to="second@example.org")
    delivery._claim()  # and it is never heard of again
    assert delivery.send_due() == 1
    assert [mail.to for mail in mailoutbox] == [["second@example.org"]]


def test_what_is_done_is_forgotten_after_a_week(clock: Any, mailoutbox: list[Any]) -> None:
    queue()
    delivery.send_due()
    waiting = queue()
    clock.shift(delivery.KEPT + timedelta(seconds=1))
    assert delivery.prune() == 1
    assert list(Mail.objects.all()) == [waiting]

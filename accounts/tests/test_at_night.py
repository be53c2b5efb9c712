"""What the clock does for accounts."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.actions import logins
from accounts.models.logins import Device
from accounts.tests.factories import Cast, log_in
from core import chores

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_sessions_and_logins_that_are_over_are_forgotten(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else addresses and password hashes of people who never finished joining would stay for ever."""
    monkeypatch.setattr(logins, "BATCH", 2)
    now, month = timezone.now(), timedelta(days=31)
    stands = log_in(Client(), cast.alice)
    app = logins.log_in_app(actor=cast.alice)
    for number in range(5):
        unfinished = SessionStore()
        unfinished["accounts_join"] = {"person": {"email": f"{number}@example.org"}}
        unfinished.set_expiry(now - timedelta(seconds=1))
        unfinished.save()
    ended = logins.start_device(actor=cast.bob, session_key="")
    lapsed = Device.objects.exclude(pk__in=[stands.pk, ended.pk]).get()
    fresh = logins.start_device(actor=cast.bob, session_key="a session that is gone")
    lost = logins.start_device(actor=cast.bob, session_key="another that is gone")
    Device.objects.filter(pk=ended.pk).update(ended_at=now - month)
    Device.objects.filter(pk=lost.pk).update(created_at=now - month)
    tasks.forget()
    assert list(Session.objects.values_list("pk", flat=True)) == [stands.session_key]
    assert set(Device.objects.all()) == {stands, lapsed, fresh}
    assert app.access
    Device.objects.filter(pk=lapsed.pk).update(refreshed_at=now - month)
    tasks.forget()
    assert set(Device.objects.all()) == {stands, fresh}


def test_one_step_that_fails_stops_none_behind_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> int:
        raise RuntimeError

    month = timezone.now() - timedelta(days=31)
    over = logins.start_device(actor=cast.bob, session_key="gone")
    Device.objects.filter(pk=over.pk).update(ended_at=month)
    steps = ("sso.forget_sso", "applications.forget_applications", "addresses.forget_changes", "shelf.drop_stray")
    done: list[str] = []
    for step in steps:
        monkeypatch.setattr(f"accounts.actions.{step}", lambda name=step: done.append(name))
    with monkeypatch.context() as broken:
        broken.setattr(logins, "forget_logins", fails)
        tasks.forget()
    assert (tuple(done), Device.objects.filter(pk=over.pk).exists()) == (steps, True)
    assert ["fails: RuntimeError" in finding.says for finding in chores.findings()] == [True]
    tasks.forget()
    assert not Device.objects.filter(pk=over.pk).exists()

"""The mail about a login from something new."""

import pytest
from django.conf import settings
from django.test import Client

from accounts import places
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.tests.factories import Cast, make_user
from accounts.tests.test_api import App
from accounts.tests.test_devices import SAFARI, TUSKY, browser, device_of
from core.models import Mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(cast: Cast) -> Client:
    return browser(cast.alice)


def app_login() -> None:
    made = App()
    made.client = Client(headers={"user-agent": TUSKY}, REMOTE_ADDR="198.51.100.9")
    assert made.log_in().status_code == 200


def mails() -> list[Mail]:
    return list(Mail.objects.order_by("pk"))


@pytest.mark.both
def test_a_login_from_something_new_is_written_to_its_member(cast: Cast, mine: Client) -> None:
    assert mails() == []
    browser(cast.alice)
    assert mails() == [], "the same browser on the same system stands already"
    browser(cast.alice, SAFARI, "192.0.2.5")
    [mail] = mails()
    assert (mail.to, mail.subject) == ("alice@example.org", f"New login to {settings.SITE_NAME}")
    for text in (mail.body, mail.html):
        for word in ("Safari on iPhone", "192.0.2.5", "UTC", f"{settings.SITE_URL}/settings/devices/"):
            assert word in text


def test_an_apps_login_is_written_too(mine: Client) -> None:
    app_login()
    [mail] = mails()
    assert "Tusky on Android" in mail.body


def test_the_first_login_ever_is_not(cast: Cast) -> None:
    app_login()
    assert mails() == []
    assert Device.objects.count() == 1


def test_who_logs_out_every_evening_is_nobody_new(cast: Cast, mine: Client) -> None:
    mine.post("/logout/")
    browser(cast.alice)
    assert mails() == []


def test_whoever_comes_back_after_all_is_forgotten_is_written_to(cast: Cast) -> None:
    browser(cast.alice)
    Device.objects.all().delete()
    browser(cast.alice)
    app = App()
    Device.objects.all().delete()
    app.log_in()
    assert len(mails()) == 2


def test_the_mail_speaks_the_members_language_and_names_the_place(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.filter(pk=cast.alice.pk).update(language="vi")
    monkeypatch.setattr(places, "place", lambda address: "Hà Nội")
    browser(cast.alice)
    browser(cast.alice, SAFARI)
    [mail] = mails()
    assert 'lang="vi"' in mail.html
    assert "Hà Nội" in mail.body


def test_a_wrong_password_is_no_login(cast: Cast, mine: Client) -> None:
    thief = Client(headers={"user-agent": SAFARI})
    thief.post("/login/", {"login": "alice", "password": "wrong password"})
    assert mails() == []
    assert not Device.objects.exclude(pk=device_of(mine).pk).exists()


def test_others_logins_say_nothing_about_mine(cast: Cast, mine: Client) -> None:
    browser(make_user("erin"), SAFARI)
    assert mails() == []

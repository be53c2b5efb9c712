"""Where the code of a move to another address waits: in a session of its own, for one member, wherever they are."""

import hashlib
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import moving, tasks
from accounts.actions import addresses, erasure
from accounts.adapters import AccountAdapter
from accounts.models.addresses import AddressChange
from accounts.models.people import User
from accounts.tests.factories import make_user
from accounts.tests.test_addresses import CODE_PAGE, NEW, PAGE, app_of, ask, has_moved, way_back, wrong
from accounts.tests.test_codes import newest_code
from accounts.tests.test_erasure import places_of
from accounts.tests.test_factors import enter
from core import delivery
from core.models import Mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def mine(alice: User, client: Client) -> Client:
    enter(client)
    return client


@pytest.mark.both
def test_the_code_stands_in_a_session_of_its_own_and_nowhere_else(
    mine: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "zqxjkvwyzq"  # six digits might stand anywhere by chance
    monkeypatch.setattr(AccountAdapter, "generate_email_verification_code", lambda self: code)
    mine.post(PAGE, {"email": NEW})
    assert code in Mail.objects.get(to=NEW).body
    delivery.send_due()
    assert places_of(code) == ["sessions, opened"], "sent and emptied"
    digests = [hashlib.new(kind, code.encode()).hexdigest() for kind in ("md5", "sha1", "sha256", "sha512")]
    assert not any(places_of(digest) for digest in digests)
    assert {column.name for column in AddressChange._meta.fields} == {
        "id", "user", "old", "new", "undo_digest", "created_at", "done_at", "undone_at",
    }  # fmt: skip
    holding = [row for row in Session.objects.all() if code in str(row.get_decoded())]
    assert [row.session_key for row in holding] == [moving.session_key(alice.pk)] != [mine.session.session_key]
    assert "_auth_user_id" not in holding[0].get_decoded(), "whoever knew its key would be nobody"


def waits(user: User) -> bool:
    return Session.objects.filter(pk=moving.session_key(user.pk)).exists()


def test_the_session_goes_when_it_is_used_undone_or_over(alice: User) -> None:
    with time_machine.travel("2030-01-01 10:00", tick=False) as clock:
        addresses.ask(actor=alice, email=NEW)
        addresses.ask(actor=alice, email="newer@example.org")
        assert Session.objects.count() == 1, "a newer one takes its place"
        row = Session.objects.get()
        assert row.expire_date == timezone.now() + timedelta(seconds=300)
        clock.shift(299)
        assert moving.waiting(alice).email == "newer@example.org"
        tasks.forget()
        assert waits(alice)
        clock.shift(2)
        assert moving.waiting(alice) is None
        tasks.forget()
        assert not waits(alice)
        addresses.ask(actor=alice, email=NEW)
        addresses.confirm(actor=alice, code=newest_code(NEW))
        assert not waits(alice)
        alice.refresh_from_db()
        addresses.ask(actor=alice, email="further@example.org")
        addresses.disown(token=way_back().split("/")[2])
        assert not waits(alice)


def test_the_session_goes_with_the_account(alice: User) -> None:
    bob = make_user("bob")
    addresses.ask(actor=alice, email=NEW)
    addresses.ask(actor=bob, email="bobs@example.org")
    erasure.erase_sessions(member=alice, take_messages=False)
    assert not waits(alice)
    assert waits(bob)


def test_page_and_app_share_one_wish(mine: Client, alice: User) -> None:
    app = app_of(alice, age=10)
    mine.post(PAGE, {"email": NEW})
    code = newest_code(NEW)
    for _turn in range(2):
        assert ask(app, "email/confirm", code=wrong(code)).status_code == 422
        assert mine.post(CODE_PAGE, {"code": wrong(code)}).status_code == 422
    assert ask(app, "email/confirm", code=wrong(code)).status_code == 422, "the fifth, wherever they came from"
    assert ask(app, "email/confirm", code=code).status_code == 409
    assert mine.post(CODE_PAGE, {"code": code})["Location"] == PAGE
    assert ask(app, "email", email="other@example.org").status_code == 202
    assert mine.post(CODE_PAGE, {"code": newest_code("other@example.org")})["Location"] == "/settings/account/"
    assert has_moved(alice, "other@example.org")

"""What the office and the clock ask of large tables goes over an index, and costs the same however large they are."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.access import api_tokens as api_token_access
from accounts.actions import erasure, logins
from accounts.models.people import User
from accounts.queries import api_tokens as api_token_queries
from accounts.sessions import UNFINISHED, SessionStore
from accounts.tests.factories import Cast, log_in, make_user
from core import audit, delivery
from core.models import AuditEntry, Event, Mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]

MANY = 3000


@pytest.fixture
def owner(cast: Cast) -> User:
    return make_user("owner_", is_superuser=True, is_staff=True)


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_bots_among_many_members(owner: User, django_assert_num_queries: Any) -> None:
    User.objects.bulk_create(
        User(handle=f"person{number}", email=f"{number}@x.example", display_name="P", is_bot=number % 1000 == 0)
        for number in range(MANY)
    )
    analyze()
    plan = api_token_access.visible_bots(owner).order_by("-id")[:21].explain()
    assert "user_bots" in plan, plan
    with django_assert_num_queries(1):
        page = api_token_queries.bots(viewer=owner)
    assert [bot.handle for bot in page.rows] == ["person2000", "person1000", "person0"]


def test_mails_of_one_address(cast: Cast) -> None:
    now = timezone.now()
    Mail.objects.bulk_create(Mail(to=f"{number}@x.example", claimed_until=now) for number in range(MANY))
    analyze()
    plan = Mail.objects.filter(to__in=["7@x.example", "8@x.example"]).explain()
    assert "mail_to" in plan, plan
    assert delivery.forget(to=["7@x.example", "8@x.example"]) == 2
    assert Mail.objects.count() == MANY - 2


def test_the_audit_trail_by_what_was_done(owner: User, client: Client, django_assert_max_num_queries: Any) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(action=f"accounts.deed{number % 1000 and 2}", subject=f"user:{number}") for number in range(MANY)
    )
    analyze()
    plan = AuditEntry.objects.filter(action="accounts.deed0").order_by("-id")[:101].explain()
    assert "audit_by_action" in plan, plan
    with connection.cursor() as cursor:
        cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {audit.ACTIONS}")
        steps = "\n".join(str(row) for row in cursor.fetchall())
    assert "audit_by_action" in steps
    assert "Seq Scan on core_auditentry" not in steps
    assert audit.actions() == ["accounts.deed0", "accounts.deed2"]
    log_in(client, owner)
    with django_assert_max_num_queries(10) as asked:
        page = client.get("/admin/core/auditentry/?action=accounts.deed0").content.decode()
    assert "user:2000" in page
    assert "user:2999" not in page
    assert "accounts.deed2" in page, "in the filter"
    assert "COUNT(" not in str(asked.captured_queries).upper()
    assert "99999" not in page


def test_the_event_log_by_name(owner: User, client: Client, django_assert_max_num_queries: Any) -> None:
    Event.objects.bulk_create(
        Event(name=f"core.Deed{number % 100 and 1}", subject=f"user:{number}", number=number + 10**6)
        for number in range(MANY)
    )
    analyze()
    log_in(client, owner)
    with django_assert_max_num_queries(10) as asked:
        page = client.get("/admin/core/event/?name=core.Deed0").content.decode()
    assert "user:2900" in page
    assert "user:2999" not in page
    assert "accounts.UserJoined" in page, "in the filter: what the rooms announce"
    sql = str(asked.captured_queries).upper()
    assert "DISTINCT" not in sql
    assert "COUNT(" not in sql
    listed = next(one["sql"] for one in asked.captured_queries if "core.Deed0" in one["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {listed}")
        steps = "\n".join(str(row) for row in cursor.fetchall())
    assert "event_by_name" in steps, steps


def test_tables_of_members_are_not_counted_for_each_page_of_the_admin(
    owner: User, cast: Cast, client: Client, django_assert_max_num_queries: Any
) -> None:
    log_in(client, owner)
    for table in ("follow", "device", "block", "export", "invitation"):
        with django_assert_max_num_queries(10) as asked:
            assert client.get(f"/admin/accounts/{table}/").status_code == 200
        assert "COUNT(" not in str(asked.captured_queries).upper(), table


def test_an_empty_trail_has_no_actions(db: None) -> None:
    assert audit.actions() == []


def test_sessions_are_found_by_their_logins(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    theirs, other = log_in(Client(), cast.alice), log_in(Client(), cast.bob)
    for number in range(50):
        store = SessionStore()
        store["reset"] = {"email": f"{number}@example.org"}
        store.save()
    monkeypatch.setattr(Session, "get_decoded", lambda row: pytest.fail("all sessions were opened"))
    with django_assert_num_queries(3):  # savepoint, delete, release
        assert erasure.erase_sessions(member=cast.alice, take_messages=False) == 1
    left = set(Session.objects.values_list("pk", flat=True))
    assert theirs.session_key not in left
    assert other.session_key in left
    assert len(left) == 51


def test_steps_that_nobody_finishes_are_forgotten_within_a_day(cast: Cast, client: Client) -> None:
    client.post("/reset/", {"email": cast.alice.email})
    log_in(Client(), cast.alice)
    by_whom = {"_auth_user_id" in row.get_decoded(): row for row in Session.objects.all()}
    now = timezone.now()
    assert by_whom[False].expire_date <= now + timedelta(seconds=UNFINISHED)
    assert by_whom[True].expire_date > now + timedelta(days=29)
    Session.objects.filter(pk=by_whom[False].pk).update(expire_date=now)
    logins.forget_logins()
    assert list(Session.objects.all()) == [by_whom[True]]


def test_the_page_of_a_role_costs_the_same_however_many_permissions_there_are(
    owner: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    group = Group.objects.create(name="gardeners")
    group.permissions.add(*Permission.objects.all()[:20])
    log_in(client, owner)
    assert Permission.objects.count() > 100
    with django_assert_max_num_queries(6):
        assert client.get(f"/admin/auth/group/{group.pk}/change/").status_code == 200

"""Queries that are compiled once: they answer for who asks, when they ask, as the querysets themselves do."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg import generators, pq

from accounts.access import people as people_access
from accounts.actions import relations
from accounts.models.people import User
from accounts.models.relations import Follow
from accounts.tests.factories import Cast, make_user
from core import prepared

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def visible(viewer: Any) -> QuerySet[User]:
    return people_access.visible_people(viewer)


def with_ties(viewer: Any) -> QuerySet[User]:
    mine = Follow.objects.filter(follower_id=people_access.viewer_id(viewer) or 0, followed=OuterRef("pk"))
    return visible(viewer).select_related("avatar").annotate(is_followed=Exists(mine), said=Value("5 % of 'all'"))


def handles(rows: QuerySet[User], _viewer: Any) -> QuerySet[User, Any]:
    return rows.values_list("handle", flat=True)


def everybody() -> list[int]:
    return list(User.objects.values_list("pk", flat=True))


def test_each_viewer_gets_their_own_rows(cast: Cast) -> None:
    relations.block(actor=cast.alice, person=cast.mallory.pk)
    for viewer in (cast.alice, cast.bob, cast.mallory, AnonymousUser(), None):
        found = prepared.rows(visible, viewer, everybody())
        assert {row.pk for row in found} == set(visible(viewer).values_list("pk", flat=True))
    assert cast.mallory not in prepared.rows(visible, cast.alice, everybody())
    assert cast.mallory in prepared.rows(visible, cast.bob, everybody())


def test_rows_are_whole(cast: Cast) -> None:
    Follow.objects.get_or_create(follower=cast.bob, followed=cast.alice)
    [row] = prepared.rows(with_ties, cast.bob, [cast.alice.pk])
    assert (row.is_followed, row.said, row.handle, row.avatar) == (True, "5 % of 'all'", "alice", None)
    with CaptureQueriesContext(connection) as seen:
        assert row.avatar is None
        assert row.display_name
    assert not len(seen)
    assert prepared.rows(with_ties, cast.bob, [cast.alice.pk, cast.alice.pk], handles) == ["alice"]
    assert prepared.rows(with_ties, cast.bob, ["bob", "nobody"], handles, by="handle") == ["bob"]


def test_nothing_is_asked_for_nothing_and_for_what_no_table_holds(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as seen:
        assert prepared.rows(visible, cast.bob, []) == []
        assert prepared.rows(visible, cast.bob, [2**63, -(2**70)]) == []
    assert not len(seen)


def test_an_hour_does_not_stay(cast: Cast) -> None:
    cast.alice.suspended_until = timezone.now() + timedelta(hours=1)
    cast.alice.save()
    assert prepared.rows(visible, cast.bob, [cast.alice.pk]) == []
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert prepared.rows(visible, cast.bob, [cast.alice.pk]) == [cast.alice]


def joined_lately(people: Any) -> QuerySet[Any, Any]:
    since = prepared.now() - timedelta(days=7)
    return User.objects.filter(id__among=people, created_at__gt=since, is_active=True).values_list("handle")


def kept(people: Any) -> QuerySet[Any, Any]:
    return User.objects.filter(id__among=people, created_at__gt=timezone.now())


def test_a_question_is_compiled_once_and_its_times_go_on(cast: Cast) -> None:
    question = prepared.Question(joined_lately, "people")
    asked = question.among(people=[cast.alice.pk, cast.bob.pk])
    assert sorted(prepared.execute(*asked)) == [("alice",), ("bob",)]
    assert question.among(people=[cast.bob.pk])[0] is asked[0]
    assert prepared.execute(*question.among(people=[])) == []
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        assert prepared.execute(*question.among(people=[cast.bob.pk])) == [("bob",)]
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert prepared.execute(*question.among(people=[cast.bob.pk])) == []
    with pytest.raises(TypeError, match=r"prepared\.now"):
        prepared.Question(kept, "people").among(people=[cast.bob.pk])


def of_this_hour(_viewer: Any) -> QuerySet[User]:
    return User.objects.filter(last_login__lt=timezone.now())


def of_staff(viewer: Any) -> QuerySet[User]:
    return User.objects.all() if viewer.is_staff else User.objects.none()


def test_what_would_be_kept_wrongly_is_refused(cast: Cast) -> None:
    with pytest.raises(TypeError, match=r"prepared\.now"):
        prepared.rows(of_this_hour, cast.bob, [1])
    with pytest.raises(AttributeError, match="is_staff"):
        prepared.rows(of_staff, cast.bob, [1])
    with pytest.raises(TypeError, match="functions of a module"):
        prepared.rows(lambda viewer: visible(viewer), cast.bob, [1])


def nobody(viewer: Any) -> QuerySet[User]:
    return visible(viewer) if viewer else User.objects.none()


def test_what_is_empty_for_all_is_empty(cast: Cast) -> None:
    assert prepared.rows(nobody, None, [cast.bob.pk]) == []
    assert prepared.rows(nobody, cast.alice, [cast.bob.pk]) == [cast.bob]


def odd(_viewer: Any) -> QuerySet[User]:
    return User.objects.filter(~Q(handle="100%"), ~Q(handle="it's"), ~Q(handle="%s"), is_active=True)


def test_constants_stand_in_the_statement(cast: Cast) -> None:
    assert prepared.rows(odd, None, [cast.bob.pk]) == [cast.bob]
    shape = prepared._shape(odd, None, "pk", False, connection.vendor)
    assert shape
    statement = shape.sql
    for constant in ("'100%%'", "'it''s'", "'%%s'", "is_active"):
        assert constant in statement


def test_statements_are_planned_once(cast: Cast) -> None:
    if connection.vendor != "postgresql":
        assert prepared.execute("SELECT %(one)s + %(two)s", {"one": 1, "two": 2}) == [(3,)]
        return
    for number in (1, 2**20, 2**40):
        assert prepared.execute("SELECT %(one)s + 1", {"one": number}) == [(number + 1,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%+ 1'")
        assert cursor.fetchall() == [(3, 0)]


TOLD = prepared.Given("told", place="bigint", words="text", said="boolean", at="timestamptz", more="jsonb")
READ = "SELECT place, words, said, at, more FROM [told] ORDER BY place"


def test_rows_that_are_given_come_back_as_they_were() -> None:
    now = timezone.now()
    words = ["", "NULL", 'a "word", {and} \\ another', "'; --", "%s %(at)s", "a\nb\tc", "ﷺ 🦔", None]
    rows = [(2**40 + place, said, bool(place % 2), now, '{"a": ["\\\\", "\\""]}') for place, said in enumerate(words)]
    found = prepared.execute(prepared.text(READ, TOLD), TOLD.values(rows))
    assert [row[:2] for row in found] == [row[:2] for row in rows]
    assert [bool(row[2]) for row in found] == [row[2] for row in rows]
    assert {connection.ops.adapt_datetimefield_value(now)} == {row[3] for row in found}
    assert {row[4] if isinstance(row[4], str) else json.dumps(row[4]) for row in found} == {rows[0][4]}
    assert prepared.execute(prepared.text(READ, TOLD), TOLD.values([])) == []


def test_statements_said_together_are_run_in_order_and_fail_together() -> None:
    raised = "UPDATE accounts_user SET handle = %(handle)s WHERE id = %(id)s"
    someone = make_user("first")
    read = ("SELECT handle FROM accounts_user WHERE id = %(id)s", {"id": someone.pk})
    named = [(raised, {"handle": name, "id": someone.pk}) for name in ("second", "third")]
    with transaction.atomic():
        assert prepared.execute_all([read, named[0], read, named[1], read]) == [
            [("first",)],
            [],
            [("second",)],
            [],
            [("third",)],
        ]
    other = make_user("other")
    with pytest.raises(IntegrityError), transaction.atomic():
        prepared.execute_all([named[0], (raised, {"handle": "second", "id": other.pk}), read])
    assert prepared.execute(*read) == [("third",)]


def exchanges(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Grows with each."""
    turns: list[Any] = []
    usual = generators.send

    def counted(pgconn: Any) -> Any:
        turns.append(pgconn)
        return usual(pgconn)

    monkeypatch.setattr(generators, "send", counted)
    return turns


@pytest.mark.postgres
def test_statements_said_together_are_one_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, and however much they and their answers hold."""
    turns = exchanges(monkeypatch)
    large = "x" * 12_000_000  # more than the line holds
    said = [("SELECT %(words)s::text", {"words": words}) for words in ("a", large, "b", large, "c")]
    with transaction.atomic():
        for statements in (said[:1] * 9, said):
            turns.clear()
            assert prepared.execute_all(statements) == [[(values["words"],)] for _text, values in statements]
            assert len(turns) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_said_at_the_end_goes_with_the_commit_or_before_what_is_asked() -> None:
    raised = "UPDATE accounts_user SET handle = %(handle)s WHERE id = %(id)s"
    someone, other = make_user("first"), make_user("other")
    read = ("SELECT handle FROM accounts_user WHERE id = %(id)s", {"id": someone.pk})
    hooked: list[Any] = []

    def called(name: str, pk: int) -> prepared.Statement:
        return raised, {"handle": name, "id": pk}

    with transaction.atomic():
        transaction.on_commit(lambda: hooked.append(prepared.execute(*read)))
        prepared.execute_at_end([called("second", someone.pk), called("third", someone.pk)])
    assert hooked == [[("third",)]], "it is committed when this is called"
    with transaction.atomic():
        prepared.execute_at_end([called("fourth", someone.pk)])
        assert prepared.execute(*read) == [("fourth",)]
        assert User.objects.get(pk=someone.pk).handle == "fourth"

    @transaction.atomic
    def fails(then: Callable[[], Any], *whose: int) -> None:
        transaction.on_commit(lambda: hooked.append("never"))
        prepared.execute_at_end([called("fifth", pk) for pk in whose])
        then()

    def raises() -> None:
        raise ZeroDivisionError

    with pytest.raises(IntegrityError):
        fails(lambda: None, someone.pk, other.pk)
    with pytest.raises(IntegrityError):
        fails(lambda: prepared.execute(*read), someone.pk, other.pk)
    with pytest.raises(ZeroDivisionError):
        fails(raises, someone.pk)
    with transaction.atomic(), transaction.atomic():
        prepared.execute_at_end([called("seventh", other.pk)])
    assert prepared.execute(*read) == [("fourth",)]
    assert len(hooked) == 1
    assert User.objects.get(pk=other.pk).handle == "seventh"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_said_at_the_end_is_one_exchange_with_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    someone, turns = make_user("first"), exchanges(monkeypatch)
    raised = ("UPDATE accounts_user SET handle = %(handle)s WHERE id = %(id)s", {"handle": "second", "id": someone.pk})
    connection.ensure_connection()
    own = connection.connection
    with transaction.atomic():
        prepared.execute_at_end([raised])
        assert connection.held is not None
        assert own.info.transaction_status == pq.TransactionStatus.IDLE, "nothing has been sent"
    assert own.info.transaction_status == pq.TransactionStatus.IDLE
    assert connection.held is None
    assert len(turns) == 2  # psycopg's BEGIN, and all else
    own.close()
    with pytest.raises(OperationalError), transaction.atomic():
        prepared.execute_at_end([raised])
    assert connection.held is None
    connection.close()
    assert User.objects.get(pk=someone.pk).handle == "second"

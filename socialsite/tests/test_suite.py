"""The suite watches itself: a run that is not on the database it claims to be on proves nothing."""

import os
import socket
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.tests import factories
from accounts.tests.factories import Kept

pytestmark = pytest.mark.django_db


@pytest.mark.both
def test_each_run_is_on_its_own_database() -> None:
    wanted = "postgresql" if os.environ["DATABASE_URL"] else "sqlite"
    assert connection.vendor == wanted


@pytest.mark.postgres
def test_what_is_marked_postgres_runs_on_postgres() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        assert cursor.fetchone()[0] >= 140000


@pytest.mark.redis
def test_redis_is_real(redis_url: str) -> None:
    with redis.from_url(redis_url) as client:
        assert client.info("server")["redis_mode"] == "standalone"


@pytest.mark.redis
def test_a_redis_of_ones_own_can_be_stopped_and_started(redis_server) -> None:
    with redis.from_url(redis_server.redis_url) as client:
        client.set("here", "yes")
        redis_server.stop_redis()
        with pytest.raises(redis.ConnectionError):
            client.get("here")
        redis_server.start_redis()
        assert client.get("here") is None  # a throwaway Redis keeps nothing


def test_the_world_outside_is_out_of_reach() -> None:
    # pytest-socket warns, and here a warning is an error.
    with pytest.raises((UserWarning, RuntimeError), match=r"192\.0\.2\.1"), socket.socket() as probe:
        probe.connect(("192.0.2.1", 80))


def test_data_of_tests_lies_apart() -> None:
    process = os.environ.get("PYTEST_XDIST_WORKER", "main")
    assert f"socialsite-test-{process}-" in str(settings.DATA_DIR), "not even with the other workers of this run"


def world() -> dict[str, Counter[str]]:
    """Every row of every table, without numbers and times of its own."""

    def told(row: Any) -> str:
        fields = [field for field in row._meta.concrete_fields if not (field.primary_key or field.is_relation)]
        shown = {field.name: getattr(row, field.attname) for field in fields}
        return repr({name: value for name, value in shown.items() if not isinstance(value, datetime)})

    return {model.__name__: Counter(map(told, rows)) for model, rows in factories.all_rows().items()}


@pytest.mark.both
def test_a_cast_that_is_kept_is_as_one_newly_made() -> None:
    with transaction.atomic():
        factories.make_cast()
        made = world()
        transaction.set_rollback(True)
    with transaction.atomic():
        kept = Kept(factories.make_cast)
        transaction.set_rollback(True)
    laid = kept.lay()
    assert world() == made
    for user in laid[factories.User]:
        new = factories.User.objects.get(pk=user.pk)
        for field in factories.User._meta.concrete_fields:
            assert getattr(user, field.attname) == getattr(new, field.attname)
        assert abs((user.created_at - timezone.now()).total_seconds()) < 10


def test_a_cast_whose_place_is_taken_is_made_anew() -> None:
    """As where a fixture that ran before has made members."""
    with transaction.atomic():
        taken = factories.gather().alice.pk
        transaction.set_rollback(True)
    factories.make_user("somebody", pk=taken)
    anew = factories.gather()
    assert anew.alice.handle == "alice"
    assert anew.alice.pk != taken
    assert factories.Follow.objects.filter(followed=anew.alice).count() == 2

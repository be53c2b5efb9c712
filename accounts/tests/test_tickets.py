"""A ticket opens one socket, whatever is away and however many come with it at once."""

from typing import Any

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.core.cache import cache, caches
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in
from accounts.tests.test_at_once import at_once
from chat.tests.sockets import site
from core import limits
from core.cache import Client as CacheClient
from core.models import Count

later = sync_to_async


def ticket_of(user: User) -> str:
    return tokens.make_ticket(log_in(Client(), user))


@pytest.mark.django_db
@pytest.mark.redis
def test_once_while_redis_is_away_and_when_it_is_back_with_nothing(
    cast: Cast, settings: Any, redis_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
    settings.CACHES = {
        "default": {"BACKEND": "core.cache.RedisCache", "LOCATION": redis_server.redis_url, "OPTIONS": options}
    }
    monkeypatch.setattr(CacheClient, "away_until", 0.0)
    cache.set("there", 1)
    assert cache.get("there") == 1
    before, during = ticket_of(cast.alice), ticket_of(cast.bob)
    assert tokens.by_ticket(before)
    redis_server.stop_redis()
    assert cache.get("there") is None
    assert tokens.by_ticket(before) is None, "used while Redis was there"
    assert tokens.by_ticket(during), "sockets open without Redis"
    assert tokens.by_ticket(during) is None
    cache.clear()
    assert tokens.by_ticket(during) is None
    for pool in caches["default"]._cache._pools.values():  # type: ignore[attr-defined]
        pool.disconnect()  # else its socket is found open when some later test collects the garbage


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
def test_of_many_at_once_one_comes_in(cast: Cast) -> None:
    ticket = ticket_of(cast.alice)
    came = at_once(*[lambda: tokens.by_ticket(ticket)] * 6)
    assert len([one for one in came if one]) == 1


@pytest.mark.django_db(transaction=True)
async def test_the_second_socket_is_told_to_log_in(cast: Cast) -> None:
    ticket = await later(ticket_of)(cast.alice)
    async with site() as here:
        await here.join(cast.alice, ticket)
        line, _accepted = await here.connect(None, ticket=ticket)
        assert await line.hear() == {"type": "closed", "code": 4401}


@pytest.mark.django_db
@pytest.mark.both
def test_one_use_costs_one_row_that_is_forgotten(cast: Cast, django_assert_num_queries: Any) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert tokens.by_ticket(ticket_of(cast.alice))
        assert Count.objects.count() == 1
        clock.shift(tokens.TICKET_SECONDS + 1)
        assert limits.prune() == 0, "a clock of another process may be behind"
        clock.shift(2 * tokens.TICKET_SECONDS)
        assert limits.prune() == 1
    with django_assert_num_queries(1):
        assert limits.once("ticket", "nonce", seconds=60)

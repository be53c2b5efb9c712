"""The shared cache counts limits and keeps what can be lost: when Redis is away it is an empty cache, not an error."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends import redis as django_redis
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)
PAUSE_SECONDS = 1.0  # after a failure nobody waits for Redis so long

T = TypeVar("T")


class Client(django_redis.RedisCacheClient):
    """Limits do not limit while Redis is away; sessions, codes and all that counts stand in the database."""

    away_until = 0.0

    def __init__(self, servers: Any, **options: Any) -> None:
        # One more try: after a restart of Redis the connections of the pool are dead.
        super().__init__(servers, **{"retry": Retry(NoBackoff(), 1), **options})

    def _or(self, empty: T, call: Callable[..., T], *args: Any) -> T:
        if time.monotonic() < Client.away_until:
            return empty
        try:
            return call(*args)
        except (RedisError, OSError) as error:
            Client.away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("the cache does not answer (%s)", type(error).__name__)
            return empty

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        return self._or(True, super().add, key, value, timeout)

    def get(self, key: Any, default: Any) -> Any:
        return self._or(default, super().get, key, default)

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        self._or(None, super().set, key, value, timeout)

    def touch(self, key: Any, timeout: Any) -> bool:
        return self._or(False, super().touch, key, timeout)

    def delete(self, key: Any) -> bool:
        return self._or(False, super().delete, key)

    def get_many(self, keys: Any) -> dict[Any, Any]:
        return self._or({}, super().get_many, keys)

    def has_key(self, key: Any) -> bool:
        return self._or(False, super().has_key, key)

    def incr(self, key: Any, delta: int) -> int:
        return self._or(delta, super().incr, key, delta)

    def set_many(self, data: Any, timeout: Any) -> None:
        self._or(None, super().set_many, data, timeout)

    def delete_many(self, keys: Any) -> None:
        self._or(None, super().delete_many, keys)

    def clear(self) -> bool:
        return self._or(False, super().clear)


class RedisCache(django_redis.RedisCache):
    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client

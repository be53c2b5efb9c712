"""PostgreSQL through a pool that notices a restarted database at once, and that a fork does not inherit.

psycopg_pool alone looks at its idle connections one by one with growing pauses: after a restart with eight of them
requests would fail for half a minute. It also tries again with pauses that double, so a site whose database was away
for a minute would stay away for one more.
"""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from django.db import connections
from django.db.backends.postgresql import base, operations
from psycopg import generators
from psycopg.types.numeric import Int8

log = logging.getLogger(__name__)


class PreparedCursor(psycopg.Cursor[Any]):
    """Has its statements planned once a connection. Numbers go as `bigint` whatever their size, for each mixture of
    types would be another statement."""

    def execute(self, query: Any, params: Any = None, **_options: Any) -> Any:
        if isinstance(params, dict):
            params = {name: _wide(value) for name, value in params.items()}
        elif params is not None:
            params = [_wide(value) for value in params]
        return super().execute(query, params, prepare=True)


def _wide(value: Any) -> Any:
    if isinstance(value, list):
        return [_wide(one) for one in value]
    return Int8(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Together(psycopg.Pipeline):
    """A pipeline that sends all it says at once: psycopg's own would send each statement by itself, and look for
    answers in between. Whoever calls `_communicate_gen` fetches the answers afterwards."""

    _ends = False

    def _enqueue_sync(self) -> None:
        super()._enqueue_sync()
        self._ends = True

    def _communicate_gen(self) -> Any:
        while self.command_queue:
            self.command_queue.popleft()()  # into libpq's buffer
        if self._ends:
            self._ends = False
            yield from generators.send(self.pgconn)  # to its end, reading meanwhile: neither side waits for the other

    def _exit_gen(self) -> Any:
        if self.command_queue or self.result_queue:  # else the commit was its end
            yield from self._sync_gen()


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """For the log of queries; a prepared one is gone from its cursor, and put together here."""
        return super().last_executed_query(cursor, sql, params) or str(self.compose_sql(sql, params))


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations

    def prepared_cursor(self) -> Any:
        """As `cursor`, for statements whose text is always the same."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        usual = self.connection.cursor_factory
        self.connection.cursor_factory = PreparedCursor
        try:
            return self.cursor()
        finally:
            self.connection.cursor_factory = usual

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is executed here goes out in one exchange; its rows are there afterwards."""
        self.ensure_connection()
        if self.connection._pipeline is None:
            self.connection._pipeline = Together(self.connection)
        with self.wrap_database_errors, self.connection.pipeline():
            yield

    held: Callable[[], None] | None = None

    def hold(self, say: Callable[[], None]) -> None:
        """`say` executes statements that are sent with the commit, or with whatever is asked before."""
        self.held = say

    def _cursor(self, name: str | None = None) -> Any:
        if self.held is not None:
            say, self.held = self.held, None
            with self.together():
                say()
        return super()._cursor(name)  # type: ignore[misc]

    def _commit(self) -> None:
        say, self.held = self.held, None
        if say is None:
            super()._commit()  # type: ignore[misc]
            return
        with self.together():
            say()
            super()._commit()  # type: ignore[misc]

    def _rollback(self) -> None:
        self.held = None
        super()._rollback()  # type: ignore[misc]

    def _close(self) -> None:
        self.held = None
        super()._close()  # type: ignore[misc]

    def get_new_connection(self, conn_params: Any) -> Any:
        fresh: Any = super().get_new_connection(conn_params)
        if self.pool and not answers(fresh):
            log.warning("the database has hung up; all its connections are made anew")
            self.pool.drain()
            self.pool.putconn(fresh)  # older than the drain, so the pool throws it away
            fresh = super().get_new_connection(conn_params)
        return fresh


def answers(connection: Any) -> bool:
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True


_inherited: list[Any] = []  # kept for good: ending them here would end them for the parent


def forget_inherited() -> None:
    """In a child: connections and pool belong to the parent, whose threads feed the pool."""
    pools: dict[str, Any] = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]
    _inherited.append(dict(pools))
    pools.clear()
    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper):
            _inherited.append(connection.connection)
            connection.connection = None


os.register_at_fork(after_in_child=forget_inherited)

"""Fills, measures, tells."""

import time
from collections.abc import Sequence
from itertools import chain
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from bench.feed import cases, fill  # noqa: E402
from bench.feed.measure import Case  # noqa: E402

HEAD = (
    "| | queries | rows read | buffers | database p50 | p95 | call p50 | p95 | CPU PostgreSQL | CPU Python |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
)


def all_sizes(sizes: Sequence[int], pair: Any, environ: dict[str, str], *, api: bool) -> str:
    told = [f"Reference of this machine now: {reference():.1f} ms CPU for a million turns of an empty loop, "
            f"{trip():.3f} ms for `SELECT 1`.\n"]  # fmt: skip
    for size in sizes:
        begin = time.monotonic()
        grow(size)
        told.append(f"\n## {size:,} posts\n\nFilled in {time.monotonic() - begin:.0f} s; {of_disk()}.\n\n{HEAD}")
        for case in chain(cases.reading(), cases.writing()):
            told.append(line(case))
            print(told[-1], end="", flush=True)
        seconds, cpu = cases.fan_out()
        late = ", ".join(f"{name} {most:.2f} s" for name, most in sorted(cases.lags().items()))
        told.append(
            f"\n200 posts by authors with 2,000 followers each, all at once: one worker has copied them in "
            f"{seconds:.1f} s ({cpu:.1f} s CPU of PostgreSQL). Ten of them a second: what has happened waits at most "
            f"so long for each subscriber: {late}.\n"
        )
        print(told[-1])
        if api:
            from bench.feed import load

            told.append(load.told(pair, environ))
            print(told[-1])
    return "".join(told)


def grow(size: int) -> None:
    """Nothing of this has to survive the power; the measuring afterwards is as a site is."""
    with connection.cursor() as cursor:
        for setting in ("fsync = off", "max_wal_size = '8GB'", "maintenance_work_mem = '512MB'", "work_mem = '64MB'"):
            cursor.execute(f"ALTER SYSTEM SET {setting}")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()
    try:
        fill.people()
        if fill.sql("SELECT COALESCE(MAX(id), 0) FROM feed_post")[0][0] < size:
            fill.posts(size)
        fill.trends()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER SYSTEM RESET ALL")
            cursor.execute("SELECT pg_reload_conf()")
        connection.close()


def of_disk() -> str:
    [(size,)] = fill.sql("SELECT pg_size_pretty(pg_database_size(current_database()))")
    return f"{size} on disk"


def line(case: Case) -> str:
    numbers = [case.part("database", 0.5), case.part("database", 0.95), case.part("wall", 0.5), case.part("wall", 0.95)]
    cells = [f"{case.part('queries', 0.5)}", f"{case.rows or ''}", f"{case.buffers or ''}"]
    cells += [f"{number:.1f}" for number in (*numbers, case.mean("backend_cpu"), case.mean("own_cpu"))]
    return f"| {case.name} | " + " | ".join(cells) + " |\n"


def reference() -> float:
    begin = time.process_time()
    for _turn in range(1_000_000):
        pass
    return (time.process_time() - begin) * 1000


def trip() -> float:
    fill.sql("SELECT 1")
    begin = time.perf_counter()
    for _turn in range(200):
        fill.sql("SELECT 1")
    return (time.perf_counter() - begin) * 5

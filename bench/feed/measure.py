"""What a call costs: statements, rows, buffers, and the time and CPU of the database beside those of this process."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection


@dataclass
class Cost:
    """Of one call; times in milliseconds."""

    queries: int = 0
    database: float = 0.0  # from sending a statement to having its rows
    wall: float = 0.0
    backend_cpu: float = 0.0
    own_cpu: float = 0.0


@dataclass
class Case:
    """Calls of one kind."""

    name: str
    costs: list[Cost] = field(default_factory=list)
    rows: int = 0  # read by the statements of the last call, from tables and indexes
    buffers: int = 0  # pages of 8 kB that they touched
    note: str = ""

    def part(self, what: str, share: float) -> float:
        values = sorted(getattr(cost, what) for cost in self.costs)
        return values[min(len(values) - 1, int(len(values) * share))]

    def mean(self, what: str) -> float:
        return sum(getattr(cost, what) for cost in self.costs) / len(self.costs)


def cpu(pid: int) -> float:
    """Milliseconds of CPU that a process has had, exactly."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def cost_of(work: Callable[[], Any]) -> tuple[Any, Cost]:
    cost = Cost()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]

    def timed(execute: Any, statement: Any, values: Any, many: bool, context: Any) -> Any:
        begin = time.perf_counter()
        try:
            return execute(statement, values, many, context)
        finally:
            cost.database += (time.perf_counter() - begin) * 1000
            cost.queries += 1

    before, own, begin = cpu(backend), time.process_time(), time.perf_counter()
    with connection.execute_wrapper(timed):
        found = work()
    cost.wall = (time.perf_counter() - begin) * 1000
    cost.own_cpu = (time.process_time() - own) * 1000
    cost.backend_cpu = cpu(backend) - before
    return found, cost


def read(name: str, work: Callable[[], Any], *, turns: int = 15) -> Case:
    """A reading call, over and over; its statements once more under EXPLAIN."""
    case = Case(name)
    work()
    for _turn in range(turns):
        case.costs.append(cost_of(work)[1])
    explain(case, work)
    return case


def explain(case: Case, work: Callable[[], Any]) -> None:
    said: list[tuple[Any, Any]] = []

    def heard(execute: Any, statement: Any, values: Any, many: bool, context: Any) -> Any:
        said.append((statement, values))
        return execute(statement, values, many, context)

    with connection.execute_wrapper(heard):
        work()
    for statement, values in said:
        if str(statement).lstrip().upper().startswith(("SELECT", "WITH")):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}", values)
                found = cursor.fetchone()[0]
            [plan] = json.loads(found) if isinstance(found, str) else found
            top = plan["Plan"]
            case.buffers += top["Shared Hit Blocks"] + top["Shared Read Blocks"]
            case.rows += _rows(top)


def _rows(node: dict[str, Any]) -> int:
    own = node["Actual Rows"] * node["Actual Loops"] if "Relation Name" in node else 0
    return int(own) + sum(_rows(part) for part in node.get("Plans", ()))

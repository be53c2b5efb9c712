"""Scenarios, one after another, ours and the peer's in turn; what they cost; the table."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bench.chat import place
from bench.chat.place import HOUSE, Site

WARM = 3.0
PATH = (
    "sockets 1",
    "sockets 2",
    "site",
    "PostgreSQL",
    "Redis",
)  # what a delivery goes through; the others are told beside


@dataclass(frozen=True)
class Scenario:
    """`rate`: messages a second, all rooms together. `p95`, `p99` in ms and `ratio` (CPU per delivery against the
    peer's): what is asked of us on uvicorn, and on Daphne."""

    name: str
    sockets: int
    room: int
    rate: float
    p95: float = 0
    p99: float = 0
    ratio: float = 0
    daphne: tuple[float, float, float] = (0, 0, 0)
    shape: str = "steady"
    servers: tuple[str, ...] = ("uvicorn", "daphne")
    with_peer: bool = True
    realtimes: int = 1
    slow: float = 0.0


SCENARIOS = [
    Scenario("(i)", 3000, 10, 100, 3, 8, 1.3, (6, 20, 2.2)),
    Scenario("(ii)", 1000, 10, 500, 3, 8, 1.1, (8, 25, 2.2)),
    Scenario("(iii)", 500, 500, 5, 12, 20, 0.8, (30, 50, 2.2)),
    Scenario("peak", 3000, 10, 500, 5, 15, 1.1, (50, 0, 2.2)),
    Scenario("head-room", 1000, 100, 200, 10, servers=("uvicorn",), with_peer=False),
    Scenario("idle", 3000, 10, 0, shape="idle", with_peer=True),
    Scenario("storm", 3000, 10, 100, shape="storm", with_peer=False),
    Scenario("slow readers", 1000, 10, 200, shape="slow", slow=0.1, with_peer=False),
    Scenario("two processes", 1000, 10, 500, realtimes=2, servers=("uvicorn",), with_peer=False),
    Scenario("embedded", 200, 10, 50, p95=50, servers=("embedded",), with_peer=False),
]


@dataclass
class Run:
    """What one run found; times in ms, CPU in seconds."""

    server: str
    told: dict[str, Any]
    seconds: float
    spent: dict[str, float]
    memory: dict[str, float]
    before: dict[str, float]
    lag: float = 0.0
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def delivered(self) -> int:
        return int(self.told["delivered"])

    @property
    def each(self) -> float:
        """Microseconds of CPU a delivery."""
        return sum(self.spent.get(name, 0.0) for name in PATH) / max(1, self.delivered) * 1e6

    @property
    def beside(self) -> dict[str, float]:
        return {name: round(value, 2) for name, value in self.spent.items() if name not in PATH}


def start(server: str, folder: Path, scenario: Scenario) -> AbstractContextManager[Any]:
    if server == "peer":
        return place.peer(folder)
    return place.ours(folder, server=server, realtimes=scenario.realtimes)


def once(scenario: Scenario, server: str, *, seconds: float, seed: int) -> Run:
    with tempfile.TemporaryDirectory(prefix="bench-chat-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with start(server, folder, scenario) as (site, plan, environ):
            if server == "peer":
                spots = place.peer_spots(sockets=scenario.sockets, room=scenario.room)
            else:
                spots = place.spots(environ, sockets=scenario.sockets, room=scenario.room)
            for number, spot in enumerate(spots):
                spot["slow"] = bool(scenario.slow) and number % round(1 / scenario.slow) == 0
            plan |= {"spots": spots, "shape": scenario.shape, "rate": scenario.rate, "warm": WARM}
            return load(site, plan | {"seconds": seconds, "seed": seed}, server, environ)


def load(site: Site, plan: dict[str, Any], server: str, environ: dict[str, str]) -> Run:
    before = site.memory()
    with generator(plan) as (hear, go_on):
        connected = hear()
        time.sleep(1)
        go_on()
        more: dict[str, Any] = {"connected_in": round(connected["seconds"], 1)}
        begin, spent, told = time.monotonic(), site.spent(), None
        while told is None:
            said = hear()
            if "begin" in said:
                begin, spent = time.monotonic(), site.spent()
            elif "result" in said:
                told = said["result"]
            else:
                more |= said
        took = time.monotonic() - begin
        costs = {name: value - spent.get(name, 0.0) for name, value in site.spent().items()}
        lag = settled(environ) if server not in {"peer", "embedded"} else 0.0
        found = Run(server, told, took, costs, site.memory(), before, lag, more)
        go_on()
    return found


def settled(environ: dict[str, str]) -> float:
    """Seconds until every subscriber of the event log has read all there is."""
    begin = time.monotonic()
    with psycopg.connect(environ["DATABASE_URL"], autocommit=True) as line:
        while time.monotonic() - begin < 120:
            row = line.execute(
                "SELECT (SELECT count(*) FROM core_event WHERE number IS NULL), (SELECT number FROM core_head), "
                "(SELECT min(position) FROM core_subscriber)"
            ).fetchone()
            assert row is not None
            if row[0] == 0 and row[1] == row[2]:
                break
            time.sleep(0.05)
    return round(time.monotonic() - begin, 2)


@contextmanager
def generator(plan: dict[str, Any]) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.chat.generator"],
        cwd=HOUSE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, place.GENERATOR),  # noqa: PLW1509
    )
    assert process.stdin is not None
    assert process.stdout is not None
    given, heard = process.stdin, process.stdout

    def hear() -> dict[str, Any]:
        line = heard.readline()
        if not line:
            sys.exit("the generator died; what it said stands above")
        found: dict[str, Any] = json.loads(line)
        return found

    def go_on() -> None:
        given.write("\n")
        given.flush()

    try:
        given.write(json.dumps(plan) + "\n")
        given.flush()
        yield hear, go_on
        process.wait(30)
    finally:
        process.kill()


# -- The report -------------------------------------------------------------------------------------------------------

HEAD = (
    "| scenario | server | p50 / p95 / p99 / max ms | ack p95 ms | lost, doubled | CPU a delivery us | against peer | "
    "asked | met | beside (CPU s) | lag s |\n|---|---|---|--:|---|--:|--:|---|---|---|--:|\n"
)


def middle(runs: list[Run], part: str) -> float:
    return statistics.median(run.told["delay"].get(part, 0.0) for run in runs)


def lines(scenario: Scenario, found: dict[str, list[Run]]) -> str:
    """A line for each server, medians of its runs."""
    peers = found.get("peer", [])
    return "".join(line(scenario, server, runs, peers) for server, runs in found.items())


def line(scenario: Scenario, server: str, runs: list[Run], peers: list[Run]) -> str:
    delays = " / ".join(f"{middle(runs, part):.1f}" for part in ("p50", "p95", "p99", "max"))
    acks = statistics.median(run.told["ack"].get("p95", 0.0) for run in runs)
    each = statistics.median(run.each for run in runs)
    delivers = any(run.delivered for run in runs)  # else there is nothing to share the costs among
    ratio = each / statistics.median(run.each for run in peers) if delivers and peers and server != "peer" else 0.0
    lost = sum(run.told["lost"] for run in runs)
    doubled = sum(run.told["doubled"] for run in runs)
    asked, met = verdict(scenario, server, runs, peers, ratio, lost + doubled)
    beside = ", ".join(f"{name} {value}" for name, value in runs[-1].beside.items())
    lag = max(run.lag for run in runs)
    ratios, shared = f"{ratio:.2f}" if ratio else "", f"{each:.0f}" if delivers else ""
    return (
        f"| {scenario.name} | {server} | {delays} | {acks:.1f} | {lost}, {doubled} | {shared} | {ratios} | {asked} | "
        f"{met} | {beside} | {lag:.1f} |\n{notes(scenario, runs[-1])}"
    )


def verdict(
    scenario: Scenario, server: str, runs: list[Run], peers: list[Run], ratio: float, wrong: int
) -> tuple[str, str]:
    """A time is met at the figure, or at 1.5 times the peer's in the same run."""
    wants = scenario.daphne if server == "daphne" else (scenario.p95, scenario.p99, scenario.ratio)
    if server == "peer" or not any(wants):
        return "", ""
    met = not wrong
    for part, want in zip(("p95", "p99"), wants[:2], strict=True):
        allowed = max(want, 1.5 * middle(peers, part)) if peers else want
        met &= not want or middle(runs, part) <= allowed
    met &= not wants[2] or not ratio or ratio <= wants[2]
    return " / ".join(f"{want:g}" if want else "-" for want in wants), "yes" if met else "**no**"


def notes(scenario: Scenario, run: Run) -> str:
    told = run.told
    words = [f"sent {told['sent']}, delivered {told['delivered']}, generator {told['generator_busy']:.0%} busy"]
    words.append(", ".join(f"{name} {run.spent[name]:.1f} s" for name in PATH if name in run.spent))
    for name in ("refused", "skipped", "late", "unacked"):
        if told[name]:
            words.append(f"{name} {told[name]}")
    if scenario.shape == "idle":
        sockets = [name for name in run.memory if name.startswith(("sockets", "site"))]
        grown = sum(run.memory[name] - run.before[name] for name in sockets)
        words.append(f"{grown * 1024 / scenario.sockets:.1f} kB a socket, all of it {sum(run.memory.values()):.0f} MiB")
        words.append(", ".join(f"{name} {value:.0f}" for name, value in run.memory.items()))
    if told["codes"]:
        words.append(f"closed {told['codes']}")
    words += [f"{name} {value}" for name, value in run.more.items()]
    words += told["words"]
    return f"<!-- {run.server} {scenario.name}: {'; '.join(map(str, words))} -->\n"

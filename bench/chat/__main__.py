"""What the chat costs beside bare Socket.IO. See README.md beside this."""

import argparse
import datetime
import os
import subprocess
import sys
import time
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOUSE))

from bench.chat import run  # noqa: E402

HERE = Path(__file__).parent


def main() -> None:
    names = [scenario.name for scenario in run.SCENARIOS]
    parser = argparse.ArgumentParser(prog="bench.chat", description=__doc__)
    parser.add_argument("--only", type=lambda text: text.split(","), default=names, help=", ".join(names))
    parser.add_argument("--servers", type=lambda text: text.split(","), help="uvicorn,daphne,peer,embedded")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--history", type=lambda text: int(float(text)), help="instead: pages of so many messages")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    told = [head()]
    if options.history:
        from bench.chat import history

        told.append(history.told(options.history))
        print(told[-1])
    else:
        told.append(run.HEAD)
        print("".join(told), end="", flush=True)
        for scenario in run.SCENARIOS:
            if scenario.name in options.only:
                told.append(of(scenario, options))
                print(told[-1], end="", flush=True)
    if options.out:
        options.out.write_text("".join(told))
        print(f"written to {options.out}")


def of(scenario: run.Scenario, options: argparse.Namespace) -> str:
    """Ours and the peer's in turn, so that what drifts on the machine drifts for both."""
    servers = [*scenario.servers, *(["peer"] if scenario.with_peer else [])]
    servers = [one for one in servers if not options.servers or one in options.servers]
    found: dict[str, list[run.Run]] = {one: [] for one in servers}
    for turn in range(options.runs if scenario.shape == "steady" else 1):
        for server in servers:
            found[server].append(run.once(scenario, server, seconds=options.seconds, seed=options.seed + turn))
    return run.lines(scenario, found)


def head() -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HOUSE, capture_output=True, text=True).stdout
    begin = time.process_time()
    for _turn in range(1_000_000):
        pass
    turns = (time.process_time() - begin) * 1000
    day = datetime.datetime.now(tz=datetime.UTC).date()
    return (
        f"# bench/chat, {day}, commit {commit.strip()}\n\nReference of this machine now: {turns:.1f} ms CPU for a "
        f"million turns of an empty loop; load before {os.getloadavg()[0]:.1f}.\n\n"
    )


main()

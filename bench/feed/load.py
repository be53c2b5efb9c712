"""The API under a fixed load: one process that serves pages, as the Procfile starts it, and `hey` beside it: several of
them, one after the other, because the hands of one ask all at the same moment."""

import csv
import io
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from accounts.actions import api_tokens
from bench.feed import cases
from bench.feed.fill import Cast
from core import scopes
from deploy.programs import ensure, find
from deploy.services import free_port

HOUSE = Path(__file__).resolve().parents[2]
RATE, SECONDS, HANDS = 40, 20, 8
HEAD = "\n| API | answers/s | p50 | p95 | p99 | not 200 | CPU a request |\n|---|--:|--:|--:|--:|--:|--:|\n"


def told(pair: Any, environ: dict[str, str]) -> str:
    ensure("hey")
    port = free_port()
    environ = os.environ | environ | {
        "REDIS_URL": pair.start_redis(),
        "SITE_URL": f"http://localhost:{port}",
        "PORT": str(port),
        "RATE_LIMIT_EXEMPT": "127.0.0.1/32",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    environ.pop("SOCIALSITE_TESTING")
    [web] = [line.removeprefix("web: ") for line in (HOUSE / "Procfile").read_text().splitlines() if line[:4] == "web:"]
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
    subprocess.run(collect, cwd=HOUSE, env=environ, check=True)
    server = subprocess.Popen(["bash", "-c", f"exec {web}"], cwd=HOUSE, env=environ)
    try:
        _wait(port)
        made = api_tokens.make_token(actor=cases.member(Cast.reader), name="bench", may=[scopes.READ], days=7)
        pages = {
            "home, page 1, follows 5,000": "posts",
            "one post": "posts/1",
            "comments of it": "posts/1/comments",
            "hashtag": "tags/tag0/posts",
        }
        return HEAD + "".join(_line(name, port, path, made.raw, server.pid) for name, path in pages.items())
    finally:
        server.terminate()
        server.wait(20)
        pair.stop_redis()


def _line(name: str, port: int, path: str, token: str, pid: int) -> str:
    url = f"http://localhost:{port}/api/v1/{path}"
    words = ["-c", "1", "-q", str(RATE // HANDS), "-H", f"Authorization: Bearer {token}", "-o", "csv"]
    _asked([find("hey"), *words, "-z", "3s", url])
    before = _spent(pid)
    rows = _asked([find("hey"), *words, "-z", f"{SECONDS}s", url])
    spent = _spent(pid) - before
    times = sorted(float(row["response-time"]) * 1000 for row in rows)
    parts = [f"{times[min(len(times) - 1, int(len(times) * part))]:.0f}" for part in (0.5, 0.95, 0.99)]
    bad = sum(row["status-code"] != "200" for row in rows)
    each = f"{spent / len(rows):.1f}"
    return f"| {name} | {len(rows) / SECONDS:.0f} | {' | '.join(parts)} | {bad} | {each} |\n"


def _asked(command: list[str]) -> list[dict[str, str]]:
    """What each answer was like. The hands begin evenly within the time in which each of them asks once."""
    hands = []
    for _hand in range(HANDS):
        hands.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
        time.sleep(1 / RATE)
    said = [hand.communicate()[0] for hand in hands]
    if any(hand.returncode for hand in hands):
        raise SystemExit("hey failed")
    return [row for one in said for row in csv.DictReader(io.StringIO(one))]


def _spent(pid: int) -> float:
    """Milliseconds of CPU of a process with all its threads, those that have ended as well."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _wait(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("the pages' process did not come up")

"""Lighthouse on the phone profile: the median of several runs, each in a browser that has seen nothing yet."""

import contextlib
import json
import os
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserType

from e2e import node
from e2e.village import free_port

CLI = node.MODULES / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
RUNS = 3
REST_SECONDS = 90
CHROMIUM_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")


@dataclass(frozen=True)
class Report:
    """Scores of 0 to 100 by category, and what cost points in the run whose performance is the median."""

    scores: dict[str, float]
    lost: dict[str, list[str]]
    facts: dict[str, str]

    def below(self, limit: float) -> list[str]:
        return [
            f"{category} {score:.0f}: {', '.join(self.lost[category]) or '?'} {self.facts}"
            for category, score in self.scores.items()
            if score < limit
        ]


def measure(browser_type: BrowserType, chromium: str, url: str, cookies: list[Any], *, runs: int = RUNS) -> Report:
    found = sorted((_run(browser_type, chromium, url, cookies) for _run_number in range(runs)), key=_performance)
    middle = found[len(found) // 2]
    scores = {
        name: statistics.median(100 * (one["categories"][name]["score"] or 0) for one in found) for name in CATEGORIES
    }
    facts = {
        name: middle["audits"][name].get("displayValue", "")
        for name in ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
    }
    facts["machine"] = f"{middle['environment']['benchmarkIndex']:.0f}"  # under 1500 it is busy with something else
    return Report(scores=scores, lost={name: _lost(middle, name) for name in CATEGORIES}, facts=facts)


def _performance(result: dict[str, Any]) -> float:
    return result["categories"]["performance"]["score"] or 0


def _lost(result: dict[str, Any], category: str) -> list[str]:
    """The audits that weigh something and are not full, the dearest first."""
    lost = []
    for reference in result["categories"][category]["auditRefs"]:
        audit = result["audits"][reference["id"]]
        if reference["weight"] and audit["score"] is not None and audit["score"] < 0.995:
            lost.append((reference["weight"] * (1 - audit["score"]), f"{reference['id']}={audit['score']:.2f}"))
    return [words for _cost, words in sorted(lost, reverse=True)]


def _rest() -> None:
    """Waits for a quiet machine, for a while: Lighthouse multiplies what the processor takes, also for others."""
    end = time.monotonic() + REST_SECONDS
    while os.getloadavg()[0] > (os.cpu_count() or 1) and time.monotonic() < end:
        time.sleep(2)


def _run(browser_type: BrowserType, chromium: str, url: str, cookies: list[Any]) -> dict[str, Any]:
    """One report. Chromium loses the start of a trace now and then, which Lighthouse says: then once more."""
    result = _try(browser_type, chromium, url, cookies)
    if result.get("runtimeError", {}).get("code") == "NO_NAVSTART":
        result = _try(browser_type, chromium, url, cookies)
    assert not result.get("runtimeError"), result["runtimeError"]
    return result


def _try(browser_type: BrowserType, chromium: str, url: str, cookies: list[Any]) -> dict[str, Any]:
    _rest()
    with (
        tempfile.TemporaryDirectory(prefix="lighthouse-", ignore_cleanup_errors=True) as folder,
        _chromium(chromium, Path(folder)) as port,
    ):
        if cookies:
            browser = browser_type.connect_over_cdp(f"http://127.0.0.1:{port}")
            browser.contexts[0].add_cookies(cookies)
            browser.close()
        out = Path(folder) / "report.json"
        command = [
            str(node.BIN / "node"),
            str(CLI),
            url,
            f"--port={port}",
            "--output=json",
            f"--output-path={out}",
            f"--only-categories={','.join(CATEGORIES)}",
            "--disable-storage-reset",  # the browser is new, and the login has to stay
            "--quiet",
        ]
        done = subprocess.run(
            command, cwd=node.HERE, env=node.environment(), capture_output=True, text=True, timeout=180, check=False
        )
        if not out.exists():
            assert "NO_NAVSTART" in done.stderr, done.stderr[-2000:]
            return {"runtimeError": {"code": "NO_NAVSTART"}}
        result: dict[str, Any] = json.loads(out.read_text())
        return result


@contextlib.contextmanager
def _chromium(path: str, folder: Path) -> Iterator[int]:
    """A browser that listens; its port."""
    port = free_port()
    command = [path, *CHROMIUM_ARGUMENTS, f"--remote-debugging-port={port}", f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/json/version", timeout=2).close()
                break
            assert process.poll() is None, "Chromium ended"
            assert time.monotonic() < end, "Chromium does not listen"
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        if process.poll() is None:
            process.kill()
            process.wait(10)

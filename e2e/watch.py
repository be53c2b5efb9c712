"""Whatever a browser complains about: the console, exceptions, the content policy, requests that fail."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response

# Told by the page itself, because a violation in a worker or of a blocked inline handler may stay silent otherwise.
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`));
"""
# A page that is left while something loads, or a picture that is no longer wanted.
ABORTED = "net::ERR_ABORTED"


@dataclass
class Watch:
    """What one browser context complained about; `expect` names what a test brings about on purpose."""

    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)  # what has come over the socket since the page was asked for

    def follow(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("page", self.follow_page)

    def follow_page(self, page: Page) -> None:
        page.watch = self  # type: ignore[attr-defined]
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"exception at {page.url}: {error}"))
        page.on("websocket", lambda line: line.on("framereceived", lambda frame: self.frames.append(str(frame))))
        page.on("request", lambda request: self._asked(page, request))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def expect(self, *patterns: str) -> None:
        self.expected += patterns

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console at {message.location.get('url', '')}: {message.text}")

    def _asked(self, page: Page, request: Request) -> None:
        if request.is_navigation_request() and request.frame == page.main_frame:
            self.frames.clear()

    def _failed(self, request: Request) -> None:
        if request.failure != ABORTED:
            self.complaints.append(f"failed {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"answered {response.status} {response.request.method} {response.url}")

    def unexpected(self) -> list[str]:
        return [one for one in self.complaints if not any(re.search(pattern, one) for pattern in self.expected)]


def _heard(page: Page, wanted: Callable[[dict[str, Any]], bool]) -> None:
    frames: list[str] = page.watch.frames  # type: ignore[attr-defined]
    end = time.monotonic() + 10
    while not any(wanted(json.loads(frame)) for frame in frames):
        assert time.monotonic() < end, frames
        page.wait_for_timeout(20)


def until_online(page: Page) -> None:
    """From then on the page hears what is for its member."""
    _heard(page, lambda frame: frame["type"] == "hello")


def until_watched(page: Page, card: Locator) -> None:
    """From then on the page hears what becomes of this post."""
    post = int(card.get_attribute("data-post") or 0)

    def about(frame: dict[str, Any]) -> bool:
        told = (frame.get("data") or {}).get("posts", []) if frame["type"] == "ack" else []
        return post in [one["post"] for one in told]

    _heard(page, about)

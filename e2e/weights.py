"""What a page weighs on the wire: the bodies of all the requests it makes, by kind, compressed as they came."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

KINDS = {"Document": "html", "Stylesheet": "css", "Script": "scripts", "Image": "pictures"}


@dataclass
class Weights:
    """Bytes by kind, and of each address."""

    by_kind: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    by_url: dict[str, tuple[str, int]] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)
    _asked: dict[str, tuple[str, str, int]] = field(default_factory=dict)

    def watch(self, page: Page) -> None:
        """Counts from now on; the browser's own cache is off, so that everything comes over the wire."""
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        line.on("Network.responseReceived", self._answered)
        line.on("Network.loadingFinished", self._came)

    def _answered(self, event: dict[str, Any]) -> None:
        answer = event["response"]
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        heads = int(answer["encodedDataLength"])
        self._asked[event["requestId"]] = (answer["url"], KINDS.get(event["type"], "other"), heads)
        self.encodings[answer["url"]] = headers.get("content-encoding", "")

    def _came(self, event: dict[str, Any]) -> None:
        if event["requestId"] not in self._asked:
            return
        url, kind, heads = self._asked[event["requestId"]]
        if url.startswith(("data:", "blob:")):
            return
        size = int(event["encodedDataLength"]) - heads
        self.by_kind[kind] += size
        self.by_url[url] = (kind, size)

    def dearest(self, kind: str, most: int = 8) -> list[str]:
        found = sorted(((size, url) for url, (k, size) in self.by_url.items() if k == kind), reverse=True)
        return [f"{size:>7} {url}" for size, url in found[:most]]

"""axe in a page: its source is read once for each page, and only what it finds comes back."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# Style sheets need no second reading: no rule that runs asks for them.
_OURS: dict[str, Any] = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}
WHOLE: dict[str, Any] = {**_OURS, "rules": {"target-size": {"enabled": True}}}
# Only colours differ between light and dark.
COLOURS: dict[str, Any] = {**_OURS, "runOnly": ["color-contrast", "link-in-text-block"]}


def violations(page: Page, options: dict[str, Any] = WHOLE) -> list[dict[str, Any]]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate("async (options) => (await axe.run(options)).violations", options)

"""Every page of e2e/pages.py on a demo: it answers, fits the window, is accessible, and no browser complains."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from e2e import pages
from e2e.pages import PAGES, SCHEMES, VISITOR, WIDTHS, Look
from e2e.village import BASE, Village, clean_environment
from e2e.watch import Watch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Village, pages.Facts]]:
    """A small demo that runs, and what it has to look at."""
    site = Village(tmp_path_factory.mktemp("demo"))
    command = [sys.executable, "manage.py", "demo", "--no-serve", "--people", "40"]
    made = subprocess.run(
        command, cwd=BASE, env=clean_environment(DATA_DIR=str(site.data)), capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    site.start()
    try:
        yield site, pages.facts(site)
    finally:
        site.stop()


def faults(page: Page) -> list[str]:
    """What sticks out, and what axe finds."""
    found = [f"wider than the window: {one}" for one in pages.overflow(page)]
    for violation in Axe().run(page, options=RULES).response["violations"]:
        found += [f"{violation['id']}: {node['html'][:160]}" for node in violation["nodes"][:5]]
    return found


def test_faults_are_seen(browser: Browser) -> None:
    with browser.new_context(viewport={"width": 390, "height": 800}) as context:
        page = context.new_page()
        page.set_content(
            "<!doctype html><html lang=en><title>Bad</title><main><h1>Bad</h1>"
            "<img src='data:,'><p style='width:900px;color:#ccc;background:#fff'>pale and wide</p></main>"
        )
        told = " ".join(faults(page))
    assert "wider than the window: p." in told
    assert "image-alt" in told
    assert "color-contrast" in told


def look_at(browser: Browser, site: Village, known: pages.Facts, look: Look, width: int, scheme: str) -> list[str]:
    """Everything that is wrong with one page."""
    watch = Watch(expected=pages.expected(look))
    with browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme=scheme,
        locale="en-GB",
        reduced_motion="reduce",
    ) as context:
        context.add_cookies(pages.cookies(site, known, look.who))
        watch.follow(context)
        page = context.new_page()
        status = pages.visit(page, look, known)
        wrong = [] if status == look.status else [f"answered {status}, not {look.status}"]
        if look.ours:
            wrong += faults(page)
    return wrong + (watch.unexpected() if look.ours else [])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_first_page(browser: Browser, demo: tuple[Village, pages.Facts], width: int, scheme: str) -> None:
    welcome = next(look for look in PAGES if look.name == "welcome")
    assert welcome.who == VISITOR
    assert look_at(browser, *demo, welcome, width, scheme) == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
@pytest.mark.parametrize("look", [look for look in PAGES if look.name != "welcome"], ids=lambda look: look.name)
def test_every_page(browser: Browser, demo: tuple[Village, pages.Facts], look: Look, width: int, scheme: str) -> None:
    assert look_at(browser, *demo, look, width, scheme) == []

"""Fixtures of the browser tests: `village`, a real site of its own, and `enter`, which opens browsers that complain."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.lines import Line
from e2e.village import BASE, PASSWORD, Village, clean_environment
from e2e.watch import Watch

expect.set_options(timeout=10_000)
Enter = Callable[..., Page]
DEMO_PEOPLE = 40


@pytest.fixture(scope="session")
def folder_of(once: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """folder_of("demo", make) -> a folder of one's own, copied from what `make(folder)` made once a run."""
    return lambda name, make: Path(shutil.copytree(once(name, make), tmp_path_factory.mktemp(name), dirs_exist_ok=True))


@pytest.fixture(scope="session")
def settled(folder_of: Callable[..., Path]) -> Callable[[], Path]:
    """settled() -> a folder with the data of a site that was up once, where the members have settled."""

    def settle(folder: Path) -> None:
        first = Village(folder)
        first.start()
        try:
            first.settle()
        finally:
            first.stop()

    return lambda: folder_of("village", settle)


@pytest.fixture(scope="module")
def village(settled: Callable[[], Path]) -> Iterator[Village]:
    """One for each file: what one file does to people must not be in another's way."""
    made = Village(settled())
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def demo_data(folder_of: Callable[..., Path]) -> Path:
    """A small demo community."""

    def make(folder: Path) -> None:
        command = [sys.executable, "manage.py", "demo", "--no-serve", "--people", str(DEMO_PEOPLE)]
        subprocess.run(command, cwd=BASE, env=clean_environment(DATA_DIR=str(folder)), check=True, timeout=600)

    return folder_of("demo", make)


@pytest.fixture(scope="session")
def demo(demo_data: Path) -> Iterator[Village]:
    """The demo community in a site of its own, to look at; not to be changed."""
    made = Village(demo_data)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def log_in(page: Page, who: str, *, password: str = PASSWORD) -> None:
    page.goto("/login/")
    page.get_by_label("Password", exact=True).fill(password)
    page.locator("input[name=login]").fill(f"{who}@example.org")
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/")


@pytest.fixture
def enter(browser: Browser, village: Village) -> Iterator[Enter]:
    """enter("olive", width=390, scheme="dark") -> a page of a browser of their own, logged in. `page.watch` holds what
    the browser complains about; the test fails on anything it did not expect."""
    opened: list[tuple[Page, Watch]] = []

    def enter(who: str = "", *, width: int = 1440, scheme: str = "light", **options: Any) -> Page:
        if who and who not in village.states:
            village.states[who] = first_login(browser, village, who)
        context = browser.new_context(
            base_url=village.url,
            viewport={"width": width, "height": 844 if width < 500 else 1000},
            color_scheme=scheme,
            storage_state=village.states.get(who),
            **{"locale": "en-GB", **options},
        )
        context.set_default_timeout(10_000)
        watch = Watch()
        watch.follow(context)
        page = context.new_page()
        opened.append((page, watch))
        return page

    yield enter
    for page, _watch in opened:
        page.context.close()
    complaints = [f"{number}. browser: {one}" for number, (_p, w) in enumerate(opened, 1) for one in w.unexpected()]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def line() -> Iterator[Line]:
    """enter("nora", proxy=line.proxy) -> a browser whose line is in the hand of the test."""
    made = Line()
    yield made
    made.stop()


def first_login(browser: Browser, village: Village, who: str) -> Any:
    with browser.new_context(base_url=village.url, locale="en-GB") as context:
        log_in(context.new_page(), who)
        return context.storage_state()

"""400 kbit/s, 400 ms, and sockets that break in the middle of a frame: every message stands once and in order."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Enter
from e2e.lines import Line
from e2e.test_chat_line import begin, words_of
from e2e.test_first_life import FOLLOW
from e2e.test_outbox import TORN, bubble
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420, func_only=True)]
BITS, ROUND_TRIP = 400_000, 0.4
BREAKS_AFTER = 2.5  # seconds, on average
EACH = 12
PATIENCE = 90_000  # ms for all that waits to arrive over such a line


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    made = [Line(), Line()]
    yield made
    for line in made:
        line.stop()


def type_and_send(page: Page, words: str) -> None:
    field = page.get_by_label("Message", exact=True)
    field.fill(words)
    field.press("Enter")
    expect(bubble(page, words)).to_be_visible()


def test_every_message_stands_once_and_in_order(enter: Enter, village: Village, lines: list[Line]) -> None:
    village.run(FOLLOW, ["tam", "nora"])
    address = begin(enter("nora"), "tam")
    nora, tam = (enter(who, proxy=line.proxy) for who, line in zip(("nora", "tam"), lines, strict=True))
    for page in (nora, tam):
        page.watch.expect(*TORN, "answered 5")  # type: ignore[attr-defined]
        page.goto(address)
        expect(page.get_by_label("Message", exact=True)).to_be_visible()
    mark = f"{time.time():.0f}"
    for seed, line in enumerate(lines):
        line.be_slow(round_trip=ROUND_TRIP, bits=BITS)
        line.break_at_random(seed, after=BREAKS_AFTER)
    for number in range(EACH):
        type_and_send(nora, f"nora {number} {mark}")
        type_and_send(tam, f"tam {number} {mark}")
        nora.wait_for_timeout(400)
    assert sum(line.broken for line in lines) >= 3, "the lines were bad enough"
    for line in lines:
        line.hold()
    wanted = {f"{who} {number} {mark}" for who in ("nora", "tam") for number in range(EACH)}
    for page in (nora, tam):
        expect(page.locator("[data-tick=waiting]:visible, .msg.failed")).to_have_count(0, timeout=PATIENCE)
        expect(page.locator("[data-thread] .msg", has_text=mark)).to_have_count(len(wanted), timeout=PATIENCE)
    orders = []
    for line in lines:
        line.be_slow(round_trip=0, bits=0)
    for page in (nora, tam):
        orders.append([words for words in words_of(page) if mark in words])
        page.reload()
        expect(page.locator("[data-thread] .msg", has_text=mark)).to_have_count(len(wanted))
        orders.append([words for words in words_of(page) if mark in words])
    assert set(orders[0]) == wanted
    assert orders[0] == orders[1] == orders[2] == orders[3]
    for who in ("nora", "tam"):
        mine = [words for words in orders[0] if words.startswith(who)]
        assert mine == [f"{who} {number} {mark}" for number in range(EACH)]

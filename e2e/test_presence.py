"""Who is here, and what they have of what one said: two people in two browsers, and nobody reloads."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Enter
from e2e.test_chat_line import begin, say
from e2e.test_first_life import FOLLOW
from e2e.test_messages import bubble, options
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]


def tick(page: Page, words: str, state: str) -> None:
    expect(bubble(page, words).get_by_role("img", name=state, exact=True)).to_be_visible()


def talk(enter: Enter, village: Village, width: int) -> tuple[Page, Page, str]:
    """Malin and Zoë know each other; Malin has their conversation open."""
    village.run(FOLLOW, ["malin", "zoe"])
    village.run(FOLLOW, ["zoe", "malin"])
    malin, zoe = enter("malin", width=width), enter("zoe")
    address = begin(malin, "zoe")
    zoe.goto(address)
    accept = zoe.get_by_role("button", name="Accept")
    if accept.is_visible():
        accept.click()
    return malin, zoe, address


@pytest.mark.parametrize("width", [390, 1440])
def test_somebody_is_here_away_and_gone(enter: Enter, village: Village, width: int) -> None:
    malin, zoe, _address = talk(enter, village, width)
    words = malin.locator(".panehead [data-presence-words]")
    expect(words).to_have_text("online")
    expect(malin.locator(".panehead .av.on")).to_be_visible()
    zoe.clock.install()
    zoe.goto("/")
    expect(words).to_have_text("online")
    # A page that shows nobody's presence begins to watch its own a while after it has come.
    with zoe.expect_request(re.compile(r"/presence\.[^/]*js")):
        zoe.clock.run_for(11_000)
    zoe.wait_for_timeout(500)
    zoe.clock.fast_forward("06:00")
    expect(words).to_have_text("away")
    expect(malin.locator(".panehead .av.away")).to_be_visible()
    zoe.mouse.move(100, 100)
    zoe.mouse.move(200, 200)
    expect(words).to_have_text("online")
    zoe.close()
    expect(words).to_have_text("last seen just now", timeout=20_000)
    expect(malin.locator(".panehead .av.on")).to_have_count(0)
    if width == 1440:
        row = malin.locator("[data-conv][aria-current=true]")
        expect(row.locator(".av.on")).to_have_count(0)
        again = enter("zoe")
        again.goto("/")
        expect(row.locator(".av.on")).to_be_visible()
        expect(row.get_by_text("(online)")).to_be_attached()


def test_ticks_tell_what_has_come_and_what_is_read(enter: Enter, village: Village) -> None:
    malin, zoe, address = talk(enter, village, 390)
    zoe.goto("/")
    zoe.wait_for_timeout(500)
    say(malin, "Is the kiln warm?")
    tick(malin, "Is the kiln warm?", "Delivered")
    zoe.goto(address)
    tick(malin, "Is the kiln warm?", "Read")
    options(malin, "Is the kiln warm?").get_by_role("link", name="Who has read it").click()
    box = malin.get_by_role("dialog", name="Who has read it")
    expect(box.get_by_role("link", name="Zoë Klein")).to_be_visible()
    box.get_by_role("link", name=re.compile("Delivered to")).click()
    expect(malin.get_by_text("Nobody else who shows it has it on a device.")).to_be_visible()

    # Who hides it hides it from now on, and sees nothing of others either.
    zoe.goto("/settings/chat/")
    zoe.get_by_label("Show what you have read").uncheck()
    zoe.get_by_label("Nobody", exact=True).last.check()
    zoe.get_by_role("button", name="Save").click()
    expect(zoe.get_by_text("Saved.")).to_be_visible()
    zoe.goto(address)
    malin.goto(address)
    say(malin, "Hello?")
    expect(bubble(zoe, "Hello?")).to_be_visible()
    malin.wait_for_timeout(4000)
    tick(malin, "Hello?", "Sent")
    tick(malin, "Is the kiln warm?", "Sent")
    for page in (malin, zoe):
        expect(page.locator(".panehead [data-presence-words]")).to_have_text("")
        expect(page.locator(".panehead .av.on")).to_have_count(0)

"""What two people do with messages, while both look on: answers, edits, stars, pins, deletions, drafts."""

import os
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.conftest import Enter
from e2e.test_chat_line import begin, say

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]
WIDTHS = pytest.mark.parametrize("width", [390, 1440])


def bubble(page: Page, words: str) -> Locator:
    """The message that says this, and not the answers that quote it."""
    said = page.locator("[data-text]", has_text=re.compile(rf"^{re.escape(words)}$"))
    return page.locator("[data-thread] .msg", has=said)


def options(page: Page, words: str) -> Locator:
    """The dialog of what one may do with a message."""
    message = bubble(page, words)
    link = message.get_by_role("link", name="What to do with this message")
    link.focus()
    link.press("Enter")
    dialog = page.get_by_role("dialog", name="This message")
    expect(dialog).to_be_visible()
    return dialog


@WIDTHS
def test_what_becomes_of_a_message_is_seen_by_both(enter: Enter, width: int) -> None:
    nora, tam = enter("nora", width=width), enter("tam", width=width)
    address = begin(nora, "tam")
    tam.goto(address)
    accept = tam.get_by_role("button", name="Accept")
    if accept.is_visible():  # the first time they do not know each other
        accept.click()
    expect(tam.get_by_label("Message", exact=True)).to_be_visible()
    first, second = f"The lamp works again ({width}).", f"Bring the ladder ({width})."
    say(nora, first)
    expect(bubble(tam, first)).to_be_visible()

    options(tam, first).get_by_role("link", name="Answer").click()
    expect(tam.locator("[data-replying]")).to_contain_text(first)
    say(tam, second)
    for page in (tam, nora):
        expect(bubble(page, second).locator(".cite")).to_contain_text(first)
    expect(tam.locator("[data-replying]")).to_be_hidden()

    dialog = options(nora, first)
    dialog.get_by_label("Other words").fill(f"{first} Really!")
    dialog.get_by_role("button", name="Save").click()
    for page in (nora, tam):
        expect(bubble(page, f"{first} Really!").get_by_text("edited")).to_be_visible()

    options(tam, second).get_by_role("button", name="Star it").click()
    expect(bubble(tam, second).get_by_role("img", name="Starred")).to_be_visible()
    expect(bubble(nora, second).get_by_role("img", name="Starred")).to_have_count(0)

    options(nora, second).get_by_role("button", name="Pin for everybody").click()
    for page in (nora, tam):
        expect(bubble(page, second).get_by_role("img", name="Pinned")).to_be_visible()
    if pictures := os.environ.get("SHOTS"):
        nora.screenshot(path=f"{pictures}/messages-{width}.png")
        options(nora, second)
        nora.wait_for_timeout(400)
        nora.screenshot(path=f"{pictures}/options-{width}.png")
        nora.keyboard.press("Escape")

    options(nora, f"{first} Really!").get_by_role("button", name="Delete for everyone").click()
    for page in (nora, tam):
        expect(page.get_by_text("This message was deleted.").last).to_be_visible()

    mine = bubble(tam, second)
    options(tam, second).get_by_role("button", name="Delete for me").click()
    expect(mine).to_have_count(0)
    expect(bubble(nora, second)).to_be_visible()
    tam.reload()
    expect(bubble(tam, second)).to_have_count(0)


def test_what_one_begins_to_write_stands_on_the_other_device(enter: Enter) -> None:
    phone, desk = enter("nora", width=390), enter("nora")
    address = begin(phone, "pia")
    desk.goto(address)
    phone.goto(address)
    phone.get_by_label("Message", exact=True).press_sequentially("Could we move it to", delay=5)
    expect(desk.get_by_label("Message", exact=True)).to_have_value("Could we move it to")
    phone.get_by_label("Message", exact=True).press("Enter")
    phone.get_by_role("button", name="Send").click()
    expect(bubble(desk, "Could we move it to")).to_be_visible()
    expect(desk.get_by_label("Message", exact=True)).to_have_value("")

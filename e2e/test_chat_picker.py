"""Emoji and stickers beside the line one writes into: by mouse and finger, by keyboard, on a phone and at a desk."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e import axe
from e2e.conftest import Enter
from e2e.test_chat_line import begin
from e2e.test_first_life import FOLLOW
from e2e.test_no_script import plain
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]
LOOKS = pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
HELLO = "Sticker: Pip waves hello"


@pytest.fixture(autouse=True)
def _acquainted(village: Village) -> None:
    village.run(FOLLOW, ["tam", "nora"])


def opener(page: Page) -> Locator:
    return page.get_by_role("button", name="Emoji and stickers")


def picker(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Emoji and stickers")


def sent(page: Page, name: str) -> Locator:
    return page.locator("[data-thread] .msg").get_by_alt_text(name, exact=True)


@LOOKS
def test_a_sticker_is_one_press_away_and_both_see_it(enter: Enter, width: int, scheme: str) -> None:
    nora, tam = enter("nora", width=width, scheme=scheme), enter("tam", width=width, scheme=scheme)
    address = begin(nora, "tam")
    asked: list[str] = []
    nora.on("request", lambda request: asked.append(request.url))
    for page in (nora, tam):
        page.goto(address)
    before = sent(nora, HELLO).count()
    assert any("/js/chat" in url for url in asked)
    assert not any(re.search(r"api/v1/stickers|/js/(emoji|picker|chat-picker)", url) for url in asked)
    opener(nora).click()
    expect(picker(nora)).to_be_visible()
    expect(opener(nora)).to_have_attribute("aria-expanded", "true")
    assert any("api/v1/stickers" in url for url in asked)
    assert axe.violations(nora) == []
    assert nora.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = picker(nora).bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= nora.evaluate("innerHeight") + 1
    picker(nora).get_by_role("tab", name="Pip").click()
    first = picker(nora).get_by_role("tabpanel").locator("img").first
    expect(first).to_have_js_property("complete", True)
    assert axe.violations(nora) == []
    picker(nora).get_by_role("button", name="Pip waves hello").first.click()
    expect(picker(nora)).to_have_count(0)
    for page in (nora, tam):
        expect(sent(page, HELLO)).to_have_count(before + 1)
    expect(nora.locator("[data-thread] .msg.waiting")).to_have_count(0)
    last = sent(tam, HELLO).last
    expect(last).to_be_in_viewport()
    tam.wait_for_function("(one) => one.naturalWidth > 0", arg=last.element_handle())
    assert last.evaluate("(one) => getComputedStyle(one.closest('.bub')).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert axe.violations(tam) == []
    tam.goto("/chat/")
    expect(tam.locator("[data-inbox] .conv").first).to_contain_text(HELLO)
    nora.reload()
    expect(sent(nora, HELLO)).to_have_count(before + 1)
    opener(nora).click()
    picker(nora).get_by_role("tab", name="Pip").click()
    recent = picker(nora).get_by_role("region", name="Lately")
    expect(recent.get_by_role("button", name="Pip waves hello")).to_be_visible()


@LOOKS
def test_emoji_go_where_one_writes_by_keyboard_alone(enter: Enter, width: int, scheme: str) -> None:
    nora, tam = enter("nora", width=width, scheme=scheme), enter("tam", width=width, scheme=scheme)
    address = begin(nora, "tam")
    for page in (nora, tam):
        page.goto(address)
    area = nora.get_by_label("Message", exact=True)
    area.fill("ab")
    area.press("ArrowLeft")
    opener(nora).focus()
    opener(nora).press("Enter")
    search = picker(nora).get_by_label("Search by name")
    expect(search).to_be_focused()
    nora.keyboard.type("rocket")
    expect(picker(nora).locator(".pickgrid button")).to_have_count(1)
    nora.keyboard.press("Enter")
    expect(area).to_have_value("a🚀b")
    search.fill("nothing is called so")
    expect(picker(nora).get_by_text("Nothing of this name.").first).to_be_visible()
    search.fill("")
    nora.keyboard.press("ArrowDown")  # the first of those picked lately
    expect(picker(nora).locator(".pickgrid button").first).to_be_focused()
    nora.keyboard.press("ArrowDown")  # and the first of the next group
    first = picker(nora).get_by_role("region", name="Faces").get_by_role("button").first
    expect(first).to_be_focused()
    nora.keyboard.press("ArrowRight")
    nora.keyboard.press("ArrowLeft")
    expect(first).to_be_focused()
    nora.keyboard.press("Enter")
    expect(area).to_have_value("a🚀😀b")
    nora.keyboard.press("h")  # a letter goes to the search
    expect(search).to_be_focused()
    expect(search).to_have_value("h")
    nora.keyboard.press("Escape")
    expect(picker(nora)).to_have_count(0)
    expect(area).to_be_focused()
    opener(nora).focus()
    opener(nora).press(" ")
    expect(picker(nora)).to_be_visible()
    nora.keyboard.press("Escape")
    expect(opener(nora)).to_be_focused()
    area.fill("🚀😀")
    nora.get_by_role("button", name="Send").click()
    for page in (nora, tam):
        large = page.locator("[data-thread] .msg .big").last
        expect(large).to_contain_text("🚀😀")
        assert large.locator("[data-text]").evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)") > 40
    tam.reload()
    expect(tam.locator("[data-thread] .msg .big").last).to_contain_text("🚀😀")


def test_the_skin_is_kept_and_a_sticker_answers(enter: Enter) -> None:
    nora = enter("nora")
    nora.goto(begin(nora, "tam"))
    opener(nora).click()
    picker(nora).get_by_label("Skin tone").select_option("\U0001f3fd")
    search = picker(nora).get_by_label("Search by name")
    search.fill("victory")
    search.press("Enter")
    area = nora.get_by_label("Message", exact=True)
    expect(area).to_have_value("✌\U0001f3fd")
    area.fill("")
    nora.reload()
    opener(nora).click()
    expect(picker(nora).get_by_label("Skin tone")).to_have_value("\U0001f3fd")
    nora.keyboard.press("Escape")
    words = f"Do you like tea? {nora.evaluate('Date.now()')}"
    area.fill(words)
    area.press("Enter")
    message = nora.locator("[data-thread] .msg", has_text=words)
    message.get_by_role("link", name="What to do with this message").press("Enter")
    nora.get_by_role("dialog").get_by_role("link", name="Answer").click()
    opener(nora).click()
    tab = picker(nora).get_by_role("tab", name="Emoji")
    tab.focus()
    tab.press("End")
    expect(picker(nora).get_by_role("tab", name="Little things")).to_be_focused()
    picker(nora).get_by_role("button", name="A cup of tea").first.click()
    answer = nora.locator("[data-thread] .msg", has=nora.get_by_alt_text("Sticker: A cup of tea")).last
    expect(answer.locator(".cite")).to_contain_text("Do you like tea?")
    expect(area).to_be_focused()


def test_without_script_stickers_are_on_a_page(enter: Enter) -> None:
    nora = enter("nora")
    address = begin(nora, "tam")
    without = plain(enter, "nora")
    without.goto(address)
    before = sent(without, "Sticker: A birthday cake").count()
    without.get_by_role("link", name="Emoji and stickers").click()
    without.get_by_role("button", name="A birthday cake").click()
    expect(sent(without, "Sticker: A birthday cake")).to_have_count(before + 1)

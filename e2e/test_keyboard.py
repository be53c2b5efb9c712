"""Without a mouse: everything can be reached, opened, chosen and closed."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Enter
from e2e.test_chat_line import begin, bubble
from e2e.test_first_life import write_post

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120, func_only=True)]

FOCUSED = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"


def tab_until(page: Page, selector: str, *, most: int = 40) -> int:
    """Presses Tab until this has the focus; how often it took."""
    for presses in range(1, most + 1):
        page.keyboard.press("Tab")
        if page.locator(selector).and_(page.locator(":focus")).count():
            return presses
    raise AssertionError(f"{selector} is not reached by {most} times Tab")


def test_skip_link_and_the_way_to_the_composer(enter: Enter) -> None:
    page = enter("olive")
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    assert tab_until(page, "#composer-text", most=3), "the first thing in the content is where one writes"
    outline = page.locator("#composer-text").evaluate(
        "area => [area, area.closest('form')].map(one => getComputedStyle(one))"
        ".some(style => style.outlineStyle !== 'none' || style.boxShadow !== 'none')"
    )
    assert outline, "where one is can be seen"


def test_the_order_of_tab_is_the_order_on_the_page(enter: Enter) -> None:
    page = enter("olive")
    page.goto("/")
    assert tab_until(page, ".side .navlink >> nth=0", most=4)
    assert tab_until(page, "#composer-text", most=20)
    positive = page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])")
    assert positive.count() == 0, "nothing jumps the queue"


def test_menus_and_dialogs_close_with_escape_and_give_the_focus_back(enter: Enter) -> None:
    page = enter("olive")
    page.goto("/")
    card = write_post(page, "A card with a menu.")
    button = card.get_by_role("button", name="More about this post")
    button.focus()
    page.keyboard.press("Enter")
    expect(card.get_by_role("link", name="Copy link")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(card.get_by_role("button", name="Mute this conversation")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(card.get_by_role("link", name="Why am I seeing this?")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(card.get_by_role("button", name="Delete")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(card.get_by_role("link", name="Edit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card.get_by_role("link", name="Edit")).to_be_hidden()
    expect(button).to_be_focused()

    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_the_picker_of_reactions(enter: Enter) -> None:
    page = enter("olive")
    page.goto("/")
    card = write_post(page, "Something to react to.")
    choose = card.get_by_role("button", name="Choose a reaction")
    choose.focus()
    page.keyboard.press("Enter")
    picker = card.get_by_role("group", name="Reactions")
    expect(picker.get_by_role("button").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    chosen = page.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    expect(picker).to_be_hidden()
    expect(card.locator(".acts [data-count=reactions]")).to_have_text("1")
    expect(card.locator("[data-top-kinds] svg")).to_have_attribute("aria-label", chosen)


def test_keys_that_go_somewhere(enter: Enter) -> None:
    page = enter("olive")
    page.goto("/")
    page.keyboard.press("n")
    expect(page.locator("#composer-text")).to_be_focused()
    page.keyboard.type("n ? g c /")
    expect(page.locator("#composer-text")).to_have_value("n ? g c /")
    page.locator("#composer-text").fill("")
    page.locator("#main").focus()
    page.keyboard.press("/")  # there is no search yet: nothing happens, nothing breaks
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/chat/")


def test_enter_sends_and_shift_enter_breaks_the_line(enter: Enter) -> None:
    page = enter("nora")
    address = begin(page, "ben")
    page.goto(address)
    field = page.get_by_label("Message", exact=True)
    expect(field).to_be_focused()
    page.keyboard.type("Two")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("lines")
    expect(field).to_have_value("Two\nlines")
    page.keyboard.press("Enter")
    expect(field).to_have_value("")
    expect(bubble(page, "Two lines").last.locator("[data-tick=sent]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(field).to_have_value("")


def test_control_enter_posts(enter: Enter) -> None:
    page = enter("olive")
    page.goto("/")
    page.keyboard.press("n")
    page.keyboard.type("By keys alone.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("article[data-post]", has_text="By keys alone.")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text=re.compile("Posted"))).to_be_visible()


def test_reduced_motion_stands_still(enter: Enter) -> None:
    page = enter("olive", reduced_motion="reduce")
    page.goto("/")
    write_post(page, "Quietly.")
    moving = page.evaluate(
        "() => document.getAnimations().filter(one => one.effect.getComputedTiming().activeDuration > 10)"
        ".map(one => one.effect.target?.className)"
    )
    assert moving == []
    slow = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(one => {
          const style = getComputedStyle(one);
          const longest = (list) => Math.max(...list.split(',').map(parseFloat));
          return longest(style.transitionDuration) > 0.01
            || (style.animationName !== 'none' && longest(style.animationDuration) > 0.01);
        }).map(one => one.className)"""
    )
    assert slow == []

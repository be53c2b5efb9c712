"""Pictures shown large on the page they stand on: by finger, by key, and without scripts as files."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Enter
from e2e.test_compose import add_pictures, composer, photo, text
from e2e.test_first_life import card_of
from e2e.test_no_script import plain
from e2e.test_second_factor import clean

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]


def write(page: Page, words: str) -> None:
    page.goto("/compose/")
    text(page).fill(words)
    add_pictures(page, 3)
    composer(page).locator("[data-pick-alt]").nth(1).click()
    page.get_by_label("What does it show?").fill("A heron")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    composer(page).get_by_role("button", name="Post", exact=True).click()
    expect(card_of(page, words).locator("a[data-picture]")).to_have_count(3)
    page.wait_for_load_state("networkidle")  # its scripts are there


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (820, "light"), (1440, "dark")])
def test_a_picture_is_shown_large_and_the_others_beside_it(enter: Enter, width: int, scheme: str) -> None:
    page = enter("kofi" if width == 390 else "olive" if width == 820 else "nora", width=width, scheme=scheme)
    write(page, f"Three at {width}")
    here = page.url
    links = card_of(page, f"Three at {width}").locator("a[data-picture]")
    links.nth(1).click()
    dialog = page.get_by_role("dialog", name="Picture")
    expect(dialog.get_by_role("img", name="A heron")).to_be_visible()
    expect(dialog.locator("[data-gallery-words]")).to_have_text("A heron")
    large = links.nth(1).get_attribute("href") or "?"
    expect(dialog.get_by_role("img")).to_have_attribute("src", re.compile(re.escape(large)))
    box = dialog.get_by_role("img").bounding_box()
    assert box is not None
    assert box["width"] <= width
    assert box["height"] <= 1000
    clean(page)
    dialog.get_by_role("button", name="Next picture").click()
    expect(dialog.get_by_role("status")).to_have_text("Picture 3 of 3")
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("status")).to_have_text("Picture 1 of 3")
    page.keyboard.press("ArrowLeft")
    dialog.get_by_role("button", name="Previous picture").click()
    expect(dialog.get_by_role("status")).to_have_text("Picture 2 of 3 A heron")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(links.nth(1)).to_be_focused()
    links.nth(0).press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(links.nth(0)).to_be_focused()
    assert page.url == here


def test_the_picture_of_a_comment_and_the_file_without_script(enter: Enter) -> None:
    page = enter("ben")
    write(page, "With a comment")
    form = page.locator("[data-comment-form]")
    form.locator("[data-files]").set_input_files([photo("a.jpg")])
    expect(form.locator("[data-pick-alt]")).to_be_visible(timeout=30000)
    form.get_by_role("button", name="Send").click()
    link = page.locator("[data-comment] a[data-picture]")
    link.click()
    dialog = page.get_by_role("dialog", name="Picture")
    expect(dialog.get_by_role("img", name="A picture")).to_be_visible()
    expect(dialog.get_by_role("button", name="Next picture")).to_be_hidden()
    clean(page)
    page.keyboard.press("Escape")
    expect(link).to_be_focused()
    bare = plain(enter, "ben")
    bare.goto(page.url)
    large = bare.locator("[data-comment] a[data-picture]").get_attribute("href") or ""
    assert bare.request.get(large).ok

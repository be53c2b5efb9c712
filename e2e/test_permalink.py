"""The page of one post while somebody reads it: what happens when it goes, and when it comes back."""

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Enter
from e2e.test_first_life import card_of, write_post
from e2e.test_keeping import choose

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]


def own_page(page: Page, words: str) -> str:
    """Writes a post and opens its page."""
    page.goto("/?tab=latest")
    id = write_post(page, words).get_attribute("data-post")
    page.goto(f"/posts/{id}/")
    return f"/posts/{id}/"


def test_a_post_comes_back_with_its_comments(enter: Enter) -> None:
    page = enter("iris")
    own_page(page, "Now and again.")
    form = page.get_by_label("Your comment")
    form.fill("The first.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The first.")).to_be_visible()
    form.fill("half a thought")
    choose(page.locator(".posthead"), "Delete")  # comments have one, too
    expect(card_of(page, "Now and again.")).to_be_hidden()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("The first.")).to_be_visible()
    expect(form).to_have_value("half a thought")
    expect(page.get_by_text("Now and again.", exact=True).first).to_be_visible()

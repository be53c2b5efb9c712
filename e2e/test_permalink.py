"""The page of one post while somebody reads it: what happens when it goes, and when it comes back."""

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, card_of, write_post
from e2e.test_keeping import choose
from e2e.test_second_factor import clean
from e2e.village import Village

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


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (820, "light"), (1440, "dark")])
def test_something_stands_where_a_post_was(enter: Enter, village: Village, width: int, scheme: str) -> None:
    village.run(FOLLOW, ["kofi", "olive"])
    words = f"Soon gone at {width}."
    olive, kofi = enter("olive", width=width, scheme=scheme), enter("kofi", width=width, scheme=scheme)
    olive.watch.expect(r"\b404\b")
    kofi.watch.expect(r"\b404\b")
    kofi.goto(own_page(olive, words))
    kofi.get_by_label("Your comment").fill("half a thought")
    choose(olive.locator(".posthead"), "Delete")
    line = olive.locator("[data-gone]")
    expect(line).to_contain_text("Post deleted")
    clean(olive)
    expect(kofi.get_by_text("This post is gone, or not for you to see.")).to_be_visible()
    expect(card_of(kofi, words)).to_have_count(0)
    expect(kofi.get_by_label("Your comment")).to_have_value("half a thought")
    expect(kofi.locator("[data-gone]")).to_be_focused()
    expect(kofi.get_by_role("button", name="Undo")).to_have_count(0)
    clean(kofi)
    line.get_by_role("button", name="Undo").click()
    expect(card_of(olive, words)).to_be_visible()
    expect(line).to_have_count(0)
    kofi.locator("[data-gone]").get_by_role("link", name="Home").click()
    kofi.wait_for_url(f"{village.url}/")

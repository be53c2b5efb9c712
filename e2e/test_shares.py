"""Sharing: two people watching, on a phone and at a desk, by keyboard, and without script."""

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, rewrite, write_post
from e2e.test_no_script import plain
from e2e.village import Village
from e2e.watch import until_watched

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]


def card(page: Page, words: str) -> Locator:
    return page.locator("article[data-post]", has_text=words)


def home_of_both(enter: Enter, village: Village, width: int) -> tuple[Page, Page]:
    """Nora reads Tam, who reads Nora, on a screen of this width."""
    for pair in (["nora", "tam"], ["tam", "nora"]):
        village.run(FOLLOW, pair)
    nora, tam = enter("nora"), enter("tam", width=width)
    for page in (nora, tam):
        page.goto("/")
    return nora, tam


@pytest.mark.parametrize("width", [390, 1440])
def test_a_share_is_live_on_both_screens(enter: Enter, village: Village, width: int) -> None:
    nora, tam = home_of_both(enter, village, width)
    words = f"Soup at {width}."
    write_post(nora, words)
    tam.get_by_role("button", name="new post").click()
    seen = card(tam, words)
    expect(seen).to_be_visible()
    until_watched(tam, seen)

    seen.get_by_role("link", name="Share").click()
    box = tam.get_by_role("dialog", name="Share this post")
    box.get_by_label("Say something about it").fill(f"Hear her at {width}!")
    box.get_by_role("button", name="Share", exact=True).click()
    expect(box).to_have_count(0)
    quote = card(tam, f"Hear her at {width}!")
    expect(quote.locator(".quote")).to_contain_text(words)
    own = nora.locator("article[data-post]:not(:has(.shared))", has_text=words)
    expect(own.locator("[data-count=shares]")).to_have_text("1")

    nora.get_by_role("button", name="new post").click()
    at_nora = card(nora, f"Hear her at {width}!")
    expect(at_nora.locator(".quote")).to_contain_text(words)
    until_watched(nora, at_nora)

    own.get_by_role("button", name="More about this post").click()
    own.get_by_role("link", name="Edit").click()
    rewrite(nora, f"Better {words}")
    expect(quote.locator(".quote")).to_contain_text(f"Better {words}")

    nora.goto("/")
    own = nora.locator("article[data-post]:not(:has(.shared))", has_text=words)
    own.get_by_role("button", name="More about this post").click()
    own.get_by_role("button", name="Delete").click()
    expect(quote.locator(".quote")).to_have_text("This post cannot be seen.")
    expect(tam.get_by_text(words)).to_have_count(0)
    nora.get_by_role("button", name="Undo").click()
    expect(quote.locator(".quote")).to_contain_text(f"Better {words}")  # nobody has touched this page


def test_without_words_by_keyboard_and_back(enter: Enter, village: Village) -> None:
    nora, tam = home_of_both(enter, village, 1440)
    write_post(nora, "Keys and bread.")
    tam.get_by_role("button", name="new post").click()
    seen = tam.locator("article[data-post]:not(:has(.shared))", has_text="Keys and bread.")
    link = seen.get_by_role("link", name="Share")
    link.focus()
    tam.keyboard.press("Enter")
    box = tam.get_by_role("dialog", name="Share this post")
    expect(box).to_be_visible()
    tam.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(link).to_be_focused()
    tam.keyboard.press("Enter")
    box.get_by_role("button", name="Share", exact=True).press("Enter")
    expect(box).to_have_count(0)
    bare = tam.locator("article[data-post]:has(.shared)", has_text="Keys and bread.")
    expect(bare).to_contain_text("shared a post")
    count = nora.locator("article[data-post]", has_text="Keys and bread.").locator("[data-count=shares]").first
    expect(count).to_have_text("1")

    tam.get_by_role("button", name="Undo").click()
    expect(bare).to_have_count(0)
    expect(count).to_have_text("")

    link.click()
    box.get_by_role("button", name="Share", exact=True).click()
    expect(bare).to_be_visible()
    link.click()
    expect(box.get_by_text("You share it already.")).to_be_visible()
    box.get_by_role("button", name="Take the share back").click()
    expect(bare).to_have_count(0)
    expect(count).to_have_text("")


def test_without_script(enter: Enter, village: Village) -> None:
    for pair in (["nora", "tam"], ["tam", "nora"]):
        village.run(FOLLOW, pair)
    nora, tam = plain(enter, "nora"), plain(enter, "tam")
    nora.goto("/")
    nora.get_by_label("Your post", exact=True).fill("Plain bread.")
    nora.get_by_role("button", name="Post", exact=True).click()

    tam.goto("/")
    card(tam, "Plain bread.").get_by_role("link", name="Share").click()
    expect(tam.get_by_role("heading", name="Share this post")).to_be_visible()
    tam.get_by_label("Say something about it").fill("Eat it plain.")
    tam.get_by_role("button", name="Share", exact=True).click()
    expect(card(tam, "Eat it plain.").locator(".quote")).to_contain_text("Plain bread.")

    nora.goto("/")
    mine = nora.locator("article[data-post]:not(:has(.shared))", has_text="Plain bread.")
    expect(mine.locator("[data-count=shares]")).to_have_text("1")
    mine.get_by_role("button", name="More about this post").click()
    mine.get_by_role("link", name="Who shared this").click()
    expect(nora.get_by_text("Eat it plain.")).to_be_visible()
    nora.get_by_role("link", name="Tâm Nguyễn").click()
    expect(card(nora, "Eat it plain.").locator(".quote")).to_contain_text("Plain bread.")

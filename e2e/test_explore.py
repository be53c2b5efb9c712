"""Explore, 'For you' and why: on a phone and at a desk, by keyboard, without script; and the pill of a hashtag."""

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, card_of, write_post
from e2e.test_no_script import plain
from e2e.village import Village
from e2e.watch import until_online

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300, func_only=True)]


def talk(enter: Enter, writer: str, reader: str, words: str, width: int = 1440) -> tuple[Page, Page]:
    """Somebody has written, and somebody else, who does not follow them, reacts on a screen of this width."""
    author, other = enter(writer), enter(reader, width=width)
    author.goto("/?tab=latest")
    path = write_post(author, words).get_by_role("link").filter(has=author.locator("time")).get_attribute("href")
    assert path
    other.goto(path)
    with other.expect_response(lambda answer: answer.url.endswith("/reaction")):
        other.locator("[data-react-main]").first.click()
    return author, other


@pytest.mark.parametrize("width", [390, 1440])
def test_what_people_talk_about_is_found(enter: Enter, village: Village, width: int) -> None:
    words = f"Boats on the pond at {width} #boats{'pq'[width > 500]}"
    _author, reader = talk(enter, "malin", "zoe", words, width)
    tag = words.rpartition("#")[2]
    reader.get_by_role("link", name="Explore").locator("visible=true").first.click()
    expect(reader.get_by_role("heading", name="Explore", level=1)).to_be_visible()
    for _turn in range(40):  # counted behind the request
        if card_of(reader, words).count():
            break
        reader.wait_for_timeout(250)
        reader.reload()
    expect(card_of(reader, words)).to_be_visible()
    reader.get_by_role("button", name=f"Follow #{tag}").click()
    expect(reader.get_by_role("heading", name=f"#{tag}")).to_be_visible()
    reader.goto("/explore/hashtags/")
    expect(reader.get_by_role("button", name=f"Following #{tag}")).to_be_visible()
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_people_are_followed_or_sent_away(enter: Enter, village: Village) -> None:
    page = enter("leo")
    page.goto("/explore/people/")
    rows = page.locator("[data-suggestion]")
    name = rows.first.locator("b").inner_text()
    rows.first.get_by_role("button", name="Do not suggest").click()
    expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    page.reload()
    expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    rows.first.get_by_role("button", name="Follow").click()
    expect(rows.first.get_by_role("button", name="Following")).to_be_visible()


def test_for_you_is_remembered_and_says_why(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["pia", "ben"])
    words = "A kite over the weir."
    _author, reader = talk(enter, "ben", "pia", words)
    reader.goto("/")
    reader.get_by_role("button", name="For you").focus()
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("button", name="For you")).to_have_attribute("aria-pressed", "true")
    reader.goto("/people/")
    reader.goto("/")
    expect(reader.get_by_role("button", name="For you")).to_have_attribute("aria-pressed", "true")
    card = card_of(reader, words)
    menu = card.get_by_role("button", name="More about this post")
    menu.focus()
    reader.keyboard.press("Enter")
    link = card.get_by_role("link", name="Why am I seeing this?")
    link.focus()
    reader.keyboard.press("Enter")
    dialog = reader.get_by_role("dialog", name="Why am I seeing this?")
    expect(dialog).to_contain_text("You follow Ben Okri.")
    expect(dialog).to_contain_text("You reacted to a post of theirs")
    reader.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(menu).to_be_focused()
    reader.get_by_role("button", name="Latest").click()
    expect(reader.get_by_role("button", name="Latest")).to_have_attribute("aria-pressed", "true")


def test_without_script(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["tam", "nora"])
    words = "Paper kites."
    talk(enter, "nora", "ida", words)
    page = plain(enter, "tam")
    page.goto("/")
    page.get_by_role("button", name="For you").click()
    page.goto(card_of(page, words).get_by_role("link").filter(has=page.locator("time")).get_attribute("href") + "why/")
    expect(page.get_by_text("You follow Nora Lind.")).to_be_visible()
    page.goto("/explore/")
    page.get_by_role("link", name="Hashtags", exact=True).click()
    expect(page).to_have_url(f"{village.url}/explore/hashtags/")
    page.get_by_role("navigation", name="Explore").get_by_role("link", name="People").click()
    expect(page.locator("[data-suggestion]").first).to_be_visible()


def test_the_pill_comes_to_two_who_follow_the_hashtag(enter: Enter, village: Village) -> None:
    author, near, far = enter("mira"), enter("finn"), enter("kofi", width=390)
    for page in (near, far):
        page.goto("/tags/regatta/")
        page.get_by_role("button", name="Follow", exact=True).click()
        page.goto("/?tab=latest")
        until_online(page)
    author.goto("/?tab=latest")
    write_post(author, "The boats are out #regatta")
    for page in (near, far):
        pill = page.locator("[data-pill]")
        expect(pill).to_be_visible(timeout=20_000)
        pill.click()
        expect(card_of(page, "The boats are out")).to_be_visible()
        expect(pill).to_be_hidden()

"""What stands in a post's menu, in a thumb's reach and at a desk, with somebody watching; new posts where it is ranked,
drafts that come back, and the rail."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, card_of, rewrite, wait_until_watched, write_post
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]
WIDTHS = pytest.mark.parametrize("width", [390, 1440])


# Two pages and a half by one member.
WRITE_MUCH = """
import sys, json
from accounts.models.people import User
from feed.actions import posts
who, much = json.load(sys.stdin)
for number in range(much):
    posts.create_post(actor=User.objects.get(handle=who), text=f"Line {number} of a long evening, and what came of it.")
"""


def menu(card: Locator) -> Locator:
    card.get_by_role("button", name="More about this post").click()
    return card


@WIDTHS
def test_an_author_changes_pins_and_takes_back_while_somebody_reads(enter: Enter, village: Village, width: int) -> None:
    village.run(FOLLOW, ["nora", "tam"])
    tam, nora = enter("tam", width=width), enter("nora", width=width)
    words = f"The ferry goes at nine, {width}."
    tam.goto("/?tab=latest")
    write_post(tam, words)
    nora.goto("/?tab=latest")
    seen = card_of(nora, words)
    expect(seen).to_be_visible()
    wait_until_watched(nora)

    menu(card_of(tam, words)).get_by_role("link", name="Edit").click()
    rewrite(tam, f"Later! {words}")
    expect(seen.get_by_text("Later!")).to_be_visible()
    seen.get_by_role("link", name=re.compile("edited")).click()
    expect(nora.locator(".version")).to_have_count(2)
    nora.go_back()
    wait_until_watched(nora)

    menu(card_of(tam, words)).get_by_role("button", name="Pin to your profile").click()
    expect(tam.locator("article[data-post] .pinned").first).to_be_visible()
    menu(card_of(tam, words)).get_by_role("button", name="Unpin from your profile").click()
    expect(card_of(tam, words).locator(".pinned")).to_have_count(0)

    menu(card_of(tam, words)).get_by_role("button", name="Delete").click()
    expect(seen).to_have_count(0)  # nobody has touched this page
    tam.get_by_role("button", name="Undo").click()
    expect(card_of(tam, words)).to_be_visible()
    nora.reload()
    expect(seen).to_be_visible()
    assert tam.evaluate("document.documentElement.scrollWidth <= innerWidth")


@WIDTHS
def test_a_reader_mutes_the_talk_copies_the_link_and_asks_why(enter: Enter, village: Village, width: int) -> None:
    village.run(FOLLOW, ["ben", "pia"])
    pia, ben = enter("pia"), enter("ben", width=width, permissions=["clipboard-read", "clipboard-write"])
    words = f"Rain at {width}."
    pia.goto("/?tab=latest")
    write_post(pia, words)
    ben.goto("/?tab=latest")
    card = card_of(ben, words)
    wait_until_watched(ben)
    menu(card).get_by_role("link", name="Copy link").click()
    assert re.search(r"/posts/\d+/$", ben.evaluate("navigator.clipboard.readText()"))
    menu(card).get_by_role("link", name="Why am I seeing this?").click()
    dialog = ben.get_by_role("dialog", name="Why am I seeing this?")
    expect(dialog).to_contain_text("You follow Pia Rossi.")
    ben.keyboard.press("Escape")
    menu(card).get_by_role("button", name="Mute this conversation").click()
    expect(ben.get_by_text("This conversation is muted.")).to_be_visible()
    ben.wait_for_timeout(400)
    heart = card_of(pia, words).locator("[data-react-main]")
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    ben.wait_for_timeout(600)
    expect(card.locator(".acts [data-count=reactions]")).to_have_text("")  # it says nothing any more
    ben.get_by_role("button", name="Undo").click()
    ben.wait_for_timeout(400)
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "false")
    heart.click()
    expect(card.locator(".acts [data-count=reactions]")).to_have_text("1")


@WIDTHS
def test_new_posts_announce_themselves_where_it_is_ranked(enter: Enter, village: Village, width: int) -> None:
    village.run(FOLLOW, ["leo", "malin"])
    malin, leo = enter("malin"), enter("leo", width=width)
    malin.goto("/?tab=latest")
    write_post(malin, f"Before {width}.")
    leo.goto("/?tab=for_you")
    expect(card_of(leo, f"Before {width}.")).to_be_visible()
    leo.wait_for_timeout(600)  # until it is on the line
    for words in ("One", "Two"):
        write_post(malin, f"{words} after {width}.")
    pill = leo.locator("[data-pill]")
    expect(pill).to_have_text("2 new posts", timeout=20_000)
    expect(card_of(leo, f"One after {width}.")).to_have_count(0)  # what one reads does not move
    pill.click()
    expect(leo.locator("article[data-post]").first).to_contain_text(f"Two after {width}.")
    expect(card_of(leo, f"One after {width}.")).to_be_visible()
    expect(card_of(leo, f"Before {width}.")).to_have_count(1)
    expect(pill).to_be_hidden()


@WIDTHS
def test_a_draft_that_went_comes_back_as_it_was(enter: Enter, width: int) -> None:
    page = enter("zoe", width=width)
    page.goto("/compose/")
    page.get_by_label("Your post", exact=True).fill(f"Half a song {width}")
    page.get_by_label("Who can see it").select_option("followers")
    page.get_by_label("Keep or schedule").click()
    page.get_by_role("button", name="Save as draft").click()
    row = page.get_by_role("link", name=re.compile(f"Half a song {width}"))
    expect(row).to_be_visible()
    page.wait_for_load_state("networkidle")  # its scripts are there
    delete = page.get_by_role("listitem").filter(has_text=f"Half a song {width}").get_by_role("button")
    delete.click()
    expect(row).to_have_count(0)
    expect(page.get_by_text("No drafts")).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(row).to_contain_text("Followers")
    page.reload()
    expect(row).to_be_visible()
    page.wait_for_load_state("networkidle")
    delete.click()
    expect(page.get_by_text("No drafts")).to_be_visible()


def test_the_rail_says_what_is_talked_about(enter: Enter) -> None:
    page, phone = enter("ida"), enter("kofi", width=390)
    page.goto("/?tab=latest")
    write_post(page, "All are at the #harvest")

    def told(one: Page) -> Locator:
        return one.locator(".talked").get_by_role("link", name=re.compile("#harvest"))

    for _turn in range(40):  # counted behind the request
        page.goto("/compose/")
        page.locator(".talked li, .talked .muted").first.wait_for()
        if told(page).count():
            break
        page.wait_for_timeout(1500)
    told(page).click()
    expect(page.get_by_role("heading", name="#harvest")).to_be_visible()
    asked: list[str] = []
    phone.on("request", lambda one: asked.append(one.url))
    phone.goto("/?tab=latest")
    phone.wait_for_timeout(800)
    assert not [one for one in asked if "talked-about" in one]


@WIDTHS
def test_who_comes_back_to_a_feed_is_where_they_were(enter: Enter, village: Village, width: int) -> None:
    village.run(FOLLOW, ["mira", "iris"])
    village.run(WRITE_MUCH, ["iris", 50])
    page = enter("mira", width=width)
    page.goto("/?tab=latest")
    card = card_of(page, "Line 8 of")
    for _turn in range(60):
        if card.count():
            break
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(150)
    card.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    before = card.bounding_box()
    assert before
    card.get_by_role("link").filter(has=page.locator("time")).first.click()
    page.wait_for_url("**/posts/*/")
    page.go_back()
    expect(card).to_be_in_viewport(timeout=20_000)
    page.wait_for_timeout(500)
    after = card.bounding_box()
    assert after
    assert abs(after["y"] - before["y"]) < 8, "not a line further up or down"
    cards = page.locator("article[data-post]").evaluate_all("all => all.map((one) => one.id)")
    assert len(cards) == len(set(cards))

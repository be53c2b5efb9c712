"""Saving, hiding and reporting, as people meet them: at once with scripts, over pages without."""

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, card_of, write_post
from e2e.test_second_factor import clean
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

MODERATOR = """
import json, sys
from accounts.actions import roles
roles.set_role(actor=None, handle=json.load(sys.stdin), role="moderator")
"""
WIDTHS = pytest.mark.parametrize("width", [390, 1440])


def posted(enter: Enter, village: Village, writer: str, reader: str, words: str) -> None:
    village.run(FOLLOW, [reader, writer])
    page = enter(writer)
    page.goto("/")
    write_post(page, words)


def choose(card: Locator, name: str) -> None:
    """What is live may renew a card under one's hand, and close its menu; one opens it again."""
    item = card.get_by_role("button", name=name).or_(card.get_by_role("link", name=name)).first

    def press(patience: float) -> None:
        if not item.is_visible():
            card.get_by_role("button", name="More about this post").click()
        item.click(timeout=patience)

    try:
        press(3_000)
    except TimeoutError:
        press(10_000)


@WIDTHS
def test_one_tap_saves_and_a_collection_keeps(enter: Enter, village: Village, width: int) -> None:
    words = f"Worth keeping at {width}."
    posted(enter, village, "malin", "ben", words)
    ben = enter("ben", width=width)
    ben.goto("/")
    card = card_of(ben, words)
    save = card.get_by_role("button", name="Save", exact=True)
    save.click()
    expect(save).to_have_attribute("aria-pressed", "true")
    ben.get_by_role("link", name="Choose a collection").click()
    ben.get_by_label("Or in a new collection").fill(f"Shelf {width}")
    ben.get_by_role("main").get_by_role("button", name="Save", exact=True).first.click()
    expect(ben.get_by_text("Saved.")).to_be_visible()

    ben.goto("/saved/")
    expect(card_of(ben, words)).to_be_visible()
    ben.get_by_role("navigation", name="Collections").get_by_role("link", name=f"Shelf {width}").click()
    expect(card_of(ben, words)).to_be_visible()
    ben.get_by_role("link", name="Edit", exact=True).click()
    ben.get_by_label("Name of the collection").fill(f"Rack {width}")
    ben.get_by_role("main").get_by_role("button", name="Save", exact=True).click()
    expect(ben.get_by_role("heading", name=f"Rack {width}")).to_be_visible()
    ben.get_by_role("link", name="Edit", exact=True).click()
    ben.get_by_label("They are saved no more").check()
    ben.get_by_role("button", name="Delete the collection").click()
    expect(ben.get_by_text("The collection is gone.")).to_be_visible()
    expect(card_of(ben, words)).to_have_count(0)


def test_a_second_tap_lets_it_go_and_a_refusal_takes_it_back(enter: Enter, village: Village) -> None:
    posted(enter, village, "leo", "pia", "Kept for a moment.")
    pia = enter("pia")
    pia.goto("/")
    save = card_of(pia, "Kept for a moment.").get_by_role("button", name="Save", exact=True)
    for pressed in ("true", "false"):
        save.click()
        expect(save).to_have_attribute("aria-pressed", pressed)
    expect(pia.get_by_text("Not saved any more.")).to_be_visible()
    pia.watch.expect(r"answered 503", r"status of 503")
    pia.route("**/api/v1/posts/*/saved", lambda route: route.fulfill(status=503))
    save.click()
    expect(pia.get_by_text("That did not work")).to_be_visible()
    expect(save).to_have_attribute("aria-pressed", "false")


@WIDTHS
def test_a_hidden_post_leaves_home_and_undo_brings_it_back(enter: Enter, village: Village, width: int) -> None:
    words = f"Not for everybody at {width}."
    posted(enter, village, "malin", "ben", words)
    ben = enter("ben", width=width)
    ben.goto("/")
    card = card_of(ben, words)
    choose(card, "Hide this post")
    expect(card).to_be_hidden()
    ben.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()
    choose(card, "Hide this post")
    expect(card).to_be_hidden()
    expect(ben.get_by_role("button", name="Undo")).to_be_visible()  # it is done, and said
    ben.goto("/")
    expect(ben.get_by_role("heading", name="Home")).to_be_attached()
    expect(card_of(ben, words)).to_have_count(0)

    ben.goto("/@malin/")
    card = card_of(ben, words)
    expect(card.get_by_text("You hid this post")).to_be_visible()
    card.get_by_role("button", name="Show it again").click()
    expect(card.get_by_text("You hid this post")).to_have_count(0)
    choose(card, "Hide this post")
    expect(card.get_by_text("You hid this post")).to_be_visible()
    ben.goto("/settings/muted/posts/")
    ben.get_by_role("button", name="Show again").first.click()
    expect(ben.get_by_text("No post is hidden")).to_be_visible()


@WIDTHS
def test_reporting_in_a_dialog_and_looking_at_it(enter: Enter, village: Village, width: int) -> None:
    words = f"Something rude at {width}."
    posted(enter, village, "finn", "zoe", words)
    zoe = enter("zoe", width=width)
    zoe.goto("/")
    card = card_of(zoe, words)
    choose(card, "Report")
    dialog = zoe.get_by_role("dialog", name="Report this post")
    expect(dialog).to_be_visible()
    clean(zoe)
    zoe.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(card.get_by_role("button", name="More about this post")).to_be_focused()

    choose(card, "Report")
    dialog.get_by_label("It is spam, or a scam").check()
    dialog.get_by_label("More, in your words").fill(f"Twice today, {width}.")
    dialog.get_by_role("button", name="Send the report").click()
    thanks = zoe.get_by_role("dialog", name="Thank you")
    expect(thanks).to_be_visible()
    clean(zoe)
    thanks.get_by_role("button", name="Hide this post").click()
    expect(thanks).to_have_count(0)
    expect(card).to_be_hidden()
    expect(zoe.get_by_role("button", name="Undo")).to_be_visible()

    village.run(MODERATOR, "mira")
    village.states.pop("mira", None)  # another test may have ended that login
    mira = enter("mira", width=width)
    mira.goto("/site/reports/")
    row = mira.get_by_role("listitem").filter(has_text=words).first
    expect(row.get_by_text(f"Twice today, {width}.")).to_be_visible()
    row.get_by_role("button", name="Looked at: close").click()
    expect(mira.get_by_text("Closed.")).to_be_visible()
    expect(mira.get_by_text(words)).to_have_count(0)


def test_reporting_a_comment_and_a_person_says_what_is_missing(enter: Enter, village: Village) -> None:
    posted(enter, village, "finn", "zoe", "Under this one.")
    finn = enter("finn")
    finn.goto("/")
    card_of(finn, "Under this one.").get_by_role("link", name="Comments").click()
    finn.get_by_placeholder("Write a comment").fill("A rude remark.")
    finn.keyboard.press("Enter")
    expect(finn.get_by_text("A rude remark.")).to_be_visible()
    zoe = enter("zoe")
    zoe.goto("/")
    card_of(zoe, "Under this one.").get_by_role("link", name="Comments").click()
    zoe.locator("[data-comment]", has_text="A rude remark.").get_by_role("link", name="Report").click()
    dialog = zoe.get_by_role("dialog", name="Report this comment")
    expect(dialog.get_by_text("A rude remark.")).to_be_visible()
    zoe.watch.expect(r"answered 422", r"status of 422")
    dialog.locator("form").evaluate("form => form.noValidate = true")
    dialog.get_by_role("button", name="Send the report").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose what is wrong with it.")
    dialog.get_by_label("Something else").check()
    dialog.get_by_role("button", name="Send the report").click()
    zoe.get_by_role("dialog", name="Thank you").get_by_role("link", name="Go on").click()
    expect(zoe.get_by_role("dialog")).to_have_count(0)

    zoe.goto("/")
    card = card_of(zoe, "Under this one.")
    choose(card, "Report")
    zoe.get_by_role("dialog").get_by_label("Something else").check()
    zoe.get_by_role("dialog").get_by_role("button", name="Send the report").click()
    zoe.get_by_role("dialog", name="Thank you").get_by_role("button", name="Mute Finn Mäkelä").click()
    expect(card).to_be_hidden()
    zoe.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()

    zoe.goto("/@finn/")
    zoe.get_by_role("main").get_by_role("button", name="More", exact=True).first.click()
    zoe.get_by_role("link", name="Report").click()
    dialog = zoe.get_by_role("dialog", name="Report Finn Mäkelä")
    dialog.get_by_label("It pretends to be somebody else").check()
    dialog.get_by_role("button", name="Send the report").click()
    zoe.get_by_role("dialog", name="Thank you").get_by_role("button", name="Mute Finn Mäkelä").click()
    expect(zoe.get_by_role("button", name="Undo")).to_be_visible()
    zoe.get_by_role("button", name="Undo").click()


def test_without_scripts_pages_do_the_same(enter: Enter, village: Village) -> None:
    posted(enter, village, "iris", "ida", "On paper, too.")
    ida: Page = enter("ida", java_script_enabled=False, reduced_motion="reduce")
    ida.watch.expect(r"failed GET .*/static/js/.*: csp")
    ida.goto("/")
    card = card_of(ida, "On paper, too.")
    card.get_by_role("button", name="Save", exact=True).click()
    expect(card_of(ida, "On paper, too.").get_by_role("button", name="Save", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    choose(card, "Keep in a collection")
    ida.get_by_label("Or in a new collection").fill("Paper")
    ida.get_by_role("main").get_by_role("button", name="Save", exact=True).first.click()
    expect(ida.get_by_text("Saved.")).to_be_visible()
    ida.goto("/saved/")
    ida.get_by_role("navigation", name="Collections").get_by_role("link", name="Paper").click()
    choose(card, "Report")
    ida.get_by_label("Something else").check()
    ida.get_by_role("button", name="Send the report").click()
    expect(ida.get_by_role("heading", name="Thank you")).to_be_visible()
    ida.get_by_role("button", name="Hide this post").click()
    expect(ida.get_by_text("You will not meet this post again")).to_be_visible()
    ida.goto("/")
    expect(card_of(ida, "On paper, too.")).to_have_count(0)
    ida.goto("/settings/muted/posts/")
    ida.get_by_role("button", name="Show again").click()
    ida.goto("/")
    expect(card_of(ida, "On paper, too.")).to_be_visible()

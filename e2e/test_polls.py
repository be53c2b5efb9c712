"""Polls, warnings, versions, pins and comments that are off, as people meet them: two watching, by keyboard, without
scripts."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, card_of, rewrite, write_post
from e2e.test_keeping import choose
from e2e.test_no_script import plain
from e2e.test_second_factor import clean
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]
WIDTHS = pytest.mark.parametrize("width", [390, 1440])


def composer(page: Page) -> Locator:
    page.goto("/")
    box = page.get_by_label("Your post", exact=True)
    box.click()
    return box


def leave(page: Page) -> None:
    """The composer of a phone folds itself up when one goes elsewhere, and what stands below moves."""
    page.evaluate("document.activeElement.blur()")


def ask(page: Page, words: str, *choices: str) -> None:
    composer(page).fill(words)
    page.locator("summary", has_text="Poll").click()
    for place, choice in enumerate(choices, 1):
        if place > 2:
            page.get_by_role("button", name="Add a choice").click()
        page.get_by_label(f"Choice {place}", exact=True).fill(choice)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(card_of(page, words).get_by_role("group", name="Poll")).to_be_visible()
    leave(page)


@WIDTHS
def test_two_people_see_each_others_votes(enter: Enter, village: Village, width: int) -> None:
    village.run(FOLLOW, ["ben", "malin"])
    words = f"Which tool at {width}?"
    malin = enter("malin", width=width)
    ask(malin, words, "Saw", "Drill", "Neither")
    hers = card_of(malin, words).get_by_role("group", name="Poll")
    expect(hers.locator("[data-voters]")).to_have_text("0 votes")
    expect(malin.get_by_label("Choice 1", exact=True)).to_have_value("")

    ben = enter("ben", width=width)
    ben.goto("/")
    his = card_of(ben, words).get_by_role("group", name="Poll")
    expect(his.locator("[data-bars]")).to_have_count(0)
    clean(ben)
    his.get_by_label("Drill").check()
    his.get_by_role("button", name="Vote").click()
    expect(his.locator(".mine [data-percent]")).to_have_text("100%")
    expect(hers.locator("[data-percent]").nth(1)).to_have_text("100%")
    expect(hers.locator("[data-voters]")).to_have_text("1 vote")
    clean(ben)

    hers.locator("summary").click()
    hers.get_by_label("Saw").check()
    hers.get_by_role("button", name="Vote").click()
    expect(his.locator("[data-percent]").first).to_have_text("50%")
    his.locator("summary").click()
    his.get_by_role("button", name="Take your vote back").click()
    expect(his.locator("[data-bars]")).to_have_count(0)
    expect(his.get_by_label("Drill")).to_be_visible()
    expect(hers.locator("[data-voters]")).to_have_text("1 vote")


def test_a_vote_by_keyboard_alone(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["pia", "leo"])
    leo = enter("leo")
    ask(leo, "By key?", "One", "Two")
    pia = enter("pia")
    pia.goto("/")
    poll = card_of(pia, "By key?").get_by_role("group", name="Poll")
    poll.get_by_label("One").focus()
    pia.keyboard.press("Space")
    pia.keyboard.press("ArrowDown")
    expect(poll.get_by_label("Two")).to_be_checked()
    pia.keyboard.press("Tab")
    pia.keyboard.press("Enter")
    expect(poll.locator(".mine")).to_contain_text("Two")
    expect(poll).to_be_focused()


def test_choices_are_added_and_taken_away(enter: Enter, village: Village) -> None:
    page = enter("malin")
    composer(page).fill("Choices?")
    page.locator("summary", has_text="Poll").click()
    expect(page.get_by_role("button", name="Take choice 1 away")).to_be_hidden()
    for _turn in range(8):
        page.get_by_role("button", name="Add a choice").click()
    expect(page.get_by_label("Choice 10", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name="Add a choice")).to_be_hidden()
    for place, words in enumerate(["a", "b", "c"], 1):
        page.get_by_label(f"Choice {place}", exact=True).fill(words)
    page.get_by_role("button", name="Take choice 2 away").click()
    expect(page.get_by_label("Choice 2", exact=True)).to_have_value("c")
    expect(page.get_by_label("Choice 10", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Post", exact=True).click()
    poll = card_of(page, "Choices?").get_by_role("group", name="Poll")
    expect(poll.locator("[data-bars] .words")).to_have_text(["a", "c"])


@WIDTHS
def test_a_warning_folds_and_an_edit_leaves_its_former_version(enter: Enter, village: Village, width: int) -> None:
    village.run(FOLLOW, ["ben", "malin"])
    malin, ben = enter("malin", width=width), enter("ben", width=width)
    said, warned = f"The butler at {width}.", f"The end at {width}"
    composer(malin).fill(said)
    malin.locator("summary", has_text="Warning").click()
    malin.get_by_label("Content warning").fill(warned)
    malin.get_by_role("button", name="Post", exact=True).click()
    expect(card_of(malin, warned)).to_be_visible()
    leave(malin)
    ben.goto("/")
    card = card_of(ben, warned)
    expect(card.get_by_text(said)).to_be_hidden()
    card.locator("summary", has_text=warned).focus()
    ben.keyboard.press("Enter")
    expect(card.get_by_text(said)).to_be_visible()
    clean(ben)

    choose(card_of(malin, warned), "Edit")
    rewrite(malin, f"The gardener at {width}.")
    expect(card.get_by_text("The gardener")).to_be_visible()  # what is unfolded stays so
    card.get_by_role("link", name="edited").click()
    expect(ben.get_by_role("heading", name="What it said before")).to_be_visible()
    for row in ben.locator("#versions summary").all():
        row.click()
    expect(ben.get_by_text(said)).to_be_visible()
    clean(ben)


@WIDTHS
def test_comments_off_hides_the_form_of_whoever_looks(enter: Enter, village: Village, width: int) -> None:
    village.run(FOLLOW, ["ben", "malin"])
    malin, ben = enter("malin", width=width), enter("ben", width=width)
    words = f"Quiet, please, at {width}."
    malin.goto("/")
    write_post(malin, words)
    leave(malin)
    ben.goto("/")
    card_of(ben, words).locator(".acts a", has_text="Comments").click()
    form = card_of(ben, words).get_by_label("Your comment")
    form.fill("A whole one.")
    card_of(ben, words).get_by_role("button", name="Send").click()
    answer = card_of(ben, words).get_by_role("link", name="Answer")
    expect(answer).to_be_visible()
    closed = card_of(ben, words).get_by_text("Comments are off under this post.")
    expect(closed).to_be_hidden()
    form.fill("half a thought")
    choose(card_of(malin, words), "Turn comments off")
    expect(malin.get_by_text("Comments are off. Those that are there stay.")).to_be_visible()
    expect(form).to_be_hidden()
    expect(answer).to_be_hidden()
    expect(closed).to_be_visible()
    clean(ben)
    choose(card_of(malin, words), "Turn comments on")
    expect(closed).to_be_hidden()
    expect(answer).to_be_visible()
    expect(form).to_be_visible()
    expect(form).to_have_value("half a thought")


def test_pinned_posts_stand_first(enter: Enter, village: Village) -> None:
    page = enter("leo")
    page.goto("/")
    for words in ("Pin me.", "Later."):
        write_post(page, words)
    choose(card_of(page, "Pin me."), "Pin to your profile")
    expect(page.get_by_text("Pinned. It stands first on your profile.")).to_be_visible()
    first = page.locator("article[data-post]").first
    expect(first).to_contain_text("Pin me.")
    expect(first.locator(".pinned")).to_be_visible()
    clean(page)
    choose(first, "Unpin from your profile")
    expect(page.locator("article[data-post]").first).to_contain_text("Later.")


def test_all_of_it_without_scripts(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["kofi", "olive"])
    writer, reader = plain(enter, "olive"), plain(enter, "kofi")
    writer.goto("/")
    writer.get_by_label("Your post", exact=True).fill("Plain question?")
    writer.locator("summary", has_text="Poll").click()
    writer.get_by_label("Choice 1", exact=True).fill("Yes")
    writer.get_by_label("Choice 4", exact=True).fill("No")
    writer.locator("summary", has_text="Warning").click()
    writer.get_by_label("Content warning").fill("A plain warning")
    writer.get_by_role("button", name="Post", exact=True).click()

    reader.goto("/")
    card = reader.locator("article[data-post]", has_text="Plain question?")
    card.locator("summary", has_text="A plain warning").click()
    card.get_by_label("No").check()
    card.get_by_role("button", name="Vote").click()  # and back to the poll, which browsers unfold for that
    expect(card.locator(".mine")).to_contain_text(re.compile(r"No\s*100%"))
    card.locator("summary", has_text="Change your vote").click()
    card.get_by_role("button", name="Take your vote back").click()
    expect(card.locator("[data-voters]")).to_have_text("0 votes")

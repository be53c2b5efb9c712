"""Reactions, polls and cards of links under messages, while two people look on: live, by keyboard, without scripts."""

import os
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.conftest import Enter
from e2e.test_chat_line import begin, say
from e2e.test_first_life import FOLLOW
from e2e.test_messages import bubble, options
from e2e.test_no_script import plain
from e2e.test_second_factor import clean
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

# A worker has found what the newest message's link leads to.
FOUND = """
import json, sys
from chat.models.messages import Message
from uploads.models import LinkPreview
link = Message.objects.filter(link__isnull=False).latest("pk").link_id
LinkPreview.objects.filter(pk=link).update(state="ready", title=json.load(sys.stdin), due_at=None)
"""


def chip(message: Locator, name: str) -> Locator:
    return message.get_by_role("button", name=re.compile(rf"^{name}: \d+$"))


def shot(page: Page, name: str) -> None:
    if pictures := os.environ.get("SHOTS"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.wait_for_timeout(400)
            page.screenshot(path=f"{pictures}/{name}-{scheme}.png")


def two(enter: Enter, village: Village, width: int) -> tuple[Page, Page]:
    village.run(FOLLOW, ["tam", "nora"])
    nora, tam = enter("nora", width=width), enter("tam", width=1440 if width == 390 else 390)
    address = begin(nora, "tam")
    tam.goto(address)
    expect(tam.get_by_label("Message", exact=True)).to_be_visible()
    return nora, tam


@pytest.mark.parametrize("width", [390, 1440])
def test_reactions_are_seen_by_both_and_toggled_by_keyboard(enter: Enter, village: Village, width: int) -> None:
    nora, tam = two(enter, village, width)
    words = f"Soup is ready ({width})."
    say(nora, words)
    expect(bubble(tam, words)).to_be_visible()

    dialog = options(tam, words)
    dialog.get_by_role("button", name="Love", exact=True).press("Enter")
    expect(dialog).to_be_hidden()
    expect(chip(bubble(tam, words), "Love")).to_have_attribute("aria-pressed", "true")
    hers = chip(bubble(nora, words), "Love")
    expect(hers).to_have_attribute("aria-pressed", "false")

    hers.focus()
    nora.keyboard.press("Enter")
    expect(hers).to_have_accessible_name("Love: 2")
    expect(hers).to_have_attribute("aria-pressed", "true")
    expect(chip(bubble(tam, words), "Love")).to_have_accessible_name("Love: 2")
    expect(hers).to_be_focused()
    shot(nora, f"reactions-{width}")
    clean(nora)

    nora.keyboard.press("Enter")
    expect(hers).to_have_accessible_name("Love: 1")
    expect(hers).to_have_attribute("aria-pressed", "false")

    dialog = options(nora, words)
    shot(nora, f"options-{width}")
    dialog.get_by_role("link", name="Who reacted").click()
    who = nora.get_by_role("dialog", name="Who reacted")
    expect(who.get_by_text("@tam")).to_be_visible()
    clean(nora)
    nora.keyboard.press("Escape")
    nora.keyboard.press("Escape")

    chip(bubble(tam, words), "Love").click()
    for page in (nora, tam):
        expect(bubble(page, words).locator("[data-reactions]")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1440])
def test_a_poll_is_asked_voted_in_and_ended(enter: Enter, village: Village, width: int) -> None:
    nora, tam = two(enter, village, width)
    question = f"Which soup at {width}?"
    nora.get_by_role("button", name="Add something").click()
    nora.get_by_role("link", name="Poll").click()
    expect(nora.get_by_label("Choice 3", exact=True)).to_be_hidden()
    nora.get_by_label("Question").fill(question)
    nora.get_by_label("Choice 1", exact=True).fill("Leek")
    nora.get_by_label("Choice 2", exact=True).fill("Carrot")
    nora.get_by_role("button", name="Add a choice").click()
    nora.get_by_label("Choice 3", exact=True).fill("Both")
    shot(nora, f"poll-form-{width}")
    nora.get_by_role("button", name="Ask", exact=True).click()
    nora.wait_for_url(re.compile(r"/chat/\d+/#end"))

    his = bubble(tam, question).get_by_role("group", name="Poll")
    expect(his.get_by_role("radio", name="Carrot")).to_be_visible()
    his.get_by_label("Carrot").check()
    his.get_by_role("button", name="Vote").press("Enter")
    expect(his.get_by_text("Change your vote")).to_be_visible()
    expect(his.get_by_text("Change your vote")).to_be_focused()
    hers = bubble(nora, question).get_by_role("group", name="Poll")
    expect(hers.locator("[data-voters]")).to_have_text("1 person voted")
    expect(hers.locator("[data-percent]")).to_have_text(["0%", "100%", "0%"])
    shot(tam, f"poll-voted-{width}")

    hers.get_by_label("Leek").check()
    his.get_by_text("Change your vote").click()
    his.get_by_role("button", name="Take your vote back").click()
    expect(hers.locator("[data-voters]")).to_have_text("0 people voted")
    expect(hers.get_by_label("Leek")).to_be_checked()  # what she was about to choose is not lost
    hers.get_by_role("button", name="Vote").click()
    expect(his.locator("[data-percent]")).to_have_text(["100%", "0%", "0%"])
    shot(nora, f"poll-{width}")

    his.get_by_role("link", name="Who voted for what").click()
    who = tam.get_by_role("dialog", name="Who voted for what")
    expect(who.get_by_role("link", name="Nora")).to_be_visible()
    clean(tam)
    tam.keyboard.press("Escape")

    options(nora, question).get_by_role("button", name="End the poll").click()
    for poll in (hers, his):
        expect(poll.get_by_text("This poll is over.")).to_be_visible()
        expect(poll.get_by_role("button", name="Vote")).to_have_count(0)


def test_a_card_comes_when_it_is_found_and_goes_again(enter: Enter, village: Village) -> None:
    nora, tam = two(enter, village, 1440)
    words = "http://soups.example/leek"
    say(nora, words)
    expect(bubble(tam, words)).to_be_visible()
    village.run(FOUND, "The leek, explained")
    nora.reload()
    tam.reload()
    for page in (nora, tam):
        expect(bubble(page, words).get_by_text("The leek, explained")).to_be_visible()
    shot(tam, "card")
    shot(nora, "card-mine")
    options(nora, words).get_by_role("button", name="Take the card of the link away").click()
    for page in (nora, tam):
        expect(bubble(page, words).get_by_text("The leek, explained")).to_have_count(0)


def test_a_reaction_to_an_older_message_is_no_news(enter: Enter, village: Village) -> None:
    nora, tam = two(enter, village, 1440)
    old, new = "This is older.", "This is newer."
    say(nora, old)
    say(nora, new)
    expect(bubble(tam, new)).to_be_visible()
    nora.goto("/chat/")
    row = nora.locator("[data-inbox] .conv").first
    expect(row).to_contain_text(new)
    options(tam, old).get_by_role("button", name="Wow", exact=True).click()
    expect(chip(bubble(tam, old), "Wow")).to_be_visible()
    nora.wait_for_timeout(800)
    expect(row).to_contain_text(new)
    expect(row.locator("[data-flag] .count")).to_have_count(0)


def test_without_scripts(enter: Enter, village: Village) -> None:
    nora, _tam = two(enter, village, 1440)
    say(nora, "Read without scripts.")
    expect(bubble(nora, "Read without scripts.")).to_be_visible()
    address = nora.url
    page = plain(enter, "tam")
    page.goto(address)
    bubble(page, "Read without scripts.").get_by_role("link", name="What to do with this message").click()
    page.get_by_role("button", name="Love", exact=True).click()
    mine = chip(bubble(page, "Read without scripts."), "Love")
    expect(mine).to_have_attribute("aria-pressed", "true")
    mine.click()
    expect(bubble(page, "Read without scripts.").locator("[data-reactions]")).to_have_count(0)

"""Threads under a post, pictures in comments, who reacted: two people watching, on a phone and at a desk, and without
script."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e import pictures
from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, write_post
from e2e.test_no_script import plain
from e2e.village import Village
from e2e.watch import until_watched

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]
PHOTO = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": pictures.photo()}


def row(page: Page, words: str) -> Locator:
    return page.locator("[data-comment]", has_text=words)


def post_page(enter: Enter, village: Village, words: str, width: int) -> tuple[Page, Page]:
    """Iris has written this and looks at it, and Finn does on a screen of this width."""
    village.run(FOLLOW, ["finn", "iris"])
    iris, finn = enter("iris"), enter("finn", width=width)
    iris.goto("/")
    card = write_post(iris, words) or iris.locator("article", has_text=words)
    path = card.get_by_role("link").filter(has=iris.locator("time")).get_attribute("href")
    assert path
    for page in (iris, finn):
        page.goto(path)
        expect(page.locator("[data-comment-form]")).to_be_visible()
        until_watched(page, page.locator("article[data-post]"))
    return iris, finn


def write(page: Page, words: str) -> None:
    page.locator("[data-comments] > [data-comment-form] textarea").fill(words)
    page.locator("[data-comments] > [data-comment-form]").get_by_role("button", name="Send").click()
    expect(row(page, words)).to_be_visible()


def answer(page: Page, to: str, words: str) -> None:
    row(page, to).get_by_role("link", name="Answer").click()
    form = page.locator(".thread [data-comment-form]")
    form.locator("textarea").fill(words)
    form.get_by_role("button", name="Send").click()
    expect(row(page, words)).to_be_visible()
    expect(form).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1440])
def test_a_talk_in_two_levels_is_live(enter: Enter, village: Village, width: int) -> None:
    iris, finn = post_page(enter, village, f"Shall we talk at {width}?", width)
    write(finn, "First word.")
    expect(row(iris, "First word.")).to_be_visible()
    answer(iris, "First word.", "Second word.")
    expect(finn.locator("[data-replies]").locator(row(finn, "Second word."))).to_be_visible()
    answer(finn, "Second word.", "Third word.")
    seen = iris.locator("[data-replies] [data-comment]", has_text="Third word")
    expect(seen).to_contain_text("@iris Third word.")
    expect(iris.locator("article > .acts [data-count=comments]")).to_have_text("3")

    row(finn, "Third word.").get_by_role("link", name="Edit").click()
    finn.get_by_label("Your comment").fill("@iris Third word, better.")
    finn.get_by_role("button", name="Save").click()
    expect(seen).to_contain_text("better")
    expect(seen.get_by_text("edited")).to_be_visible()
    expect(row(finn, "better")).to_be_in_viewport()
    expect(row(finn, "First word.")).to_be_visible()  # the link to an answer opens it in its thread
    finn.get_by_role("link", name="Show all comments").click()

    row(finn, "First word.").get_by_role("button", name="Delete").click()
    expect(iris.get_by_text("This comment is gone.")).to_be_visible()
    expect(row(iris, "Second word.")).to_be_visible()
    finn.get_by_role("button", name="Undo").click()
    expect(row(iris, "First word.")).to_be_visible()
    expect(iris.get_by_text("This comment is gone.")).to_have_count(0)
    expect(row(iris, "Second word.")).to_have_count(1)


@pytest.mark.parametrize("width", [390, 1440])
def test_reactions_tell_who_gave_them(enter: Enter, village: Village, width: int) -> None:
    iris, finn = post_page(enter, village, f"Do you like it at {width}?", width)
    write(iris, "I do.")
    mine = row(finn, "I do.")
    mine.get_by_role("button", name="Choose a reaction").click()
    mine.get_by_role("group", name="Reactions").get_by_role("button", name="Wow").click()
    expect(mine.get_by_role("button", name="Wow")).to_have_attribute("aria-pressed", "true")
    who = row(iris, "I do.").locator("[data-who]")
    expect(who).to_be_visible()
    expect(who).to_contain_text("1")
    finn.locator("article > .acts [data-react-main]").click()
    on_post = iris.locator("article > .acts [data-who]")
    expect(on_post).to_be_visible()
    iris.wait_for_timeout(500)
    on_post.click()
    box = iris.get_by_role("dialog", name="Who reacted")
    expect(box.get_by_role("link", name="Finn Mäkelä")).to_be_visible()
    box.get_by_role("link", name=re.compile("Like")).click()
    expect(box.get_by_role("link", name=re.compile("Like"))).to_have_attribute("aria-current", "page")
    expect(box.get_by_role("link", name="Finn Mäkelä")).to_be_visible()
    iris.keyboard.press("Escape")
    expect(box).to_be_hidden()
    finn.goto(who.get_attribute("href") or "")
    expect(finn.get_by_role("heading", name="Who reacted")).to_be_visible()
    finn.get_by_role("link", name="Back").click()
    expect(row(finn, "I do.")).to_be_visible()


def test_a_picture_goes_with_a_comment(enter: Enter, village: Village) -> None:
    iris, finn = post_page(enter, village, "Show me.", 390)
    form = finn.locator("[data-comments] > [data-comment-form]")
    form.locator("[data-files]").set_input_files(PHOTO)
    form.locator("[data-pick-alt]").click()
    finn.get_by_label("What does it show?").fill("Green lines")
    finn.get_by_role("dialog").get_by_role("button", name="Save").click()
    form.get_by_role("button", name="Send").click()
    expect(iris.locator("[data-comment] .cpic img")).to_have_attribute("alt", "Green lines")
    expect(finn.locator("[data-comment] .cpic img")).to_be_visible()
    expect(form.locator(".pick")).to_have_count(0)


def test_half_a_comment_is_kept_until_it_is_sent_or_one_logs_out(enter: Enter, village: Village) -> None:
    iris, finn = post_page(enter, village, "Take your time.", 1440)
    write(iris, "Anybody?")
    area = finn.locator("[data-comments] > [data-comment-form] textarea")
    area.fill("Half a com")
    row(finn, "Anybody?").get_by_role("link", name="Answer").click()
    finn.locator(".thread [data-comment-form] textarea").fill("Half an ans")
    finn.reload()
    expect(area).to_have_value("Half a com")
    row(finn, "Anybody?").get_by_role("link", name="Answer").click()
    expect(finn.locator(".thread [data-comment-form] textarea")).to_have_value("Half an ans")
    area.fill("A whole one.")
    area.press("Enter")
    expect(row(finn, "A whole one.")).to_be_visible()
    finn.reload()
    expect(area).to_have_value("")
    kept = "Object.keys(localStorage).filter((key) => key.startsWith('draft:comment:')).length"
    assert finn.evaluate(kept) == 1
    finn.get_by_role("button", name="You and your settings").first.click()
    finn.get_by_role("button", name="Log out").click()
    expect(finn.get_by_role("link", name="Log in").first).to_be_visible()
    assert finn.evaluate(kept) == 0
    village.states.pop("finn")


def test_talking_without_script(enter: Enter, village: Village) -> None:
    iris, _finn = post_page(enter, village, "Plain talk.", 1440)
    write(iris, "In plain words.")
    path = iris.url
    finn = plain(enter, "finn")
    finn.goto(path)
    row(finn, "In plain words.").get_by_role("link", name="Answer").click()
    finn.get_by_label("Your answer").fill("Plainly.")
    finn.get_by_label(re.compile("^A picture")).set_input_files(PHOTO)
    finn.get_by_label("What the picture shows").fill("Green lines")
    finn.get_by_role("button", name="Send").click()
    reply = finn.locator("[data-replies] [data-comment]", has_text="Plainly.")
    expect(reply.locator(".cpic img")).to_have_attribute("alt", "Green lines")
    reply.get_by_role("button", name="Like").click()
    reply.get_by_role("link", name="Who reacted").click()
    expect(finn.get_by_role("link", name="Finn Mäkelä")).to_be_visible()
    finn.get_by_role("link", name="Back").click()
    reply.get_by_role("link", name="Edit").click()
    finn.get_by_label("Your comment").fill("More plainly.")
    finn.get_by_role("button", name="Save").click()
    expect(row(finn, "More plainly.").get_by_text("edited")).to_be_visible()
    expect(row(iris, "More plainly.")).to_be_visible()

"""Without JavaScript one can still join, read, write, show pictures, answer, react, follow, chat, and settle in."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e import pictures
from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, fill_sign_up, give_code, rewrite
from e2e.village import PASSWORD, Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]


def plain(enter: Enter, who: str = "") -> Page:
    page = enter(who, java_script_enabled=False, reduced_motion="reduce")
    page.watch.expect(r"failed GET .*/static/js/.*: csp")  # how this browser says that it runs no scripts
    return page


def test_joining_logging_out_and_in(enter: Enter, village: Village) -> None:
    page = plain(enter)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    address = fill_sign_up(page, "quill", "Quill Page")
    give_code(page, village.mail_code(address))
    expect(page.get_by_text("Step 1 of 3")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Step 2 of 3")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Done").click()
    page.wait_for_url(f"{village.url}/")
    page.get_by_role("button", name="You and your settings").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("link", name="Log in", exact=True).first.click()
    page.locator("input[name=login]").fill("quill")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Home")).to_be_attached()


def test_writing_answering_reacting_and_taking_back(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["kofi", "olive"])
    writer, reader = plain(enter, "olive"), plain(enter, "kofi")
    writer.goto("/")
    writer.get_by_label("Your post", exact=True).fill("Plain paper.")
    writer.get_by_label("Pictures, ten at most").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": pictures.photo()}
    )
    writer.get_by_label("What the pictures show").fill("Lines on paper")
    writer.get_by_role("button", name="Post", exact=True).click()
    card = writer.locator("article[data-post]", has_text="Plain paper.")
    expect(card.locator(".photos img")).to_have_attribute("alt", "Lines on paper")

    reader.goto("/")
    seen = reader.locator("article[data-post]", has_text="Plain paper.")
    seen.locator("[data-react-main]").click()
    expect(seen.locator(".acts [data-count=reactions]")).to_have_text("1")
    seen.get_by_role("button", name="Choose a reaction").click()
    seen.get_by_role("group", name="Reactions").get_by_role("button").nth(1).click()
    expect(seen.get_by_role("button", name="React", exact=False).first).to_have_attribute("aria-pressed", "true")
    seen.locator("[data-comments-open]").click()
    reader.get_by_label("Your comment").fill("Nice lines.")
    reader.get_by_role("button", name="Send").click()
    comment = reader.locator("[data-comment]", has_text="Nice lines.")
    expect(comment).to_be_visible()
    comment.get_by_role("button", name="Like").click()
    expect(comment.locator("[data-count=reactions]")).to_have_text("1")
    comment.get_by_role("button", name="Delete").click()
    reader.get_by_role("button", name="Undo").click()
    expect(comment).to_be_visible()

    writer.reload()
    expect(card.locator(".acts [data-count=comments]")).to_have_text("1")
    card.get_by_role("button", name="More about this post").click()
    card.get_by_role("link", name="Edit").click()
    rewrite(writer, "Plain paper, twice.")
    expect(writer.locator("article[data-post]", has_text="Plain paper, twice.")).to_be_visible()
    writer.get_by_role("button", name="More about this post").click()
    writer.locator("article[data-post]").first.get_by_role("button", name="Delete").first.click()
    expect(writer.get_by_role("heading", name="Post deleted")).to_be_visible()
    writer.get_by_role("button", name="Undo").click()
    expect(writer.locator("article[data-post]", has_text="Plain paper, twice.")).to_be_visible()


def test_what_is_refused_stays_written(enter: Enter) -> None:
    page = plain(enter, "olive")
    page.watch.expect(r"\b422\b")
    page.goto("/")
    page.get_by_label("Your post", exact=True).fill("Words that took a while.")
    page.get_by_label("Pictures, ten at most").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"this is no picture"}
    )
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_text("This is not a file we know.")).to_be_visible()
    expect(page.get_by_label("Your post", exact=True)).to_have_value("Words that took a while.")


def test_following_and_settings(enter: Enter) -> None:
    page = plain(enter, "malin")
    page.goto("/@leo/")
    main = page.get_by_role("main")
    main.get_by_role("button", name=re.compile("^Follow(?!ing)")).click()
    main.get_by_role("button", name=re.compile("^Following")).click()
    expect(main.get_by_role("button", name=re.compile("^Follow "))).to_be_visible()

    page.goto("/settings/")
    page.get_by_label("Name", exact=True).fill("Malin H.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto("/settings/appearance/")
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/settings/language/")
    page.locator("select[name=language]").select_option(label="Tiếng Việt")
    page.get_by_role("main").locator("button.btn").click()
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    page.locator("select[name=language]").select_option(label="English")
    page.get_by_role("main").locator("button.btn").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_chat_by_reloading(enter: Enter) -> None:
    pia, leo = plain(enter, "pia"), plain(enter, "leo")
    pia.goto("/@leo/")
    pia.get_by_role("link", name="Message").click()
    pia.get_by_label("Message", exact=True).fill("By paper boat.")
    pia.get_by_role("button", name="Send").click()
    expect(pia.locator(".msg.me", has_text="By paper boat.").last).to_be_visible()
    leo.goto("/chat/")
    leo.get_by_role("link", name="Message requests").click()
    leo.get_by_role("button", name="Accept Pia Rossi").click()
    expect(leo.locator(".msg.plain", has_text="By paper boat.").last).to_be_visible()
    leo.get_by_label("Message", exact=True).fill("It has arrived.")
    leo.get_by_role("button", name="Send").click()
    expect(leo.locator(".msg.me", has_text="It has arrived.").last).to_be_visible()
    pia.reload()
    expect(pia.locator(".msg.plain", has_text="It has arrived.").last).to_be_visible()

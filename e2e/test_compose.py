"""The composer: drafts that follow one from device to device, times to appear at, words that complete, pictures in
order."""

import io
import re
import time
from typing import Any

import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from e2e import pictures
from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, card_of
from e2e.test_no_script import plain
from e2e.test_second_factor import clean
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]
WIDTHS = pytest.mark.parametrize("width", [390, 1440])

# Its time has come.
HURRY = """
import datetime, sys, json
from django.utils import timezone
from feed.models.drafts import Draft
words = json.load(sys.stdin)
Draft.objects.filter(text=words).update(publish_at=timezone.now())
"""


def photo(name: str) -> Any:
    return {"name": name, "mimeType": "image/jpeg", "buffer": pictures.photo()}


def composer(page: Page) -> Any:
    return page.locator("[data-composer]")


def text(page: Page) -> Any:
    return page.get_by_label("Your post", exact=True)


def saved(page: Page) -> None:
    expect(composer(page).locator("[data-draft-status]")).to_have_text("Saved", timeout=15000)


def add_pictures(page: Page, number: int) -> None:
    composer(page).locator("[data-files]").set_input_files([photo(f"{at}.jpg") for at in range(number)])
    expect(composer(page).locator("[data-pick-alt]:visible")).to_have_count(number, timeout=30000)


def keys(page: Page) -> list[str]:
    found: list[str] = (
        composer(page).locator(".pick [name=pictures]").evaluate_all("all => all.map((one) => one.value)")
    )
    return found


def test_a_draft_begun_on_the_phone_is_there_on_the_desk(enter: Enter) -> None:
    phone, desk = enter("zoe", width=390), enter("zoe")
    phone.goto("/")
    text(phone).fill("Half a thought")
    add_pictures(phone, 1)
    saved(phone)
    desk.goto("/")
    expect(text(desk)).to_have_value("Half a thought")
    expect(composer(desk).locator(".pick img")).to_be_visible()
    text(desk).fill("A whole thought")
    composer(desk).get_by_role("button", name="Post", exact=True).click()
    expect(card_of(desk, "A whole thought").locator(".photos img")).to_be_visible()
    phone.goto("/")
    expect(text(phone)).to_have_value("")
    desk.reload()
    expect(text(desk)).to_have_value("")


@WIDTHS
def test_words_are_kept_while_the_site_is_away(enter: Enter, width: int) -> None:
    page = enter("mira", width=width)
    page.goto("/")
    page.watch.expect(r"compose/draft|status of 503|answered 503")
    page.route("**/compose/draft/", lambda route: route.fulfill(status=503))
    text(page).fill("Written in a tunnel")
    page.locator("summary", has_text="Poll").click()
    page.get_by_role("button", name="Add a choice").click()
    page.get_by_label("Choice 1", exact=True).fill("Left")
    page.get_by_label("Choice 3", exact=True).fill("Right")
    page.get_by_label("Several choices are allowed").check()
    page.locator("summary", has_text="Warning").click()
    page.get_by_label("Content warning").fill("Dark")
    expect(composer(page).get_by_text("Kept in this browser")).to_be_visible()
    clean(page)
    page.unroute("**/compose/draft/")
    page.reload()
    expect(text(page)).to_have_value("Written in a tunnel")
    expect(page.get_by_label("Choice 1", exact=True)).to_have_value("Left")
    expect(page.get_by_label("Choice 3", exact=True)).to_have_value("Right")
    expect(page.get_by_label("Several choices are allowed")).to_be_checked()
    expect(page.get_by_label("Content warning")).to_have_value("Dark")
    saved(page)
    page.reload()
    expect(page.get_by_label("Choice 2", exact=True)).to_have_value("Right")
    for field in (text(page), *(page.get_by_label(one, exact=True) for one in ("Choice 1", "Choice 2"))):
        field.fill("")
    page.get_by_label("Several choices are allowed").uncheck()
    page.get_by_label("Content warning").fill("")
    page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('draft:post:'))")
    page.reload()
    expect(text(page)).to_have_value("")


def test_what_one_wrote_meanwhile_elsewhere_stands_beside_it(enter: Enter) -> None:
    phone, desk = enter("nora", width=390), enter("nora")
    phone.goto("/")
    phone.watch.expect(r"compose/draft|status of 503|answered 503")
    phone.route("**/compose/draft/", lambda route: route.fulfill(status=503))
    text(phone).fill("From the phone")
    phone.locator("summary", has_text="Poll").click()
    phone.get_by_label("Choice 1", exact=True).fill("Left")
    expect(composer(phone).get_by_text("Kept in this browser")).to_be_visible()
    desk.goto("/")
    text(desk).fill("From the desk")
    saved(desk)
    phone.unroute("**/compose/draft/")
    phone.reload()
    expect(phone.get_by_text("What you wrote here before is among your drafts.")).to_be_visible()
    expect(text(phone)).to_have_value("From the desk")
    phone.goto("/drafts/")
    phone.get_by_role("link", name=re.compile("From the phone")).click()
    expect(text(phone)).to_have_value("From the phone")
    expect(phone.get_by_label("Choice 1", exact=True)).to_have_value("Left")


@WIDTHS
def test_drafts_are_kept_opened_and_deleted(enter: Enter, width: int) -> None:
    page = enter("leo", width=width)
    page.goto("/compose/")
    text(page).fill(f"For later {width}")
    page.get_by_label("Keep or schedule").click()
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("heading", name="Drafts")).to_be_visible()
    page.get_by_role("link", name=re.compile(f"For later {width}")).click()
    expect(text(page)).to_have_value(f"For later {width}")
    page.wait_for_load_state("networkidle")  # its scripts are there
    text(page).fill(f"For now {width}")
    saved(page)
    page.goto("/drafts/")
    expect(page.get_by_role("link", name=re.compile(f"For now {width}"))).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Delete the draft").first.click()
    expect(page.get_by_text("No drafts")).to_be_visible()


@WIDTHS
def test_a_post_appears_at_its_time_and_not_before(enter: Enter, village: Village, width: int) -> None:
    words = f"Good morning {width}"
    village.run(FOLLOW, ["ben", "pia"])
    page, reader = enter("pia", width=width, timezone_id="Asia/Bangkok"), enter("ben")
    page.goto("/compose/")
    text(page).fill(words)
    page.get_by_label("Keep or schedule").click()
    expect(page.get_by_text("In your time zone: Asia/Bangkok.")).to_be_visible()
    tomorrow = page.evaluate("new Date(Date.now() + 86400000).toLocaleDateString('sv')")
    page.get_by_label("When it shall appear").fill(f"{tomorrow}T09:30")
    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.get_by_role("heading", name="Scheduled posts")).to_be_visible()
    expect(page.locator("#drafts time")).to_contain_text("9:30")
    reader.goto("/")
    expect(card_of(reader, words)).to_have_count(0)
    page.get_by_role("link", name=re.compile(words)).click()
    expect(page.get_by_label("When it shall appear")).to_have_value(f"{tomorrow}T09:30")
    village.run(HURRY, words)
    end = time.monotonic() + 30
    while not card_of(reader, words).count():
        assert time.monotonic() < end, "within half a minute of its time"
        reader.wait_for_timeout(1000)
        reader.reload()
    page.goto("/scheduled/")
    expect(page.get_by_text("Nothing is scheduled")).to_be_visible()


def test_enter_in_a_small_field_posts_nothing(enter: Enter) -> None:
    page = enter("tam")
    page.goto("/compose/")
    text(page).fill("Not yet")
    page.locator("summary", has_text="Poll").click()
    first, second, third = (page.get_by_label(f"Choice {place}", exact=True) for place in (1, 2, 3))
    first.fill("Tea")
    first.press("Enter")
    expect(second).to_be_focused()
    second.press("Enter")
    expect(third).to_be_focused()
    page.locator("summary", has_text="Warning").click()
    page.get_by_label("Content warning").press("Enter")
    page.get_by_label("Nobody can comment").press("Enter")
    expect(text(page)).to_have_value("Not yet")
    expect(composer(page)).not_to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Take choice 3 away").click()
    first.fill("")
    page.get_by_label("Keep or schedule").click()
    tomorrow = page.evaluate("new Date(Date.now() + 86400000).toLocaleDateString('sv')")
    when = page.get_by_label("When it shall appear")
    when.fill(f"{tomorrow}T09:30")
    when.press("Enter")
    expect(page.get_by_role("heading", name="Scheduled posts")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Not yet"))).to_be_visible()
    page.goto("/@tam/")
    expect(card_of(page, "Not yet")).to_have_count(0)


@WIDTHS
def test_mentions_complete_by_keyboard_and_by_finger(enter: Enter, village: Village, width: int) -> None:
    village.run(FOLLOW, ["finn", "iris"])
    page = enter("finn", width=width)
    page.goto("/")
    area = text(page)
    area.click()
    area.press_sequentially("Hello @ir")
    rows = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(rows.first).to_contain_text("Iris Vale")
    expect(rows.first).to_have_attribute("aria-selected", "true")
    expect(area).to_have_attribute("aria-activedescendant", rows.first.get_attribute("id") or "")
    area.press("Enter")
    expect(area).to_have_value("Hello @iris ")
    area.press_sequentially("@m")
    expect(rows.nth(1)).to_be_visible()
    area.press("ArrowDown")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    area.press("Escape")
    expect(rows).to_have_count(0)
    expect(area).to_be_focused()
    area.fill("And @fin")
    area.fill("And @iri")
    area.press("End")
    area.press_sequentially("s")
    area.press("Backspace")
    rows.first.click()
    expect(area).to_have_value("And @iris ")
    area.fill("")


def test_hashtags_complete_in_comments_and_enter_does_not_send(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["malin", "ben"])
    ben, malin = enter("ben"), enter("malin", width=390)
    ben.goto("/")
    text(ben).fill("A walk #riverside")
    text(ben).press("End")
    ben.keyboard.press("Escape")
    composer(ben).get_by_role("button", name="Post", exact=True).click()
    expect(card_of(ben, "A walk")).to_be_visible()
    malin.goto("/@ben/")
    card_of(malin, "A walk").locator("a[href*='/posts/']").first.click()
    area = malin.locator("[data-comment-form] textarea").first
    area.click()
    area.press_sequentially("Lovely #rive")
    for _turn in range(20):  # a worker counts hashtags
        if malin.get_by_role("option", name="#riverside").is_visible():
            break
        malin.wait_for_timeout(500)
        area.press("Backspace")
        area.press_sequentially("e")
    expect(malin.get_by_role("option", name="#riverside")).to_be_visible()
    area.press("Tab")
    expect(area).to_have_value("Lovely #riverside ")
    expect(malin.locator("[data-comment]")).to_have_count(0)


@WIDTHS
def test_pictures_change_places_and_are_cut(enter: Enter, width: int) -> None:
    page = enter("kofi" if width == 390 else "olive", width=width)
    page.goto("/compose/")
    add_pictures(page, 3)
    first, second, third = keys(page)
    picks = composer(page).locator(".pick")
    picks.nth(0).get_by_role("button", name="Move later").focus()
    page.keyboard.press("Enter")
    assert keys(page) == [second, first, third]
    page.keyboard.press("Enter")
    assert keys(page) == [second, third, first]
    expect(page.locator("[data-picks-status]")).to_have_text("Picture 3 of 3")
    expect(picks.nth(2).get_by_role("button", name="Move earlier")).to_be_focused()
    picks.nth(2).drag_to(picks.nth(0), target_position={"x": 5, "y": 20})
    assert keys(page) == [first, second, third]
    picks.nth(1).locator("[data-pick-alt]").click()
    page.get_by_label("What does it show?").fill("the second")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    picks.nth(0).get_by_role("button", name="Choose a piece of this picture").click()
    page.get_by_label("Square").check()
    page.get_by_role("button", name="Use this piece").click()
    page.wait_for_function("(before) => document.querySelector('.pick [name=pictures]').value !== before", arg=first)
    expect(picks.nth(0).locator("[data-pick-alt]")).to_be_visible()
    picks.nth(2).get_by_role("button", name="Take this picture away").click()
    composer(page).get_by_role("button", name="Post", exact=True).click()
    page.wait_for_url(re.compile(r"/posts/"))
    card = page.locator("article[data-post]").first
    expect(card.locator(".photos img")).to_have_count(2)
    assert card.locator(".photos img").first.evaluate(
        "(one) => one.getAttribute('width') === one.getAttribute('height')"
    )

    page.goto((card.get_attribute("id") or "").replace("post-", "/posts/") + "/edit/")
    picks = page.locator("[data-edit-post] .pick")
    expect(picks).to_have_count(2)
    picks.nth(1).get_by_role("button", name="Move earlier").click()
    page.get_by_role("main").get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator("article[data-post] .photos img").first).to_have_attribute("alt", "the second")


def test_a_picture_that_the_browser_cannot_show_is_shown_by_the_site(enter: Enter) -> None:
    page = enter("tam")
    page.goto("/compose/")
    apple = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (300, 200), "#5b8c7a")).save(apple)
    composer(page).locator("[data-files]").set_input_files(
        {"name": "IMG_1.HEIC", "mimeType": "image/heic", "buffer": apple.getvalue()}
    )
    expect(composer(page).locator("[data-pick-alt]")).to_be_visible(timeout=30000)
    page.wait_for_function("() => document.querySelector('.pick img').naturalWidth > 200")
    composer(page).get_by_role("button", name="Take this picture away").click()


@WIDTHS
def test_what_failed_says_so_where_it_stands(enter: Enter, width: int) -> None:
    page = enter("mira" if width == 390 else "finn", width=width)
    page.goto("/compose/")
    files = composer(page).locator("[data-files]")
    files.set_input_files([{**photo("my holiday.jpg"), "buffer": b"\xff\xd8\xff" + b"no picture" * 100}])
    tile = composer(page).locator(".pick.failed")
    expect(tile.get_by_text("my holiday.jpg")).to_be_visible(timeout=30000)
    expect(tile.get_by_text("damaged")).to_be_visible()
    expect(tile.get_by_role("button", name="Try again")).to_be_hidden()
    clean(page)
    page.wait_for_timeout(7000)  # the toast has gone
    expect(tile.get_by_text("damaged")).to_be_visible()
    tile.get_by_role("button", name="Take this picture away").click()
    page.watch.expect(r"slots|503")
    page.route("**/uploads/slots", lambda route: route.fulfill(status=503))
    files.set_input_files([photo("later.jpg")])
    expect(tile.get_by_text("later.jpg")).to_be_visible(timeout=30000)
    page.unroute("**/uploads/slots")
    tile.get_by_role("button", name="Try again").click()
    expect(composer(page).locator("[data-pick-alt]")).to_be_visible(timeout=30000)
    expect(composer(page).get_by_text("later.jpg")).to_be_hidden()
    composer(page).get_by_role("button", name="Take this picture away").click()


def test_everything_without_script(enter: Enter) -> None:
    page = plain(enter, "iris")
    page.goto("/compose/")
    text(page).fill("Plain and later")
    page.get_by_label("Pictures, ten at most").set_input_files([photo("a.jpg"), photo("b.jpg")])
    page.get_by_label("What the pictures show").fill("one\ntwo")
    page.get_by_role("button", name="Add these pictures").click()
    shown = page.locator("[data-picks] [name=alts]")
    expect(shown).to_have_count(2)
    page.get_by_role("button", name="Move later").click()
    expect(shown.first).to_have_value("two")
    shown.first.fill("the second")
    page.get_by_label("Keep or schedule").click()
    expect(page.get_by_text("By the clock of UTC.")).to_be_visible()
    page.get_by_role("button", name="Save as draft").click()
    page.get_by_role("link", name=re.compile("Plain and later")).click()
    expect(shown.first).to_have_value("the second")
    page.get_by_label("Keep or schedule").click()
    page.get_by_label("When it shall appear").fill("2001-01-01T10:00")
    page.watch.expect(r"answered 422", r"status of 422")
    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.get_by_text("Choose a time at least a minute from now.").first).to_be_visible()
    expect(text(page)).to_have_value("Plain and later")
    page.get_by_role("button", name="Post", exact=True).click()
    card = card_of(page, "Plain and later")
    expect(card.locator(".photos img").first).to_have_attribute("alt", "the second")
    page.goto("/drafts/")
    expect(page.get_by_text("No drafts")).to_be_visible()


def test_what_was_written_on_its_own_page_is_shown(enter: Enter) -> None:
    page = enter("ida")
    page.goto("/compose/")
    text(page).fill("From the plus")
    composer(page).get_by_role("button", name="Post", exact=True).click()
    page.wait_for_url(re.compile(r"/posts/\d+/$"))
    expect(card_of(page, "From the plus")).to_be_visible()
    page = plain(enter, "ida")
    page.goto("/")
    text(page).fill("Plainly said")
    composer(page).get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Posted")).to_be_visible()
    expect(card_of(page, "Plainly said")).to_be_visible()


def test_a_change_one_left_halfway_is_still_there(enter: Enter) -> None:
    page = enter("ben")
    page.goto("/compose/")
    text(page).fill("As it was")
    composer(page).get_by_role("button", name="Post", exact=True).click()
    page.wait_for_url(re.compile(r"/posts/\d+/$"))
    permalink, area = page.url, page.get_by_label("Your post")

    def change() -> None:
        page.goto(permalink + "edit/")
        page.wait_for_load_state("networkidle")  # its scripts are there

    change()
    area.fill("As it will be")
    page.goto("/")
    change()
    expect(area).to_have_value("As it will be")
    expect(page.get_by_text("Here is what you had begun to write.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(area).to_have_value("As it was")
    area.fill("Thrown away")
    page.get_by_role("main").get_by_role("link", name="Cancel").click()
    change()
    expect(area).to_have_value("As it was")
    area.fill("As it is")
    page.get_by_role("main").get_by_role("button", name="Save", exact=True).last.click()
    expect(card_of(page, "As it is")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:edit:'))") == []

"""Profiles in the browser: the piece of a picture, a new handle, the first steps, finding people."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e import pictures
from e2e.conftest import Enter
from e2e.test_first_life import fill_sign_up, give_code
from e2e.test_keyboard import tab_until
from e2e.test_pages import whole
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

SIZES = """
import json, sys
from accounts.models.people import User
user = User.objects.get(handle=json.load(sys.stdin))
print(json.dumps([[one.width, one.height] if one else None for one in (user.avatar, user.cover)]))
"""


def choose(page: Page, number: int, width: int = 900, height: int = 600) -> None:
    """A photo for the first (avatar) or second (cover) form; the dialog opens."""
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": pictures.photo(width, height)}
    page.get_by_label("A new picture").nth(number).set_input_files(photo)
    expect(page.get_by_role("dialog", name="Choose the piece")).to_be_visible()


def left(page: Page) -> float:
    return float(page.locator("[data-crop-image]").evaluate("image => parseFloat(image.style.left)"))


def width(page: Page) -> float:
    return float(page.locator("[data-crop-image]").evaluate("image => parseFloat(image.style.width)"))


def test_a_piece_chosen_with_the_mouse(enter: Enter, village: Village) -> None:
    page = enter("olive")
    page.goto("/settings/")
    choose(page, 0)
    stage = page.locator("[data-crop-stage]")
    assert (width(page), left(page)) == pytest.approx((150, -25)), "the middle, as large as it fits"
    box = stage.bounding_box()
    assert box
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 200 + box["width"], box["y"] + 200, steps=4)
    page.mouse.up()
    assert left(page) == pytest.approx(0), "no further than its edge"
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.wheel(0, -400)
    page.wait_for_function("() => parseFloat(document.querySelector('[data-crop-image]').style.width) > 300")
    page.get_by_role("slider", name="Size").fill("2")
    assert width(page) == pytest.approx(300)
    page.get_by_role("button", name="Use this piece").click()
    expect(page.get_by_text("A good picture.")).to_be_visible()
    assert village.run(SIZES, "olive")[0] == [300, 300]


def test_a_piece_chosen_with_the_keyboard(enter: Enter, village: Village) -> None:
    page = enter("olive", width=390)
    page.goto("/settings/")
    choose(page, 1, 900, 600)
    expect(page.locator("[data-crop-stage]")).to_be_focused()
    assert not whole(page), "nothing for axe, nothing that sticks out"
    for key in ("+", "+", "ArrowLeft", "Shift+ArrowRight", "ArrowDown", "-"):
        page.keyboard.press(key)
    assert width(page) == pytest.approx(110, abs=0.5)
    assert left(page) == pytest.approx(-10, abs=0.5), "at its right edge"
    page.keyboard.press("Enter")
    expect(page.get_by_text("A good picture.")).to_be_visible()
    wide, high = village.run(SIZES, "olive")[1]
    assert wide == pytest.approx(3 * high, abs=2)
    assert wide == pytest.approx(900 / 1.1, abs=3)
    choose(page, 1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Choose the piece")).to_be_hidden()
    expect(page.get_by_label("A new picture").nth(1)).to_be_focused()
    expect(page.get_by_label("A new picture").nth(1)).to_have_value("")


def test_a_new_handle_and_where_the_old_one_leads(enter: Enter, village: Village) -> None:
    mover, reader = enter("pia"), enter("leo")
    mover.goto("/settings/account/")
    mover.get_by_role("link", name="Change your handle").click()
    mover.get_by_label("Handle").fill("pia.rossi")
    mover.get_by_role("button", name="Change").click()
    expect(mover.get_by_text("You are @pia.rossi now.")).to_be_visible()
    reader.goto("/@pia/media/")
    expect(reader).to_have_url(re.compile(r"/@pia\.rossi/media/$"))
    mover.get_by_label("Handle").fill("pia")
    mover.get_by_role("button", name="Change").click()
    expect(mover.get_by_text("You are @pia now.")).to_be_visible()
    reader.goto("/@pia/")
    expect(reader).to_have_url(re.compile(r"/@pia/$"))
    reader.goto("/@pia.rossi/")
    expect(reader).to_have_url(re.compile(r"/@pia/$"))


def test_the_first_steps_with_the_keyboard(enter: Enter, village: Village) -> None:
    page = enter()
    address = fill_sign_up(page, "wren", "Wren Field")
    give_code(page, village.mail_code(address))
    expect(page.get_by_role("heading", name="Good to have you, Wren Field")).to_be_visible()
    page.get_by_label("About you").focus()
    page.keyboard.type("I sing before it is light.")
    assert tab_until(page, "main form button:has-text('Go on')", most=4)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="People to follow")).to_be_visible()
    expect(page.get_by_text("Step 2 of 3")).to_be_visible()
    page.goto("/")
    page.goto("/welcome/")
    expect(page.get_by_role("heading", name="People to follow")).to_be_visible()
    assert tab_until(page, "main form button:has-text('Go on')", most=60)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who sees what")).to_be_visible()
    assert tab_until(page, "input[name=is_private]", most=40)
    page.keyboard.press("Space")
    assert tab_until(page, "main form button:has-text('Done')", most=8)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{village.url}/")
    page.goto("/welcome/")
    expect(page).to_have_url(f"{village.url}/")
    page.goto("/@wren/")
    expect(page.get_by_role("main").get_by_text("I sing before it is light.")).to_be_visible()
    expect(page.get_by_role("img", name="Private account")).to_be_visible()


def test_finding_people(enter: Enter) -> None:
    page = enter("ida")
    page.goto("/people/")
    page.get_by_role("searchbox", name="Name or handle").fill("tam ng")
    page.keyboard.press("Enter")
    people = page.locator("#people > li")
    expect(people).to_have_count(1)
    expect(people).to_contain_text("Tâm Nguyễn")
    page.get_by_role("link", name="By name").click()
    expect(page.get_by_role("searchbox", name="Name or handle")).to_have_value("tam ng")
    page.get_by_role("navigation", name="Which people").get_by_role("link", name="Friends").click()
    expect(page.get_by_text("Nobody of that name")).to_be_visible()


def test_the_tab_of_the_page_is_in_view_on_a_phone(enter: Enter) -> None:
    page = enter("ida", width=390)
    page.goto("/settings/language/")
    expect(page.locator(".subnav [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_the_profile_without_script(enter: Enter) -> None:
    page = enter("malin", java_script_enabled=False, reduced_motion="reduce")
    page.watch.expect(r"failed GET .*/static/js/.*: csp")
    page.goto("/settings/")
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": pictures.photo()}
    page.get_by_label("A new picture").nth(1).set_input_files(photo)
    page.get_by_role("button", name="Change").nth(1).click()
    expect(page.get_by_text("A good picture.")).to_be_visible()
    page.get_by_label("Pronouns", exact=False).first.fill("she/her")
    page.get_by_label("Who sees your pronouns").select_option("public")
    page.get_by_label("Address of link 1").fill("malin.example")
    page.get_by_label("Name of field 1").fill("Plays")
    page.get_by_label("Text of field 1").fill("the harp")
    page.get_by_label("Name of field 2").fill("Speaks")
    page.get_by_label("Text of field 2").fill("Swedish")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("button", name="Text of field 2: one up").click()
    expect(page.get_by_label("Text of field 1")).to_have_value("Swedish")
    page.goto("/@malin/about/")
    expect(page.get_by_role("definition")).to_have_text(
        [re.compile("she/her"), re.compile("malin.example"), re.compile("Swedish"), re.compile("the harp")]
    )
    page.goto("/people/?q=malin")
    expect(page.get_by_text("Nobody of that name")).to_be_visible()

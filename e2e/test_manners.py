"""Questions that name the deed, copying, rows that go, long posts: by mouse, by keys, without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Enter
from e2e.test_first_life import card_of, write_post
from e2e.village import PASSWORD, Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

LONG = "\n".join(f"Line {number} of a long story." for number in range(60))
ASK = """
from accounts.actions import friends
from accounts.models.people import User
print("null") if friends.ask(actor=User.objects.get(handle="pia"), person="leo") else None
"""
BLOCKED = """
import json
from accounts.models.relations import Block
print(json.dumps(list(Block.objects.values_list("blocker__handle", "blocked__handle"))))
"""
OWNER = """
from accounts.models.people import User
User.objects.filter(handle="iris").update(is_superuser=True, is_staff=True)
print("null")
"""


def focused(page: Page) -> str:
    return page.evaluate("() => document.activeElement.innerText")


def test_the_dialog_names_the_deed_and_can_be_left(enter: Enter, village: Village) -> None:
    page = enter("zoe")
    page.goto("/@finn/")
    page.get_by_role("main").get_by_role("button", name="More").first.click()
    page.get_by_role("button", name="Block").click()
    dialog = page.get_by_role("dialog", name="Block Finn Mäkelä?")
    deed = dialog.get_by_role("button", name="Block Finn Mäkelä")
    expect(deed).to_have_class(re.compile("danger"))
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert village.run(BLOCKED) == []

    page.get_by_role("main").get_by_role("button", name="More").first.click()
    page.get_by_role("button", name="Block").click()
    deed.press("Enter")
    page.wait_for_url("**/settings/blocked/")
    assert village.run(BLOCKED) == [["zoe", "finn"]]
    page.get_by_role("button", name="Unblock").click()
    expect(page.get_by_text("Nobody is blocked")).to_be_visible()


def test_without_scripts_a_page_asks(enter: Enter, village: Village) -> None:
    page = enter("zoe", java_script_enabled=False, reduced_motion="reduce")
    page.watch.expect(r"failed GET .*/static/js/.*: csp")  # how this browser says that it runs no scripts
    page.goto("/lists/")
    page.get_by_label("Name of the list").fill("Paper")
    page.get_by_role("button", name="Make a list").click()
    page.get_by_role("button", name="Delete the list").click()
    expect(page.get_by_role("heading", name="Delete the list Paper?")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="Paper", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete the list").click()
    page.get_by_role("button", name="Delete the list").click()
    expect(page.get_by_text("No lists yet")).to_be_visible()


def test_a_token_is_copied_by_keyboard_and_said(enter: Enter) -> None:
    page = enter("mira", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/settings/tokens/")
    page.get_by_label("Name", exact=True).fill("Kitchen")
    page.get_by_label("Read posts, comments and profiles").check()
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make the token").click()
    token = page.locator("#new_token")
    expect(page.get_by_role("button", name="Copy the token")).to_be_visible()
    page.wait_for_load_state("networkidle")  # its scripts are there
    expect(token).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy the token")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Token copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == token.input_value()


def test_a_row_that_goes_says_so_and_leaves_the_focus_in_the_list(enter: Enter, village: Village) -> None:
    village.run(ASK)
    page = enter("pia")
    page.goto("/people/requests/sent/")
    page.get_by_role("button", name="Take back your request to Leo Grün").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Your request to Leo Grün is taken back.")).to_be_visible()
    expect(page.locator("#asked li")).to_have_count(0)

    page.goto("/settings/muted/words/")
    page.get_by_role("main").get_by_role("button", name="Mute").click()
    expect(page.get_by_text("Write a word or a phrase.")).to_be_visible()
    for word in ("oats", "rye", "wheat"):
        page.get_by_label("Word or phrase").fill(word)
        page.get_by_role("main").get_by_role("button", name="Mute", exact=True).click()
        expect(page.locator("#words")).to_contain_text(word)
    page.get_by_role("button", name="Unmute rye").press("Enter")
    expect(page.get_by_role("status").filter(has_text="This word is not muted any more.")).to_be_visible()
    expect(page.locator("#words li")).to_have_count(2)
    expect(page.locator("#words button:focus")).to_have_count(1)
    page.watch.expect(r"answered 422", r"status of 422")


def test_a_long_post_unfolds_where_it_is(enter: Enter) -> None:
    page = enter("leo", width=390)
    page.goto("/")
    write_post(page, LONG)
    page.goto("/")
    card = card_of(page, "Line 3 of a long story.")
    words = card.locator(".posttext")
    folded = words.bounding_box()
    assert folded
    assert folded["height"] < 500
    more = card.get_by_role("link", name="Read more of the post by Leo Grün")
    more.press("Enter")
    expect(more).to_have_count(0)
    expect(words).to_be_focused()
    whole = words.bounding_box()
    assert whole
    assert whole["height"] > 1000
    assert page.url.endswith("/")

    plain = enter("leo", java_script_enabled=False, reduced_motion="reduce")
    plain.watch.expect(r"failed GET .*/static/js/.*: csp")
    plain.goto("/")
    card_of(plain, "Line 3 of a long story.").get_by_role("link", name="Read more").click()
    plain.wait_for_url("**/posts/*/")
    expect(plain.get_by_text("Line 59 of a long story.")).to_be_visible()


def test_domains_show_with_the_choice_that_uses_them(enter: Enter, village: Village) -> None:
    village.run(OWNER)
    page = enter("iris")
    page.goto("/site/settings/")
    domains = page.get_by_role("textbox", name="Domains", include_hidden=True)
    expect(domains).to_be_hidden()
    page.get_by_label("Only with an address of certain domains").check()
    expect(domains).to_be_visible()
    page.get_by_label("Closed: nobody joins").check()
    expect(domains).to_be_hidden()


def test_whoever_was_logged_out_finds_the_way_in_the_toast(enter: Enter) -> None:
    page = enter("nora")
    page.goto("/@olive/")
    page.context.clear_cookies(name="session")
    page.watch.expect(r"answered 40[13]", r"status of 40[13]", r"failed .*", r"Response Status Error Code 40[13]")
    page.get_by_role("main").get_by_role("button", name="Add friend").click()
    toast = page.get_by_role("alert").filter(has_text="Log in")
    expect(toast.get_by_role("link", name="Log in")).to_have_attribute("href", "/login/?next=%2F%40olive%2F")

"""A group of the chat on a desk and on a phone: made, talked in, joined by a link, led, left; nobody reloads."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.conftest import Enter
from e2e.test_chat_line import bubble, say
from e2e.test_first_life import FOLLOW
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]


def notice(page: Page, words: str) -> Locator:
    return page.locator("[data-thread] .notice", has_text=words)


def make(page: Page, name: str, *people: str) -> str:
    """A new group from the list; its address."""
    page.goto("/chat/")
    page.get_by_role("link", name="New conversation").first.click()
    for person in people:
        page.get_by_label("Search people").fill(person)
        page.get_by_role("button", name="Search", exact=True).click()
        page.get_by_role("button", name=f"Choose {person}").click()
        expect(page.get_by_role("button", name=f"Take off {person}")).to_be_visible()
    page.get_by_label("Name of the group").fill(name)
    page.get_by_role("button", name="Make the group").click()
    page.wait_for_url(re.compile(r"/chat/\d+/"))
    return re.search(r"/chat/\d+/", page.url).group()  # type: ignore[union-attr]


def test_two_live_in_a_group_on_desk_and_phone(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["tam", "nora"])
    nora, tam = enter("nora"), enter("tam", width=390)
    tam.goto("/chat/")
    address = make(nora, "Lantern makers", "Tâm Nguyễn")
    # It stands in the other's list by itself.
    row = tam.locator("[data-conv]", has_text="Lantern makers")
    expect(row).to_be_visible()
    expect(notice(nora, "You added Tâm Nguyễn")).to_be_visible()
    row.click()
    tam.wait_for_url(f"**{address}")
    say(nora, "Paper or glass?")
    theirs = bubble(tam, "Paper or glass?")
    expect(theirs.locator("[data-from]")).to_have_text("Nora Lind")
    say(nora, "I have both.")
    expect(bubble(tam, "I have both.").locator("[data-from]")).to_be_hidden()
    say(tam, "Paper!")
    expect(bubble(nora, "Paper!").locator("[data-from]")).to_have_text("Tâm Nguyễn")

    # Another name comes to both without a reload.
    settings = nora.context.new_page()
    settings.goto(f"{address}settings/")
    settings.get_by_label("Name of the group").fill("Paper lanterns")
    settings.get_by_role("button", name="Save").click()
    settings.wait_for_url("**/details/")
    for page in (nora, tam):
        expect(page.get_by_role("heading", level=1)).to_have_text("Paper lanterns")
    expect(notice(tam, "Nora Lind gave the group another name")).to_be_visible()

    # Who is removed is led out, and sees it no more; what the page still asked for is not there.
    tam.watch.expect("answered 404", "status of 404")  # type: ignore[attr-defined]
    settings.locator("li", has_text="Tâm Nguyễn").locator("summary").click()
    settings.get_by_role("button", name="Remove from the group").click()
    settings.get_by_role("dialog").get_by_role("button", name="Remove Tâm Nguyễn").click()
    tam.wait_for_url("**/chat/")
    expect(tam.locator("[data-conv]", has_text="Paper lanterns")).to_have_count(0)
    expect(notice(nora, "You removed Tâm Nguyễn")).to_be_visible()


def test_a_link_leads_in_and_one_leaves_again(enter: Enter) -> None:
    nora, phone = enter("nora"), enter("ida", width=390)
    address = make(nora, "Open kitchen", "Ben Okri")  # who does not know her, and is asked
    nora.goto(f"{address}links/")
    nora.get_by_role("button", name="Make a link").click()
    link = nora.locator("[id^=link-]").first.inner_text()
    phone.goto(link)
    expect(phone.get_by_role("heading", name="Open kitchen")).to_be_visible()
    expect(phone.get_by_text("1 member", exact=True)).to_be_visible()
    nora.goto(address)
    phone.get_by_role("button", name="Join the group").click()
    phone.wait_for_url(f"**{address}")
    expect(notice(nora, "Ida Berg joined")).to_be_visible()
    expect(nora.locator(".panehead").get_by_text("2 members")).to_be_visible()
    say(phone, "What is for dinner?")
    expect(bubble(nora, "What is for dinner?")).to_be_visible()
    phone.goto(f"{address}details/")
    phone.get_by_role("button", name="Leave the group").click()
    phone.get_by_role("dialog").get_by_role("button", name="Leave the group").click()
    phone.wait_for_url("**/chat/")
    expect(notice(nora, "Ida Berg left")).to_be_visible()


def test_who_is_asked_answers_when_they_like(enter: Enter) -> None:
    nora, leo = enter("nora"), enter("leo", width=390)
    nora.goto("/@leo/")
    nora.get_by_role("link", name="Message").click()
    nora.get_by_label("Message", exact=True).fill("Are you the Leo with the boat?")
    nora.get_by_role("button", name="Send").click()
    nora.wait_for_url(re.compile(r"/chat/\d+/"))
    leo.goto("/chat/")
    expect(leo.locator("[data-conv]", has_text="Nora Lind")).to_have_count(0)
    leo.get_by_role("link", name="Message requests").click()
    leo.get_by_role("link", name="Nora Lind").click()
    expect(bubble(leo, "Are you the Leo with the boat?")).to_be_visible()
    expect(leo.get_by_label("Message", exact=True)).to_have_count(0)
    leo.get_by_role("button", name="Accept").click()
    say(leo, "The very one.")
    expect(bubble(nora, "The very one.")).to_be_visible()

"""Ways in, in real browsers: by keyboard alone, by an invitation, by asking a moderator."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Enter
from e2e.test_first_life import give_code
from e2e.test_keyboard import tab_until
from e2e.village import PASSWORD, Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

# An owner and a moderator of the village, as often as asked.
OFFICE = """
import sys
from django.contrib.auth.hashers import make_password
from accounts.actions import joining, roles
from accounts.models.people import User
hashed = make_password(%r)
for handle, name in (("chief", "Mai Chief"), ("minder", "Olu Minder")):
    if not User.objects.filter(handle=handle).exists():
        joining.admit(email=f"{handle}@example.org", handle=handle, display_name=name, password_hash=hashed)
User.objects.filter(handle="chief").update(is_staff=True, is_superuser=True)
roles.set_role(actor=None, handle="minder", role="moderator")
"""
ME = "You and your settings"


@pytest.fixture
def office(village: Village) -> None:
    village.run(OFFICE % PASSWORD)


@contextmanager
def door(page: Page, words: str) -> Iterator[None]:
    """The owner sets the door on the page, and opens it again."""
    _set_door(page, words)
    try:
        yield
    finally:
        _set_door(page, "Open: everybody may join")


def _set_door(page: Page, words: str) -> None:
    page.goto("/site/settings/")
    page.get_by_label(words).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def fill(page: Page, handle: str, name: str) -> str:
    page.get_by_label("E-mail").fill(f"{handle}@example.org")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Handle").fill(handle)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    return f"{handle}@example.org"


def test_joining_and_logging_in_by_keyboard_alone(enter: Enter, village: Village) -> None:
    page = enter()
    page.goto("/")
    tab_until(page, "main a[href='/signup/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/signup/")
    for field, words in (
        ("email", "kimiko@example.org"),
        ("display_name", "Kimiko Keys"),
        ("handle", "kimiko"),
        ("password", PASSWORD),
    ):
        tab_until(page, f"input[name={field}]", most=12)
        page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/signup/code/")
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(village.mail_code("kimiko@example.org"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/welcome/picture/")
    tab_until(page, "button:has-text('Skip all of this')", most=30)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{village.url}/")
    me = page.get_by_role("button", name=ME)
    expect(me).to_contain_text("Kimiko Keys")

    tab_until(page, ".side button.me")
    page.keyboard.press("Enter")
    logout = page.get_by_role("button", name="Log out")
    expect(logout).to_be_visible()
    page.keyboard.press("ArrowUp")
    tab_or_arrow = page.locator("#me-menu button", has_text="Log out")
    for _press in range(20):
        if tab_or_arrow.and_(page.locator(":focus")).count():
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.body.dataset.me")

    page.goto("/login/")
    tab_until(page, "input[name=login]", most=8)
    page.keyboard.type("kimiko")
    tab_until(page, "input[name=password]", most=3)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{village.url}/")
    expect(me).to_contain_text("Kimiko Keys")


def test_from_an_invitation_to_membership(enter: Enter, village: Village, office: None) -> None:
    chief, olive, guest, late = enter("chief"), enter("olive"), enter(), enter()
    late.watch.expect(r"\b404\b")
    with door(chief, "By invitation only"):
        guest.goto("/signup/")
        expect(guest.get_by_role("heading", name="By invitation")).to_be_visible()

        olive.goto("/settings/invitations/")
        olive.get_by_role("button", name="Invite", exact=True).click()
        link = olive.get_by_label("Link", exact=True).input_value()
        assert re.search(r"/join/[\w-]{20,}/$", link)

        guest.goto(link)
        expect(guest.get_by_text("Olive Marsh invites you.")).to_be_visible()
        address = fill(guest, "gustav", "Gustav Guest")
        guest.get_by_role("button", name="Send me the code").click()
        give_code(guest, village.mail_code(address))
        guest.get_by_role("button", name="Skip all of this").click()
        guest.wait_for_url(f"{village.url}/")
        expect(guest.get_by_role("button", name=ME)).to_contain_text("Gustav Guest")

        late.goto(link)
        expect(late.get_by_role("heading", name="This invitation is over")).to_be_visible()
    olive.goto("/settings/invitations/people/")
    expect(olive.get_by_role("main").get_by_text("Gustav Guest")).to_be_visible()
    chief.goto("/site/invitations/")
    expect(chief.get_by_role("listitem").filter(has_text="Gustav Guest")).to_contain_text("@olive")


def test_asking_and_being_let_in(enter: Enter, village: Village, office: None) -> None:
    chief, minder, guest = enter("chief"), enter("minder"), enter()
    guest.watch.expect(r"\b422\b")
    with door(chief, "A moderator looks at each request"):
        guest.goto("/signup/")
        address = fill(guest, "wanda", "Wanda Waits")
        guest.get_by_role("button", name="Send me the code").click()
        expect(guest.get_by_text("A sentence or two, please").first).to_be_visible()
        guest.get_by_label("Why would you like to join?").fill("I play the tuba.")
        guest.get_by_label("Password", exact=True).fill(PASSWORD)
        guest.get_by_role("button", name="Send me the code").click()
        give_code(guest, village.mail_code(address))
        expect(guest.get_by_role("heading", name="Thank you, we have your request")).to_be_visible()

        minder.goto("/")
        minder.get_by_role("button", name=ME).click()
        minder.get_by_role("link", name="Site", exact=True).click()
        request = minder.get_by_role("listitem").filter(has_text="I play the tuba.")
        expect(request).to_contain_text(address)
        request.get_by_role("button", name="Accept").click()
        expect(minder.get_by_text("Wanda Waits is a member now.")).to_be_visible()

    guest.goto("/login/")
    guest.locator("input[name=login]").fill(address)
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    guest.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    guest.get_by_role("button", name="Skip all of this").click()
    guest.wait_for_url(f"{village.url}/")
    expect(guest.get_by_role("button", name=ME)).to_contain_text("Wanda Waits")

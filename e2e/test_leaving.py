"""Leaving, changing one's mind, and taking everything along."""

import io
import zipfile

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Enter, log_in
from e2e.village import PASSWORD, Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120, func_only=True)]

JOIN = """
import json, sys
from django.contrib.auth.hashers import make_password
from accounts.actions import joining
from feed.actions import posts as post_actions
handle = json.load(sys.stdin)
user = joining.join(email=f"{handle}@example.org", handle=handle, display_name=handle.title(),
                    password_hash=make_password("a quiet river of words"))
post_actions.create_post(actor=user, text="Packed and ready", audience="public")
"""


@pytest.fixture
def visitor(browser: Browser, village: Village) -> Page:
    context = browser.new_context(base_url=village.url, viewport={"width": 390, "height": 844}, locale="en-GB")
    yield context.new_page()
    context.close()


def test_leave_and_change_ones_mind(visitor: Page, village: Village) -> None:
    village.run(JOIN, "wendy")
    page = visitor
    log_in(page, "wendy")
    page.goto("/settings/data/")
    page.get_by_role("link", name="Delete my account").click()
    page.get_by_label("Your password").fill("not it at all")
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("Take my messages with me").check()
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Goodbye")).to_be_visible()
    assert page.goto("/@wendy/").status == 404
    page.goto("/login/")
    page.locator("input[name=login]").fill("wendy")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    page.goto("/settings/")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    page.get_by_role("button", name="Stop the deletion").click()
    expect(page.get_by_text("Good to have you back.")).to_be_visible()
    assert page.goto("/@wendy/").status == 200
    assert any("asked us to delete your account" in mail for mail in village.mails("wendy@example.org"))


def test_hide_and_come_back(visitor: Page, village: Village) -> None:
    village.run(JOIN, "willa")
    page = visitor
    log_in(page, "willa")
    page.goto("/settings/data/")
    page.get_by_role("link", name="Deactivate").click()
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("heading", name="Goodbye")).to_be_visible()
    assert page.goto("/@willa/").status == 404
    log_in(page, "willa")
    assert page.goto("/@willa/").status == 200


def test_the_copy_appears_by_itself_and_reads_offline(enter: Enter, village: Village) -> None:
    page = enter("iris")  # whom no other test renames
    page.goto("/settings/data/")
    page.get_by_role("button", name="Make a copy").click()
    link = page.get_by_role("link", name="Download")
    link.wait_for(timeout=20_000)  # nobody touches anything
    with page.expect_download() as waiting:
        link.click()
    with zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())) as bundle:
        assert bundle.testzip() is None
        assert "Iris Vale" in bundle.read("index.html").decode()
    expect(page.get_by_role("button", name="Make a copy")).to_have_count(0)

"""A second factor from the first look at the settings to its end: by keyboard with an app, and with a passkey alone."""

import re
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page, expect

from e2e import axe
from e2e.conftest import Enter, log_in
from e2e.test_keyboard import tab_until
from e2e.village import PASSWORD, Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

HOME = re.compile(r":\d+/$")
KEEPER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


STILL = (
    "() => document.getAnimations().every(one => one.playState !== 'running'"
    " || one.effect.getComputedTiming().endTime === Infinity)"
)


def clean(page: Page) -> None:
    """axe finds nothing here, and the page is no wider than the window. What is still fading in has no contrast yet."""
    page.wait_for_function(STILL)
    found = axe.violations(page)
    assert not found, [(one["id"], one["nodes"][0]["html"][:200]) for one in found]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def keeper_of(page: Page) -> tuple[Any, str]:
    """Gives this browser a keeper of passkeys that says yes to everything."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    return line, line.send("WebAuthn.addVirtualAuthenticator", {"options": KEEPER})["authenticatorId"]


def code_of(secret: str, *, later: int = 0) -> str:
    step = [*totp.yield_hotp_counters_from_time()][1] + later
    return totp.format_hotp_value(totp.hotp_value(secret, step))


def press(page: Page, selector: str) -> None:
    """By Tab alone, and Enter."""
    tab_until(page, selector, most=60)
    page.keyboard.press("Enter")


def type_into(page: Page, selector: str, text: str) -> None:
    if not page.locator(selector).and_(page.locator(":focus")).count():
        tab_until(page, selector, most=60)
    page.keyboard.type(text)


def log_in_by_keys(page: Page, who: str) -> None:
    page.goto("/login/")
    type_into(page, "input[name=login]", f"{who}@example.org")
    type_into(page, "input[name=password]", PASSWORD)
    page.keyboard.press("Enter")


def enter_as(page: Page, who: str) -> None:
    log_in(page, who)
    page.wait_for_url(HOME)


def log_out(page: Page) -> None:
    page.goto("/settings/account/")
    page.locator("#main").get_by_role("button", name="Log out").click()
    page.wait_for_url(HOME)


def test_an_app_by_keyboard_alone(enter: Enter) -> None:
    page = enter()
    log_in_by_keys(page, "zoe")
    page.wait_for_url(HOME)
    page.goto("/settings/")
    press(page, ".subnav a[href='/settings/security/']")
    page.wait_for_url("**/settings/security/")
    clean(page)
    press(page, "a[href='/settings/security/app/']")
    page.wait_for_url("**/settings/security/app/")
    expect(page.get_by_role("img", name=re.compile("square code"))).to_be_visible()
    assert page.locator("img.qr").evaluate("picture => picture.complete && picture.naturalWidth > 0")
    clean(page)
    press(page, "summary")
    secret = page.locator(".secretkey").inner_text().replace(" ", "")
    type_into(page, "input[name=code]", code_of(secret, later=-1))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    clean(page)
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    with page.expect_download() as saved:
        press(page, "a[download]")
    text = saved.value.path().read_text()
    assert all(code in text for code in codes)
    press(page, "a.btn[href='/settings/security/']")
    expect(page.get_by_text("10 codes left")).to_be_visible()
    log_out(page)

    log_in_by_keys(page, "zoe")
    page.wait_for_url("**/login/factor/")
    clean(page)
    page.watch.expect(r"answered 422", r"status of 422")  # type: ignore[attr-defined]
    type_into(page, "input[name=code]", "000000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("That is not the code")).to_be_visible()
    page.locator("input[name=code]").fill("")
    type_into(page, "input[name=code]", code_of(secret))
    page.keyboard.press("Enter")
    page.wait_for_url(HOME)
    log_out(page)

    log_in_by_keys(page, "zoe")
    page.wait_for_url("**/login/factor/")
    type_into(page, "input[name=code]", codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url(HOME)
    page.goto("/settings/security/")
    expect(page.get_by_text("9 codes left")).to_be_visible()
    press(page, "form[action$='/app/remove/'] button")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    clean(page)
    dialog.get_by_role("button", name="Remove the app").press("Enter")
    expect(page.get_by_text("The authenticator app is removed.")).to_be_visible()
    expect(page.get_by_text("codes left")).to_have_count(0)


@pytest.fixture
def confirmed(enter: Enter) -> Page:
    page = enter()
    enter_as(page, "finn")
    return page


def test_a_passkey_from_beginning_to_end(confirmed: Page, village: Village) -> None:
    page = confirmed
    line, keeper = keeper_of(page)
    page.goto("/settings/security/")
    page.get_by_role("link", name="Make a passkey").click()
    page.get_by_label("Name").fill("Finn’s phone")
    clean(page)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("#passkeys")).to_contain_text("Finn’s phone")
    clean(page)
    assert len(line.send("WebAuthn.getCredentials", {"authenticatorId": keeper})["credentials"]) == 1
    log_out(page)

    page.goto("/login/?next=/settings/devices/")
    clean(page)
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url(re.compile(r":\d+/settings/devices/$"))
    log_out(page)

    log_in_by_keys(page, "finn")
    page.wait_for_url("**/login/factor/")
    clean(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(HOME)

    page.goto("/settings/security/confirm/?next=/settings/security/codes/")
    clean(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile(r":\d+/settings/security/codes/$"))
    clean(page)

    page.goto("/settings/security/")
    page.get_by_role("link", name="Finn’s phone").click()
    clean(page)
    page.get_by_label("Name").fill("An old phone")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#passkeys")).to_contain_text("An old phone")
    page.get_by_role("link", name="An old phone").click()
    page.get_by_role("button", name="Remove this passkey").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    expect(page.get_by_text("You have none yet.")).to_be_visible()
    log_out(page)

    page.goto("/login/")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_text("That is not the code").or_(page.get_by_text("did not work"))).to_be_visible()
    enter_as(page, "finn")
    mails = "".join(village.mails("finn@example.org"))
    assert "A passkey was added" in mails
    assert "A passkey was removed" in mails


def test_a_passkey_that_is_not_given_is_no_dead_end(enter: Enter) -> None:
    page = enter()
    line, keeper = keeper_of(page)
    line.send("WebAuthn.setUserVerified", {"authenticatorId": keeper, "isUserVerified": False})
    page.goto("/login/")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_text("Try again, or use another way.")).to_be_visible()
    enter_as(page, "finn")


def test_moving_to_another_address_by_keyboard(enter: Enter, village: Village) -> None:
    page = enter()
    enter_as(page, "mira")
    page.goto("/settings/account/")
    press(page, "a[href='/settings/account/email/']")
    page.wait_for_url("**/email/")
    clean(page)
    type_into(page, "input[name=email]", "mira.new@example.org")
    page.keyboard.press("Enter")
    page.wait_for_url("**/code/")
    clean(page)
    type_into(page, "input[name=code]", village.mail_code("mira.new@example.org"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("has moved to the new address")).to_be_visible()
    notice = next(text for text in village.mails("mira@example.org") if "/not-me/" in text)
    stranger = enter()
    stranger.goto(re.search(r"/not-me/\S+/", notice)[0])
    clean(stranger)
    stranger.get_by_role("button", name="It was not me").click()
    expect(stranger.get_by_text("Everybody is logged out")).to_be_visible()
    # The open page hears that its login has ended, and goes there by itself.
    expect(page).to_have_url(re.compile("/login/"))

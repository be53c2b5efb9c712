"""Single sign-on with a real provider (npm oidc-provider, e2e/provider.mjs)."""

import base64
import contextlib
import hashlib
import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from e2e import node
from e2e.conftest import Enter, log_in
from e2e.test_keyboard import tab_until
from e2e.village import PASSWORD, Village, free_port

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120, func_only=True), pytest.mark.xdist_group("sso")]

KEY = "elsewhere"
APP = "org.example.app:/signed-in"
GROUPS = """
import json, sys
from accounts.models.people import User
print(json.dumps(list(User.objects.get(handle=json.loads(sys.stdin.read())).groups.values_list("name", flat=True))))
"""
IDENTITIES = """
import json, sys
from accounts.models.sso import Identity
rows = Identity.objects.filter(user__handle=json.loads(sys.stdin.read()))
print(json.dumps(list(rows.values_list("subject", flat=True))))
"""


@dataclass
class Elsewhere:
    """The running provider."""

    port: int
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, site: str) -> None:
        words = json.dumps({"port": self.port, "site": site, "key": KEY})
        self.process = subprocess.Popen(
            [str(node.BIN / "node"), "provider.mjs", words],
            cwd=node.HERE,
            env=node.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        end = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/jwks", timeout=2).close()
                return
            assert self.process.poll() is None, "the provider ended"
            assert time.monotonic() < end, "the provider does not listen"
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)

    def knows(self, sub: str, **claims: Any) -> None:
        body = json.dumps(claims).encode()
        request = urllib.request.Request(f"{self.url}/accounts/{sub}", body, method="PUT")
        urllib.request.urlopen(request, timeout=5).close()


@dataclass
class Connected(Village):
    """A site with two providers, one of which is not there."""

    providers: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "OIDC_PROVIDERS": self.providers, "APP_REDIRECTS": APP}


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    node.install()
    made = Elsewhere(free_port())
    yield made
    made.stop()


@pytest.fixture(scope="module")
def village(elsewhere: Elsewhere, settled: Callable[[], Path]) -> Iterator[Village]:
    made = Connected(settled(), port=free_port())
    common = {"client_id": "socialsite", "client_secret": "a secret of the tests, long enough", "trust_email": True}
    there = {"key": KEY, "name": "Elsewhere", "issuer": elsewhere.url, "role_claim": "groups", "logout": True, **common}
    gone = {"key": "gone", "name": "Gone", "issuer": "http://127.0.0.1:9", **common}
    made.providers = json.dumps([{**there, "roles": {"keepers": "moderator"}}, gone])
    elsewhere.start(made.url)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def choose(page: Page, sub: str, *, name: str = "Elsewhere") -> None:
    """From the login page to the provider, and there as somebody."""
    page.goto("/login/")
    page.get_by_role("button", name=f"Continue with {name}").click()
    page.get_by_role("button", name=sub, exact=True).click()


def log_out(page: Page) -> None:
    page.goto("/settings/account/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()


def log_out_there(page: Page) -> None:
    log_out(page)
    page.get_by_role("button", name="Log out here").click()
    page.wait_for_url("**/")


def test_sign_up_log_out_and_in_again_by_keyboard(village: Village, elsewhere: Elsewhere, enter: Enter) -> None:
    elsewhere.knows("wren", email="wren@example.net", email_verified=True, name="Wren Field", preferred_username="wren")
    page = enter()
    page.goto("/signup/")
    tab_until(page, "button:has-text('Continue with Elsewhere')")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="wren").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nearly there")).to_be_visible()
    expect(page.get_by_text("wren@example.net")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Wren Field")
    expect(page.get_by_label("Handle")).to_have_value("wren")
    expect(page.get_by_label("E-mail")).to_have_count(0)
    page.get_by_label("Handle").press("Enter")
    page.get_by_role("button", name="Skip all of this").press("Enter")
    page.wait_for_url(f"{village.url}/")
    page.goto("/settings/connected/")
    expect(page.get_by_role("main").get_by_text("wren@example.net", exact=True)).to_be_visible()
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("This is your only way to log in")).to_be_visible()

    log_out_there(page)  # here and at the provider, which sends us back
    page.goto("/settings/")
    expect(page).to_have_url(re.compile("/login/"))
    choose(page, "wren")
    page.wait_for_url(f"{village.url}/")
    page.goto("/settings/devices/")
    expect(page.get_by_text("This device")).to_be_visible()


def test_an_account_is_connected_by_its_member_only(village: Village, elsewhere: Elsewhere, enter: Enter) -> None:
    elsewhere.knows("ida-there", email="ida@example.org", email_verified=True, name="Ida")
    page = enter()
    choose(page, "ida-there")
    expect(page.get_by_role("heading", name="Is this account yours?")).to_be_visible()
    assert village.run(IDENTITIES, "ida") == []
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("input[name=login]").fill("ida@example.org")
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Connect Elsewhere?")).to_be_visible()
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("Elsewhere is connected")).to_be_visible()
    assert village.run(IDENTITIES, "ida") == ["ida-there"]
    assert any("Elsewhere" in text for text in village.mails("ida@example.org"))
    log_out_there(page)
    choose(page, "ida-there")
    page.goto("/@ida/")
    expect(page.get_by_role("link", name="Edit your profile")).to_be_visible()


def test_an_unproven_address_takes_nobody_over(village: Village, elsewhere: Elsewhere, enter: Enter) -> None:
    elsewhere.knows("thief", email="nora@example.org", email_verified=False, name="Not Nora")
    page = enter()
    choose(page, "thief")
    expect(page.get_by_role("heading", name="Nearly there")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("nora@example.org")
    page.get_by_label("Handle").fill("not_nora")
    page.get_by_role("button", name="Send me the code").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    end = time.monotonic() + 15
    while not village.mails("nora@example.org") and time.monotonic() < end:
        time.sleep(0.1)
    assert not re.search(r"\b\d{6}\b", village.mails("nora@example.org")[-1])
    assert village.run(IDENTITIES, "nora") == []


def test_an_unproven_address_is_proven_by_our_code(village: Village, elsewhere: Elsewhere, enter: Enter) -> None:
    elsewhere.knows("fern", email="fern@example.net", email_verified=False, name="Fern")
    page = enter()
    choose(page, "fern")
    page.get_by_label("Handle").fill("fern")
    page.get_by_role("button", name="Send me the code").click()
    page.get_by_label("Code").fill(village.mail_code("fern@example.net"))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Elsewhere is connected")).to_be_visible()
    assert village.run(IDENTITIES, "fern") == ["fern"]


def test_roles_come_and_go_and_a_log_out_there_ends_the_login_here(
    village: Village, elsewhere: Elsewhere, enter: Enter
) -> None:
    elsewhere.knows("kit", email="kit@example.net", email_verified=True, name="Kit", groups=["keepers", "others"])
    page = enter()
    choose(page, "kit")
    page.get_by_label("Handle").fill("kit")
    page.get_by_role("button", name="Join").click()
    page.get_by_role("button", name="Skip all of this").click()
    page.wait_for_url(f"{village.url}/")
    assert village.run(GROUPS, "kit") == ["moderator"]

    page.goto(f"{elsewhere.url}/session/end")
    page.get_by_role("button", name="Log out here").click()
    expect(page.get_by_text("Goodbye")).to_be_visible()
    page.goto(f"{village.url}/settings/")
    expect(page).to_have_url(re.compile("/login/"))

    elsewhere.knows("kit", email="kit@example.net", email_verified=True, name="Kit", groups=["others"])
    choose(page, "kit")
    page.wait_for_url(f"{village.url}/")
    assert village.run(GROUPS, "kit") == []


def test_cancelled_and_down(village: Village, elsewhere: Elsewhere, enter: Enter) -> None:
    elsewhere.knows("wren", email="wren@example.net", email_verified=True, name="Wren Field")
    page = enter()
    choose(page, "Cancel")
    expect(page.get_by_role("heading", name="You cancelled")).to_be_visible()
    page.watch.expect("503")
    page.goto("/login/")
    page.get_by_role("button", name="Continue with Gone").click()
    expect(page.get_by_role("heading", name="Gone does not answer")).to_be_visible()


def test_an_app_comes_in_by_the_browser(village: Village, elsewhere: Elsewhere, enter: Enter) -> None:
    elsewhere.knows("jay", email="jay@example.net", email_verified=True, name="Jay")
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {"redirect_uri": APP, "code_challenge": challenge, "code_challenge_method": "S256", "state": "mine"}
    page = enter()
    page.goto(f"/accounts/app/?{urlencode(asked)}")
    page.get_by_role("button", name="Continue with Elsewhere").click()
    page.get_by_role("button", name="jay").click()
    page.get_by_label("Handle").fill("jay")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Log in the app?")).to_be_visible()
    page.get_by_role("button", name="Log in").click()
    url = page.get_by_role("link", name="Go on").get_attribute("href")  # Chromium has no app for it
    assert url.startswith(f"{APP}?code=")
    words = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert words["state"] == "mine"
    body = {"code": words["code"], "code_verifier": verifier, "redirect_uri": APP}
    answer = page.request.post("/api/v1/auth/exchange", data=body)
    assert answer.json()["user"]["handle"] == "jay"


def test_a_member_connects_and_disconnects(village: Village, elsewhere: Elsewhere, enter: Enter) -> None:
    elsewhere.knows("ben-there", email="ben@elsewhere.example", email_verified=True, name="Ben")
    page = enter()
    log_in(page, "ben")
    page.goto("/settings/connected/")
    page.get_by_role("button", name="Connect Elsewhere").click()
    page.get_by_role("button", name="ben-there").click()
    expect(page.get_by_text("Elsewhere is connected")).to_be_visible()
    assert village.run(IDENTITIES, "ben") == ["ben-there"]
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Disconnected.")).to_be_visible()
    assert village.run(IDENTITIES, "ben") == []

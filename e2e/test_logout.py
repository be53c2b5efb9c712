"""Logging out: what is not sent is offered, nothing stays in the browser, and who comes next meets nothing of it."""

import re
import time

import pytest
from playwright.sync_api import Page, Route, expect

from e2e.conftest import Enter, log_in
from e2e.lines import Line
from e2e.test_chat_line import say, words_of
from e2e.test_outbox import SLOW, TORN, WORKER, another_tab, at, bubble, conversation, is_there, shoot, waits
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]
ONLINE = "() => { dispatchEvent(new Event('online')); }"  # what the browser says when the cable is in again


@pytest.fixture
def address(enter: Enter, village: Village) -> str:
    return conversation(enter, village)


def log_out(page: Page) -> None:
    page.get_by_role("button", name="You and your settings").first.click()
    page.get_by_role("button", name="Log out").click()


def test_who_logs_out_is_offered_what_is_not_sent(enter: Enter, address: str, line: Line, village: Village) -> None:
    village.states.pop("nora", None)
    nora = enter(proxy=line.proxy)
    nora.watch.expect(*TORN, "answered 401", "status of 401")  # type: ignore[attr-defined]  # badges ask as one leaves
    log_in(nora, "nora")
    nora.goto(address)
    expect(nora.get_by_label("Message", exact=True)).to_be_visible()
    nora.evaluate(WORKER)
    nora.evaluate("localStorage.setItem('draft:comment:x', 'half'); sessionStorage.setItem('mine', '1')")
    mark = f"{time.time():.0f}"
    line.cut()
    say(nora, f"one {mark}")
    say(nora, f"two {mark}")
    waits(nora, f"two {mark}")
    log_out(nora)
    dialog = nora.get_by_role("dialog", name="2 messages are not sent yet")
    expect(dialog).to_contain_text(f"one {mark}")
    shoot(nora, "log-out")
    nora.set_viewport_size({"width": 1440, "height": 1000})
    dialog.get_by_role("button", name="Keep writing").click()
    expect(dialog).to_have_count(0)
    waits(nora, f"two {mark}")

    # They go out first.
    log_out(nora)
    line.mend()
    dialog.get_by_role("button", name="Send now").click()
    expect(nora.get_by_role("link", name="Log in").first).to_be_visible(timeout=SLOW)
    tam = at(enter, "tam", address)
    for words in (f"one {mark}", f"two {mark}"):
        expect(bubble(tam, words)).to_have_count(1)
    nora.wait_for_function("() => !localStorage.length && !sessionStorage.length")
    nora.wait_for_function("() => indexedDB.databases().then((all) => !all.length)")

    # Or they go for good.
    log_in(nora, "nora")
    nora.goto(address)
    line.cut()
    say(nora, f"never {mark}")
    waits(nora, f"never {mark}")
    nora.goto("about:blank")
    nora.context.route("**/api/v1/conversations/*/messages", lambda route: route.abort())
    nora.context.route_web_socket(re.compile("/ws/"), lambda near: near.close())
    line.mend()
    nora.goto(address)
    waits(nora, f"never {mark}")
    log_out(nora)
    nora.get_by_role("dialog").get_by_role("button", name="Log out and delete them").click()
    expect(nora.get_by_role("link", name="Log in").first).to_be_visible()
    nora.wait_for_function("() => indexedDB.databases().then((all) => !all.length)")
    nora.context.unroute_all()
    log_in(nora, "nora")
    nora.goto(address)
    expect(nora.get_by_label("Message", exact=True)).to_be_visible()
    nora.wait_for_timeout(1000)
    expect(bubble(nora, f"never {mark}")).to_have_count(0)
    assert nora.evaluate("() => caches.keys().then((names) => names.length)") == 1, "the shell came anew"


def test_where_the_header_is_not_known_the_next_page_empties_the_browser(
    enter: Enter, address: str, village: Village
) -> None:
    village.states.pop("nora", None)
    nora = enter()
    log_in(nora, "nora")
    nora.goto(address)
    nora.evaluate("localStorage.setItem('draft:comment:x', 'half')")
    nora.evaluate(WORKER)

    def without(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        heads = {name: value for name, value in answer.headers.items() if name != "clear-site-data"}
        assert len(heads) < len(answer.headers)
        route.fulfill(response=answer, headers=heads)

    nora.route("**/logout/", without)
    log_out(nora)
    expect(nora.get_by_role("link", name="Log in").first).to_be_visible()
    nora.wait_for_function("() => !localStorage.length")
    nora.wait_for_function(
        "() => Promise.all([indexedDB.databases(), caches.keys()]).then(([a, b]) => !a.length && !b.length)"
    )


END = """
import json, sys
from accounts.models.people import User
from accounts.models.logins import Device
from accounts.actions import logins
member = User.objects.get(handle=json.loads(sys.stdin.read()))
for device in Device.objects.filter(user=member):
    logins.end_device(actor=member, device_id=device.pk)
"""


def test_a_login_that_ended_elsewhere_leaves_nothing_to_the_next_member(
    enter: Enter, address: str, line: Line, village: Village
) -> None:
    village.states.pop("nora", None)
    page = enter(proxy=line.proxy)
    page.watch.expect(*TORN, "answered 401", "answered 403", "status of 40")  # type: ignore[attr-defined]
    log_in(page, "nora")
    page.goto(address)
    mark = f"{time.time():.0f}"
    line.cut()
    say(page, f"from nora {mark}")
    waits(page, f"from nora {mark}")
    village.run(END, "nora")
    line.mend()
    page.evaluate(ONLINE)
    page.wait_for_url("**/login/**", timeout=SLOW)
    # Somebody else at the same browser neither sees nor sends it.
    log_in(page, "tam")
    page.goto(address)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    is_there(say(page, f"from tam {mark}").page, f"from tam {mark}")
    expect(bubble(page, f"from nora {mark}")).to_have_count(0)
    expect(page.locator("[data-connection]")).to_be_hidden()
    other = another_tab(page, address)
    line.cut()
    village.run(END, "tam")
    village.states.pop("tam", None)
    line.mend()
    page.reload()  # once a minute a page goes there by itself
    page.wait_for_url("**/login/**", timeout=SLOW)
    # She comes back, and it goes. A page that was left open is nobody's any more.
    log_in(page, "nora")
    # (It may have come back by itself before she did: then it asks who is there.)
    other.evaluate(ONLINE)
    other.wait_for_function(
        "(me) => location.pathname.includes('/login/') || document.body.dataset.me === me",
        arg=page.locator("body").get_attribute("data-me"),
    )
    page.goto(address)
    is_there(page, f"from nora {mark}")
    assert [words for words in words_of(page) if mark in words] == [f"from tam {mark}", f"from nora {mark}"]

"""What is written is never lost: offline, over a reload, in two tabs, when it is refused, and when one logs out."""

import json
import os
import re
import time

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from e2e.conftest import Enter
from e2e.lines import Line
from e2e.test_chat_line import begin, say, words_of
from e2e.test_first_life import FOLLOW
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]
TORN = (r"ERR_", "Failed to fetch", "WebSocket")
SLOW = 25_000  # ms for what waits until a page tries again
STORED = """() => new Promise((resolve, reject) => {
  const asked = indexedDB.open(`socialsite-${document.body.dataset.me}`);
  asked.onerror = () => reject(asked.error);
  asked.onsuccess = () => {
    const all = asked.result.transaction("outbox").objectStore("outbox").getAll();
    all.onsuccess = () => { asked.result.close(); resolve(all.result.map((item) => item.text)); };
  };
})"""
WORKER = "() => navigator.serviceWorker.ready.then(() => true)"  # from then on there is a page for the time offline


def conversation(enter: Enter, village: Village) -> str:
    """The address of that of Nora and Tâm, who know each other."""
    village.run(FOLLOW, ["tam", "nora"])
    page = enter("nora")
    found = begin(page, "tam")
    page.context.close()
    return found


@pytest.fixture
def address(enter: Enter, village: Village) -> str:
    return conversation(enter, village)


def at(enter: Enter, who: str, address: str, line: Line | None = None, **options: object) -> Page:
    page = enter(who, **({"proxy": line.proxy} if line else {}), **options)
    page.watch.expect(*TORN)  # type: ignore[attr-defined]
    page.goto(address)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    page.evaluate(WORKER)
    return page


SAY_AT_ONCE = """(all) => all.forEach((words) => {
  const box = document.querySelector("textarea[name=text]");
  box.value = words;
  box.form.requestSubmit();
})"""


def another_tab(page: Page, address: str) -> Page:
    tab = page.context.new_page()
    tab.goto(address)
    return tab


def bubble(page: Page, words: str) -> Locator:
    said = page.locator("[data-text]", has_text=re.compile(rf"^{re.escape(words)}$"))
    return page.locator("[data-thread] .msg", has=said)


def is_there(page: Page, words: str) -> None:
    ticks = bubble(page, words).locator("[data-tick=sent], [data-tick=read]").locator("visible=true")
    expect(ticks).to_have_count(1, timeout=SLOW)


def waits(page: Page, words: str) -> None:
    expect(bubble(page, words).locator("[data-tick=waiting]")).to_be_visible()


def shoot(page: Page, name: str) -> None:
    if pictures := os.environ.get("SHOTS"):
        for width, scheme in ((1440, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(300)
            page.screenshot(path=f"{pictures}/{name}-{width}.png")


def row(page: Page, name: str) -> Locator:
    return page.locator("[data-conv]", has_text=name)


def test_what_is_written_offline_stands_in_every_tab_and_goes_once(enter: Enter, address: str, line: Line) -> None:
    tam = at(enter, "tam", address)
    nora = at(enter, "nora", address, line)
    other, inbox = another_tab(nora, address), another_tab(nora, "/chat/")
    elsewhere = another_tab(nora, "/settings/")
    mark = f"{time.time():.0f}"
    is_there(say(nora, f"online {mark}").page, f"online {mark}")
    line.cut()
    said = [f"first {mark}", f"second {mark}", f"third {mark}"]
    say(nora, said[0])
    say(nora, said[1])
    waits(nora, said[1])
    waits(other, said[1])
    say(other, said[2])
    waits(nora, said[2])
    assert nora.evaluate(STORED) == said, "in the order of writing, whichever tab wrote it"
    expect(row(inbox, "Tâm").locator("[data-unsent]")).to_have_text(f"On its way: {said[2]}")
    for page in (nora, inbox):
        expect(page.locator("[data-connection]")).to_contain_text("3 messages wait to be sent.")
    shoot(nora, "offline")
    # Another conversation is not to be had now, and this page stays as it is.
    stranger = another_tab(nora, "about:blank")
    stranger.goto("/chat/new/")
    expect(stranger.get_by_role("heading", name="You are offline")).to_be_visible()
    stranger.close()
    assert [words for words in words_of(nora) if mark in words] == [f"online {mark}", *said]

    line.mend()
    for words in said:
        is_there(nora, words)
        is_there(other, words)
        expect(bubble(tam, words)).to_have_count(1)
    expect(row(inbox, "Tâm").locator("[data-unsent]")).to_have_count(0)
    expect(inbox.locator("[data-connection]")).to_be_hidden(timeout=SLOW)
    expect(elsewhere.locator("[data-connection]")).to_be_hidden(timeout=SLOW)
    assert nora.evaluate(STORED) == []
    for page in (nora, other, tam):
        assert [words for words in words_of(page) if mark in words] == [f"online {mark}", *said]
        page.reload()
        expect(bubble(page, said[2])).to_be_visible()
        assert [words for words in words_of(page) if mark in words] == [f"online {mark}", *said]


def test_what_waits_goes_from_any_page_after_all_others_were_closed(enter: Enter, address: str, line: Line) -> None:
    nora = at(enter, "nora", address, line)
    mark = f"{time.time():.0f}"
    line.cut()
    say(nora, f"kept {mark}")
    waits(nora, f"kept {mark}")
    # Back on the line, but the site does not take it yet: what waits is shown after a reload, and in a new tab.
    nora.context.route("**/api/v1/conversations/*/messages", lambda route: route.abort())
    nora.context.route_web_socket(re.compile("/ws/"), lambda near: near.close())
    nora.goto("about:blank")
    line.mend()
    nora.goto(address)
    waits(nora, f"kept {mark}")
    tab = another_tab(nora, address)
    waits(tab, f"kept {mark}")
    tab.close()
    nora.goto("about:blank")
    nora.context.unroute_all()
    nora.context.close()
    # That browser is gone, and what it kept with it. In another one a page without a chat sends what waits.
    page = at(enter, "nora", address, line)
    line.cut()
    say(page, f"later {mark}")
    waits(page, f"later {mark}")
    page.goto("/settings/")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    line.mend()
    page.goto("/settings/")
    tam = at(enter, "tam", address)
    expect(bubble(tam, f"later {mark}")).to_have_count(1, timeout=SLOW)
    expect(bubble(tam, f"kept {mark}")).to_have_count(0)


def test_an_earlier_release_left_something(enter: Enter, address: str) -> None:
    nora = at(enter, "nora", address)
    mark = f"{time.time():.0f}"
    me, conversation = nora.evaluate("document.body.dataset.me"), int(address.split("/")[2])
    for number in (1, 2):
        name = f"{number:08d}-0000-4000-8000-{int(mark):012d}"
        item = {"client_id": name, "conversation": conversation, "text": f"old {number} {mark}", "reply": None}
        left = json.dumps({**item, "at": 5 - number, "turn": number})
        nora.evaluate("([key, value]) => localStorage.setItem(key, value)", [f"outbox:{me}:{name}", left])
    nora.reload()
    is_there(nora, f"old 1 {mark}")
    is_there(nora, f"old 2 {mark}")
    assert [words for words in words_of(nora) if mark in words] == [f"old 2 {mark}", f"old 1 {mark}"]
    assert nora.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('outbox:'))") == []


def test_what_is_refused_keeps_its_words_and_can_be_sent_again(enter: Enter, address: str, line: Line) -> None:
    nora = at(enter, "nora", address, line)
    mark = f"{time.time():.0f}"
    nora.watch.expect("answered 409", "status of 409")  # type: ignore[attr-defined]

    def refuse(route: Route) -> None:
        words = {"status": 409, "detail": "Here admins write."}
        if "refused" in (route.request.post_data or ""):
            route.fulfill(status=409, content_type="application/problem+json", body=json.dumps(words))
        else:
            route.continue_()

    nora.context.route("**/api/v1/conversations/*/messages", refuse)
    nora.context.route_web_socket(re.compile("/ws/"), lambda near: near.close())
    nora.reload()
    say(nora, f"refused {mark}")
    say(nora, f"fine {mark}")
    is_there(nora, f"fine {mark}")  # one that is refused holds up nobody
    failed = bubble(nora, f"refused {mark}")
    expect(failed).to_contain_text("Not sent. Here admins write.")
    expect(nora.locator("[data-said]")).to_contain_text("Not sent. Here admins write.")
    inbox = another_tab(nora, "/chat/")
    expect(row(inbox, "Tâm").locator("[data-unsent]")).to_have_text(f"Not sent. refused {mark}")
    nora.reload()
    expect(failed).to_contain_text("Not sent. Here admins write.")
    shoot(nora, "refused")
    shoot(inbox, "refused-inbox")
    nora.context.unroute_all()
    failed.get_by_role("button", name="Try again").click()
    is_there(nora, f"refused {mark}")
    assert words_of(nora)[-2:] == [f"fine {mark}", f"refused {mark}"]
    expect(row(inbox, "Tâm").locator("[data-unsent]")).to_have_count(0)


def test_what_waits_for_long_can_be_taken_back(enter: Enter, address: str, line: Line) -> None:
    nora = at(enter, "nora", address, line)
    other = another_tab(nora, address)
    mark = f"{time.time():.0f}"
    line.cut()
    say(nora, f"oh no {mark}")
    waits(other, f"oh no {mark}")
    bubble(other, f"oh no {mark}").get_by_role("button", name="Remove").click(timeout=SLOW)
    for page in (nora, other):
        expect(bubble(page, f"oh no {mark}")).to_have_count(0)
    line.mend()
    say(nora, f"better {mark}")
    is_there(nora, f"better {mark}")
    assert [words for words in words_of(nora) if mark in words] == [f"better {mark}"]


def test_a_browser_that_keeps_nothing_says_so(enter: Enter, address: str, line: Line) -> None:
    nora = enter("nora", proxy=line.proxy)
    nora.watch.expect(*TORN)  # type: ignore[attr-defined]
    nora.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };")
    nora.goto(address)
    mark = f"{time.time():.0f}"
    say(nora, f"straight {mark}")
    is_there(nora, f"straight {mark}")
    line.cut()
    say(nora, f"loose {mark}")
    waits(nora, f"loose {mark}")
    expect(nora.locator("[data-connection]")).to_contain_text("leave this page open until it is sent")
    asked: list[str] = []
    nora.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    nora.get_by_label("Message", exact=True).click()
    nora.evaluate("location.reload()")
    nora.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    line.mend()
    is_there(nora, f"loose {mark}")


# -- Two devices ------------------------------------------------------------------------------------------------------


def test_devices_agree_about_drafts_what_is_read_and_starred(enter: Enter, address: str, line: Line) -> None:
    phone, desk, tam = (
        at(enter, "nora", address, line, width=390),
        at(enter, "nora", address),
        at(enter, "tam", address),
    )
    mark = f"{time.time():.0f}"
    field = phone.get_by_label("Message", exact=True)
    field.fill(f"begun {mark}")
    expect(desk.get_by_label("Message", exact=True)).to_have_value(f"begun {mark}")
    # Sent from a tunnel: the other device keeps what was begun, until it is there.
    line.cut()
    field.press("End")
    phone.get_by_role("button", name="Send").click()
    waits(phone, f"begun {mark}")
    line.mend()
    is_there(phone, f"begun {mark}")
    expect(bubble(desk, f"begun {mark}")).to_have_count(1)
    expect(desk.get_by_label("Message", exact=True)).to_have_value("", timeout=SLOW)
    desk.reload()
    expect(desk.get_by_label("Message", exact=True)).to_have_value("")

    inbox = enter("nora")
    inbox.goto("/chat/")
    desk.goto("/settings/")
    phone.goto("/settings/")
    say(tam, f"news {mark}")
    expect(row(inbox, "Tâm").locator(".count")).to_be_visible()
    phone.goto(address)
    expect(row(inbox, "Tâm").locator(".count")).to_have_count(0)
    desk.goto(address)
    link = bubble(phone, f"news {mark}").get_by_role("link", name="What to do with this message")
    link.focus()
    link.press("Enter")
    phone.get_by_role("dialog").get_by_role("button", name="Star it").click()
    for page in (phone, desk):
        expect(bubble(page, f"news {mark}").get_by_role("img", name="Starred")).to_be_visible()


def test_a_screen_reader_hears_each_message_once(enter: Enter, address: str) -> None:
    nora, tam = at(enter, "nora", address), at(enter, "tam", address)
    mark = f"{time.time():.0f}"
    nora.evaluate(
        """() => {
          window.heard = [];
          const region = document.querySelector("[data-said]");
          new MutationObserver((all) => all.forEach(({ addedNodes }) =>
            addedNodes.forEach((node) => window.heard.push(node.textContent)))).observe(region, { childList: true });
        }"""
    )
    expect(nora.get_by_role("log")).to_have_attribute("aria-live", "off")
    say(nora, f"mine {mark}")
    is_there(nora, f"mine {mark}")
    say(tam, f"theirs {mark}")
    nora.wait_for_function("() => window.heard.length")
    nora.wait_for_timeout(1500)
    assert nora.evaluate("window.heard") == [f"Tâm Nguyễn: theirs {mark}"]
    tam.evaluate(SAY_AT_ONCE, [f"many {number} {mark}" for number in range(6)])
    expect(bubble(nora, f"many 5 {mark}")).to_be_visible()
    nora.wait_for_timeout(1500)
    heard = nora.evaluate("window.heard")
    assert len(heard) < 6, heard
    assert all(re.fullmatch(r"\d new messages|Tâm Nguyễn: (theirs|many \d) \d+", words) for words in heard), heard

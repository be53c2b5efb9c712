"""A conversation over a line that is good, bad, and gone."""

import json
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, assert_live, seconds_until
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]


# ms; read marks are gathered: the first is shown at once, the next after two seconds.
MARKS_REST = 2200


@pytest.fixture(autouse=True)
def _acquainted(village: Village) -> None:
    """Who does not know the other is asked first; these two know each other."""
    village.run(FOLLOW, ["tam", "nora"])


class Line:
    """The socket of one page, in the test's hand: it can be cut, swallow what the server says, and be too busy once for
    what is named in `busy`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.is_cut = False
        self.is_deaf = False
        self.busy: set[str] = set()
        self.open: list[tuple[WebSocketRoute, WebSocketRoute]] = []
        page.route_web_socket(re.compile(r"/ws/"), self.connect)

    def connect(self, near: WebSocketRoute) -> None:
        if self.is_cut:
            near.close()
            return
        far = near.connect_to_server()
        near.on_message(lambda frame: self.ask(near, far, frame))
        far.on_message(lambda frame: None if self.is_deaf else near.send(frame))
        self.open.append((near, far))

    def ask(self, near: WebSocketRoute, far: WebSocketRoute, frame: str | bytes) -> None:
        asked = json.loads(frame)
        if asked["type"] not in self.busy:
            far.send(frame)
            return
        self.busy.remove(asked["type"])
        busy = {"status": 503, "code": "busy", "detail": "The site is very busy.", "retry_after": 1}
        near.send(json.dumps({"type": "error", "re": asked["id"], **busy}))

    def cut(self) -> None:
        self.is_cut = True
        self.page.context.set_offline(True)
        for near, far in self.open:
            near.close()
            far.close()
        self.open.clear()

    def mend(self) -> None:
        self.is_cut = self.is_deaf = False
        self.page.context.set_offline(False)


def say(page: Page, words: str) -> Locator:
    """Sends a message and answers its bubble."""
    field = page.get_by_label("Message", exact=True)
    field.fill(words)
    field.press("Enter")
    return bubble(page, words)


def bubble(page: Page, words: str) -> Locator:
    return page.locator("[data-thread] .msg", has=page.get_by_text(words, exact=True))


def begin(page: Page, handle: str) -> str:
    """The first message of all, from the other's profile; the address of the conversation."""
    page.goto(f"/@{handle}/")
    page.get_by_role("link", name="Message").click()
    page.wait_for_url(re.compile(r"/chat/"))
    if "/with/" in page.url:
        page.get_by_label("Message", exact=True).fill("Hello!")
        page.get_by_role("button", name="Send").click()  # Enter sends only once the scripts have come
        page.wait_for_url(re.compile(r"/chat/\d+/"))
    return re.search(r"/chat/\d+/", page.url).group()  # type: ignore[union-attr]


def on_a_line(enter: Enter) -> tuple[Page, Page, Line, str]:
    """Two in their conversation, the line of the second, and what marks this test's words."""
    nora, tam = enter("nora"), enter("tam")
    tam.watch.expect("ERR_INTERNET_DISCONNECTED", "Failed to fetch", "WebSocket")
    line = Line(tam)
    address = begin(nora, "tam")
    for page in (nora, tam):
        page.goto(address)
    return nora, tam, line, f"{time.time():.0f}"


def words_of(page: Page) -> list[str]:
    return page.locator("[data-thread] .msg [data-text]").all_inner_texts()


def test_messages_ticks_and_the_inbox_are_live(enter: Enter) -> None:
    nora, tam, inbox = enter("nora"), enter("tam", width=390), enter("tam")
    address = begin(nora, "tam")
    inbox.goto("/chat/")
    row = inbox.locator("[data-conv]", has_text="Nora Lind")
    expect(row).to_be_visible()
    assert_live([seconds_until(lambda w=w: say(nora, w), row.get_by_text(w)) for w in ("One.", "Two.", "Three.")])
    expect(row.locator(".count")).to_be_visible()

    mine = bubble(nora, "Three.")
    expect(mine.locator("[data-tick=sent]")).to_be_visible()
    # The other opens the conversation: what they have seen is ticked as read, without anybody reloading.
    tam.goto(address)
    expect(bubble(tam, "Three.")).to_be_visible()
    expect(mine.locator("[data-tick=read]")).to_be_visible()
    expect(row.locator(".count")).to_have_count(0)

    tries = [seconds_until(lambda w=w: say(tam, w), bubble(nora, w)) for w in ("Here!", "Already.", "Where are you?")]
    assert_live(tries)

    def readings() -> Iterator[float]:
        for words in ("On the bridge.", "By the lamp.", "With a hat."):
            nora.wait_for_timeout(MARKS_REST)
            yield seconds_until(lambda w=words: say(nora, w), bubble(nora, words).locator("[data-tick=read]"))

    assert_live(readings())
    nora.wait_for_timeout(MARKS_REST)  # that one types is said every other second
    nora.get_by_label("Message", exact=True).press_sequentially("I can s", delay=30)
    expect(tam.locator("[data-typing]")).to_be_visible()


def test_what_was_missed_comes_once_and_what_was_written_offline_goes_once(enter: Enter) -> None:
    nora, tam, line, mark = on_a_line(enter)
    say(nora, f"before {mark}")
    expect(bubble(tam, f"before {mark}")).to_be_visible()

    line.cut()
    for number in range(5):
        say(nora, f"missed {number} {mark}")
    expect(bubble(nora, f"missed 4 {mark}").locator("[data-tick=sent]")).to_be_visible()
    mine = say(tam, f"from the tunnel {mark}")
    expect(mine.locator("[data-tick=waiting]")).to_be_visible()
    expect(tam.locator("[data-connection]")).to_be_visible()
    expect(bubble(nora, f"from the tunnel {mark}")).to_have_count(0)

    line.mend()
    expect(bubble(tam, f"missed 4 {mark}")).to_be_visible(timeout=20_000)
    expect(mine.locator("[data-tick=read]")).to_be_visible(timeout=20_000)
    expect(tam.locator("[data-connection]")).to_be_hidden()
    say(nora, f"after {mark}")
    expect(bubble(tam, f"after {mark}")).to_be_visible()

    wanted = [f"before {mark}", *(f"missed {n} {mark}" for n in range(5)), f"from the tunnel {mark}", f"after {mark}"]
    for page in (tam, nora):
        assert [words for words in words_of(page) if mark in words] == wanted
        page.reload()
        expect(bubble(page, f"after {mark}")).to_be_visible()
        assert [words for words in words_of(page) if mark in words] == wanted, "the same from the server"


def test_where_the_site_is_too_busy_to_say_what_was_missed_the_page_asks_again(enter: Enter) -> None:
    nora, tam, line, mark = on_a_line(enter)
    say(nora, f"before {mark}")
    expect(bubble(tam, f"before {mark}")).to_be_visible()
    line.cut()
    expect(say(nora, f"missed {mark}").locator("[data-tick=sent]")).to_be_visible()
    line.busy = {"chat.catch_up", "chat.own_since"}
    line.mend()
    expect(bubble(tam, f"missed {mark}")).to_be_visible(timeout=20_000)
    assert not line.busy


def test_a_lost_acknowledgement_makes_no_second_message(enter: Enter) -> None:
    nora, tam, line, mark = on_a_line(enter)
    expect(say(tam, f"warm-up {mark}").locator("[data-tick=read]")).to_be_visible()

    line.is_deaf = True
    mine = say(tam, f"once only {mark}")
    expect(bubble(nora, f"once only {mark}")).to_be_visible()
    expect(mine.locator("[data-tick=waiting]")).to_be_visible()
    line.cut()
    line.mend()
    expect(mine.locator("[data-tick=sent], [data-tick=read]").locator("visible=true")).to_have_count(1, timeout=20_000)
    say(nora, f"heard {mark}")
    expect(bubble(tam, f"heard {mark}")).to_be_visible()
    for page in (tam, nora):
        assert words_of(page).count(f"once only {mark}") == 1


def test_what_waits_survives_a_reload(enter: Enter, village: Village) -> None:
    nora, tam, line, mark = on_a_line(enter)
    expect(say(tam, f"first {mark}").locator("[data-tick=read]")).to_be_visible()
    line.cut()
    expect(say(tam, f"kept {mark}").locator("[data-tick=waiting]")).to_be_visible()
    line.page.context.set_offline(False)
    tam.route("**/api/v1/**", lambda route: route.abort())
    tam.watch.expect("ERR_FAILED")
    tam.reload()
    expect(bubble(tam, f"kept {mark}").locator("[data-tick=waiting]")).to_be_visible()
    tam.unroute("**/api/v1/**")
    line.mend()
    expect(bubble(tam, f"kept {mark}").locator("[data-tick=read]")).to_be_visible(timeout=20_000)
    assert words_of(nora).count(f"kept {mark}") == 1

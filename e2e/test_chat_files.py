"""Pictures, files and voices in a conversation: sent by one, seen and heard by the other; on the phone and at a
desk."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from e2e import axe, pictures
from e2e.conftest import Enter
from e2e.test_chat_line import begin, say
from e2e.test_first_life import FOLLOW
from e2e.test_no_script import plain
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]
WIDTHS = pytest.mark.parametrize("width", [390, 1440])
GOING = "[data-picks] > .going"
READY = 60_000  # milliseconds; the machine may be busy
FAKES = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="module")
def browser(playwright: Playwright, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """With a microphone in which a machine beeps."""
    options = {**browser_type_launch_args, "args": [*browser_type_launch_args.get("args", []), *FAKES]}
    made = playwright.chromium.launch(**options)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _acquainted(village: Village) -> None:
    village.run(FOLLOW, ["tam", "nora"])


def photo(name: str) -> Any:
    return {"name": name, "mimeType": "image/jpeg", "buffer": pictures.photo()}


def paper(name: str = "plan of the garden.pdf", words: bytes = b"%PDF-1.4 <script>alert(1)</script>") -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": words}


def both(enter: Enter, width: int, scheme: str = "light") -> tuple[Page, Page]:
    nora, tam = enter("nora", width=width, scheme=scheme, permissions=["microphone"]), enter("tam", width=width)
    tam.goto(begin(nora, "tam"))
    accept = tam.get_by_role("button", name="Accept")
    if accept.is_visible():
        accept.click()
    say(tam, f"hello {width}")
    expect(nora.get_by_text(f"hello {width}").last).to_be_visible()
    nora.reload()
    return nora, tam


def pick(page: Page, *files: Any) -> None:
    page.locator("[data-compose] [data-files]").set_input_files(list(files))


def last(page: Page) -> Locator:
    return page.locator("[data-thread] .msg").last


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.wait_for_timeout(400)
        page.screenshot(path=f"{folder}/{name}.png")


@WIDTHS
def test_pictures_and_files_with_words(enter: Enter, width: int) -> None:
    nora, tam = both(enter, width)
    pick(nora, *(photo(f"{at}.jpg") for at in range(3)), paper())
    expect(nora.locator(GOING)).to_have_count(4)
    nora.get_by_role("button", name="Take it away").first.click()
    expect(nora.locator(GOING)).to_have_count(3)
    nora.get_by_label("Message", exact=True).fill("from the garden")
    shoot(nora, f"picked-{width}")
    nora.get_by_role("button", name="Send", exact=True).click()  # waits for what is on its way
    for page in (nora, tam):
        expect(last(page).locator(".shot img")).to_have_count(2, timeout=READY)
        expect(last(page)).to_contain_text("from the garden")
        expect(last(page).get_by_role("link", name="plan of the garden.pdf")).to_be_visible()
    expect(nora.locator(GOING)).to_have_count(0)
    shoot(nora, f"sent-{width}")
    assert axe.violations(nora) == []

    with tam.expect_download() as kept:
        last(tam).get_by_role("link", name="plan of the garden.pdf").click()
    assert kept.value.suggested_filename == "plan of the garden.pdf"

    last(tam).get_by_role("link", name="Picture 1 of 3").click()
    dialog = tam.get_by_role("dialog", name="Picture")
    expect(dialog.get_by_role("img")).to_be_visible()
    shoot(tam, f"large-{width}")
    assert axe.violations(tam) == []
    tam.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("img")).to_have_attribute("alt", "Picture 2 of 3")
    tam.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@WIDTHS
def test_a_voice_is_recorded_heard_and_sent(enter: Enter, width: int) -> None:
    nora, tam = both(enter, width)
    nora.get_by_label("Message", exact=True).fill("half a sentence")
    nora.get_by_role("button", name="Record a voice message").click()
    nora.wait_for_timeout(2500)
    expect(nora.locator("[data-record-clock]")).to_have_text("0:02")
    shoot(nora, f"recording-{width}")
    nora.get_by_role("button", name="Stop").click()
    expect(nora.get_by_label("Your recording")).to_be_visible()
    shoot(nora, f"recorded-{width}")
    assert axe.violations(nora) == []
    nora.get_by_role("button", name="Send the voice message").click()
    for page in (nora, tam):
        expect(last(page).locator("audio")).to_be_visible(timeout=READY)
    shoot(tam, f"voice-{width}")
    expect(nora.get_by_label("Message", exact=True)).to_have_value("half a sentence")
    audio = last(tam).locator("audio")
    audio.evaluate("audio => { audio.muted = true; return audio.play(); }")
    tam.wait_for_function("audio => audio.currentTime > 0.2", arg=audio.element_handle())
    assert axe.violations(tam) == []

    nora.get_by_role("button", name="Record a voice message").click()
    nora.get_by_role("button", name="Throw it away").click()
    expect(nora.get_by_label("Message", exact=True)).to_be_visible()
    if width > 1000:
        expect(tam.locator("[data-conv][aria-current] [data-last]")).to_contain_text("Voice message · 0:0")


def test_a_closed_microphone_is_said_kindly(enter: Enter) -> None:
    nora, _tam = both(enter, 390)
    nora.evaluate(
        """() => { navigator.mediaDevices.getUserMedia =
        async () => { throw new DOMException("", "NotAllowedError"); }; }"""
    )
    nora.get_by_role("button", name="Record a voice message").click()
    expect(nora.get_by_text("The browser keeps the microphone closed")).to_be_visible()
    expect(nora.get_by_label("Message", exact=True)).to_be_visible()


def test_dropped_and_pasted(enter: Enter) -> None:
    nora, tam = both(enter, 1440)
    carry = """([words, name]) => { const all = new DataTransfer();
        all.items.add(new File([words], name, { type: "text/plain" })); return all; }"""
    dropped = nora.evaluate_handle(carry, ["leeks, two", "list.txt"])
    nora.dispatch_event(".thread", "drop", {"dataTransfer": dropped})
    expect(nora.locator(GOING)).to_contain_text("list.txt")
    nora.evaluate(
        """() => { const all = new DataTransfer(); all.items.add(new File(["x"], "note.txt", { type: "text/plain" }));
        document.querySelector("[data-compose] textarea").dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: all, bubbles: true, cancelable: true })); }"""
    )
    expect(nora.locator(GOING)).to_have_count(2)
    nora.get_by_role("button", name="Send", exact=True).click()
    expect(last(tam).locator(".filecard")).to_have_count(2, timeout=READY)


def test_what_fails_says_so_and_can_be_taken_away(enter: Enter) -> None:
    nora, tam = both(enter, 390)
    pick(nora, {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": pictures.photo()[:2000]})
    pick_ = nora.locator(GOING)
    expect(pick_.locator("[data-pick-error]")).to_contain_text("damaged", timeout=READY)
    shoot(nora, "failed-390")
    nora.get_by_label("Message", exact=True).fill("words stay")
    nora.get_by_role("button", name="Send", exact=True).click()
    expect(nora.get_by_text("One file did not arrive.")).to_be_visible()
    expect(nora.get_by_label("Message", exact=True)).to_have_value("words stay")
    pick_.get_by_role("button", name="Take it away").click()
    nora.get_by_role("button", name="Send", exact=True).click()
    expect(last(tam)).to_contain_text("words stay")


@WIDTHS
def test_all_files_of_a_conversation(enter: Enter, width: int) -> None:
    nora, _tam = both(enter, width, scheme="dark")
    pick(nora, photo("one.jpg"), paper("old map.txt", b"here be leeks"))
    nora.get_by_role("button", name="Send", exact=True).click()
    expect(last(nora).locator(".shot img")).to_have_count(1, timeout=READY)
    shoot(nora, f"dark-{width}")
    nora.goto(nora.url.partition("#")[0].partition("?")[0] + "files/")
    expect(nora.get_by_role("main").locator(".shot").first).to_be_visible()
    shoot(nora, f"files-{width}")
    assert axe.violations(nora) == []
    nora.get_by_role("link", name="Files", exact=True).last.click()
    expect(nora.get_by_role("link", name="old map.txt").first).to_be_visible()
    assert axe.violations(nora) == []
    shoot(nora, f"files-file-{width}")


def test_without_script(enter: Enter, village: Village) -> None:
    nora = plain(enter, "nora")
    nora.goto("/chat/with/tam/")
    pick(nora, photo("plain.jpg"))
    nora.get_by_label("Message", exact=True).fill("by a plain form")
    nora.get_by_role("button", name="Send", exact=True).click()
    expect(nora.get_by_text("by a plain form").last).to_be_visible()
    expect(last(nora).locator(".shot img")).to_have_count(1)
    shoot(nora, "plain")
    nora.watch.expect("422")  # type: ignore[attr-defined]
    pick(nora, paper())
    nora.get_by_role("button", name="Send", exact=True).click()
    expect(nora.get_by_text("One moment, please.")).to_be_visible()
    expect(nora.locator(".going.kept")).to_contain_text("plan of the garden.pdf")
    shoot(nora, "plain-kept")
    nora.wait_for_timeout(3000)
    nora.get_by_role("button", name="Send", exact=True).click()
    expect(last(nora).get_by_role("link", name="plan of the garden.pdf")).to_be_visible()


@WIDTHS
def test_a_picture_is_described_before_it_is_sent_and_afterwards(enter: Enter, width: int) -> None:
    nora, tam = both(enter, width)
    pick(nora, photo("cat.jpg"), paper())
    expect(nora.get_by_role("button", name="Describe this picture")).to_have_count(1, timeout=READY)
    nora.get_by_role("button", name="Describe this picture").click()
    dialog = nora.get_by_role("dialog", name="Describe the picture")
    dialog.get_by_label("What does it show?").fill("A cat on the wall")
    shoot(nora, f"alt-{width}")
    assert axe.violations(nora) == []
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    shoot(nora, f"alt-said-{width}")
    nora.get_by_role("button", name="Send", exact=True).click()
    for page in (nora, tam):
        expect(last(page).get_by_role("img", name="A cat on the wall")).to_be_visible(timeout=READY)
    last(nora).get_by_role("link", name="What to do with this message").click()
    options = nora.get_by_role("dialog")
    options.get_by_label("What does it show?").fill("Our cat on the garden wall")
    shoot(nora, f"alt-later-{width}")
    options.locator("form", has=nora.get_by_label("What does it show?")).get_by_role("button", name="Save").click()
    for page in (nora, tam):
        expect(last(page).get_by_role("img", name="Our cat on the garden wall")).to_be_visible(timeout=READY)


def test_a_voice_answers_and_what_is_thrown_away_is_sent_no_further(enter: Enter) -> None:
    nora, tam = both(enter, 1440)
    say(tam, "how does it sound?")
    line = nora.locator("[data-thread] .msg", has_text="how does it sound?")
    line.get_by_role("link", name="What to do with this message").click()
    nora.get_by_role("dialog").get_by_role("link", name="Answer").click()
    gone = []
    nora.on("request", lambda one: gone.append(one.url) if one.method == "DELETE" else None)
    nora.route("**/media/slots/**", lambda _route: None)  # the part stays on its way
    nora.get_by_role("button", name="Record a voice message").click()
    nora.wait_for_timeout(1200)
    nora.get_by_role("button", name="Stop").click()
    with nora.expect_request(lambda one: "/media/slots/" in one.url):
        nora.get_by_role("button", name="Send the voice message").click()
    with nora.expect_response(lambda one: one.request.method == "DELETE") as answered:
        nora.get_by_role("button", name="Throw it away").click()
    assert answered.value.status == 204
    assert "/api/v1/uploads/slots/" in gone[0]
    nora.unroute("**/media/slots/**")
    expect(nora.get_by_text("Answer to")).to_be_visible()

    nora.get_by_role("button", name="Record a voice message").click()
    nora.wait_for_timeout(1200)
    nora.get_by_role("button", name="Stop").click()
    nora.get_by_role("button", name="Send the voice message").click()
    for page in (nora, tam):
        expect(last(page).locator("audio")).to_be_visible(timeout=READY)
        expect(last(page).locator(".cite")).to_contain_text("how does it sound?")
    expect(nora.get_by_text("Answer to")).to_be_hidden()
    assert len(gone) == 1, "what was sent is not taken away"


def test_the_first_message_of_all_carries_a_picture(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["ida", "ben"])
    ben, ida = enter("ben", width=390), enter("ida")
    ben.goto("/chat/with/ida/")
    pick(ben, photo("pond.jpg"))
    ben.get_by_role("button", name="Send", exact=True).click()
    ben.wait_for_url(re.compile(r"/chat/\d+/"), timeout=READY)
    expect(last(ben).locator(".shot img")).to_be_visible(timeout=READY)
    ida.goto(ben.url)
    expect(last(ida).locator(".shot img")).to_be_visible()
    ben.goto("/chat/with/leo/")
    expect(ben.get_by_text("Until they have answered, send words alone.")).to_be_visible()
    shoot(ben, "words-alone-390")
    assert axe.violations(ben) == []


MODERATES = """
import json, sys
from accounts.actions import roles
roles.set_role(actor=None, handle=json.load(sys.stdin), role="moderator")
"""


@WIDTHS
def test_a_reported_picture_is_looked_at_by_who_judges_it(enter: Enter, village: Village, width: int) -> None:
    nora, tam = both(enter, width)
    pick(nora, photo("rude.jpg"), paper())
    nora.get_by_role("button", name="Send", exact=True).click()
    expect(last(tam).locator(".shot img")).to_have_count(1, timeout=READY)
    last(tam).get_by_role("link", name="What to do with this message").click()
    tam.get_by_role("dialog").get_by_role("link", name="Report").click()
    expect(tam.get_by_role("heading", name="Report this message")).to_be_visible()
    tam.get_by_label("It is spam, or a scam").check()
    tam.get_by_role("button", name="Send the report").click()
    expect(tam.get_by_text("A moderator will look at it.")).to_be_visible()

    village.run(MODERATES, "mira")
    mira = enter("mira", width=width)
    mira.goto("/site/reports/")
    row = mira.locator("#reports > li").last
    row.get_by_text("Show the 2 files it carries").click()
    expect(row.locator(".shot img")).to_be_visible()
    shoot(mira, f"evidence-{width}")
    assert axe.violations(mira) == []
    with mira.expect_download() as kept:
        row.get_by_role("link", name="plan of the garden.pdf").click()
    assert kept.value.suggested_filename == "plan of the garden.pdf"
    row.get_by_role("link", name="Picture 1 of 2").click()
    expect(mira.get_by_role("dialog", name="Picture").get_by_role("img")).to_be_visible()
    mira.keyboard.press("Escape")
    row.get_by_role("button", name="Looked at: close").click()
    expect(mira.get_by_text("plan of the garden.pdf")).to_have_count(0)

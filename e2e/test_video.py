"""A video with two people watching: sent, prepared, posted, played, with captions; on the phone and at a desk."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, card_of
from e2e.test_no_script import plain
from e2e.village import Village
from e2e.watch import until_online
from uploads.tests import films

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]

VTT = "WEBVTT\n\n00:00.000 --> 00:02.000\nA red and a blue half\n"
READY = 60_000  # milliseconds; the machine may be busy
FRAME = "video => ({ ready: video.readyState, wide: video.videoWidth, at: video.currentTime, off: video.paused })"


def film(folder: Path, **options: object) -> Path:
    path = folder / "walk.mp4"
    path.write_bytes(films.made(seconds=3, size=(640, 360), **options).getvalue())  # type: ignore[arg-type]
    return path


def post_film(page: Page, path: Path, words: str) -> None:
    page.get_by_label("Your post", exact=True).fill(words)
    page.locator("[data-composer] [data-files]").set_input_files(path)
    bar = page.locator("[data-picks] progress")
    expect(bar).to_be_visible()
    page.get_by_role("button", name="Post", exact=True).click()  # waits for it by itself
    expect(card_of(page, words)).to_be_visible(timeout=READY)


def play(page: Page, words: str) -> dict[str, float]:
    """By keyboard; what the player then says."""
    video = card_of(page, words).locator("video")
    video.focus()
    page.keyboard.press("Space")
    page.wait_for_function("video => video.currentTime > 0.2", arg=video.element_handle())
    told: dict[str, float] = video.evaluate(FRAME)
    return told


def test_two_people_watch_a_video(enter: Enter, village: Village, tmp_path: Path) -> None:
    village.run(FOLLOW, ["leo", "pia"])
    pia, leo = enter("pia", width=390), enter("leo")
    for page in (pia, leo):
        page.goto("/")
        until_online(page)
    post_film(pia, film(tmp_path), "Down to the river")

    leo.get_by_role("button", name="1 new post").click()
    video = card_of(leo, "Down to the river").locator("video")
    expect(video).to_be_visible()
    assert video.evaluate(FRAME) == {"ready": 0, "wide": 0, "at": 0, "off": True}, "nothing plays or loads unasked"
    for page in (pia, leo):
        told = play(page, "Down to the river")
        assert told["wide"] == 640
        box = card_of(page, "Down to the river").locator("video").bounding_box()
        assert box is not None
        assert abs(box["width"] / box["height"] - 640 / 360) < 0.05, "as large as it was before it came"

    card = card_of(pia, "Down to the river")
    card.get_by_role("button", name="More about this post").click()
    card.get_by_role("link", name="Captions").click()
    pia.get_by_label("Language").select_option("en")
    pia.watch.expect("422")  # type: ignore[attr-defined]
    words = tmp_path / "walk.vtt"
    words.write_text("nothing of the kind")
    pia.get_by_label("WebVTT file").set_input_files(words)
    pia.get_by_role("button", name="Save").click()
    expect(pia.get_by_text("This is not a WebVTT file")).to_be_visible()
    words.write_text(VTT)
    pia.get_by_label("WebVTT file").set_input_files(words)
    pia.get_by_role("button", name="Save").click()
    expect(pia.get_by_role("link", name="English")).to_be_visible()

    leo.reload()
    video = card_of(leo, "Down to the river").locator("video")
    video.evaluate("video => (video.textTracks[0].mode = 'showing')")
    read = "video => video.textTracks[0].cues?.[0]?.text"
    leo.wait_for_function(f"video => ({read})(video)", arg=video.element_handle())
    assert video.evaluate(read) == "A red and a blue half"


def test_pictures_or_one_video_and_what_is_wrong_is_said(enter: Enter, tmp_path: Path) -> None:
    page = enter("ben")
    page.goto("/")
    files = page.locator("[data-composer] [data-files]")
    path = film(tmp_path)
    files.set_input_files([path, path])
    expect(page.get_by_text("A post shows pictures, or one video or sound.").first).to_be_visible()
    expect(page.locator("[data-picks] > *")).to_have_count(1)
    expect(page.locator("[data-picks] [data-pick-alt]")).to_be_visible(timeout=READY)
    page.get_by_role("button", name="Take this picture away").click()
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(path.read_bytes()[:2000])
    files.set_input_files(broken)
    expect(page.get_by_text("This file is damaged").first).to_be_visible(timeout=READY)


@pytest.mark.timeout(300)
def test_a_video_without_script(enter: Enter, tmp_path: Path) -> None:
    """The form says how far it is, and keeps everything until it can be posted."""
    page = plain(enter, "ida")
    page.watch.expect("422")  # type: ignore[attr-defined]
    page.goto("/compose/")
    page.get_by_label("Your post", exact=True).fill("Plainly moving")
    page.locator("#composer-files").set_input_files(film(tmp_path))
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_text("still being prepared").first).to_be_visible()
    for _turn in range(80):  # beside others that prepare films
        page.wait_for_timeout(1000)
        page.get_by_role("button", name="Post", exact=True).click()
        if page.locator("article.post").count():
            break
    card = card_of(page, "Plainly moving")
    expect(card.locator("video[controls]")).to_be_visible()

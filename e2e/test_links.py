"""The card of a link, with two people watching; and what its author decides about it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core.tests.webs import Web, reply
from e2e import pictures
from e2e.conftest import Enter, first_login
from e2e.test_first_life import FOLLOW, card_of, wait_until_watched, write_post
from e2e.test_no_script import plain
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

# As if a worker had been there.
FETCHED = """
import hashlib, json, sys
from datetime import timedelta
from django.utils import timezone
from uploads.models import LinkPreview
url, now = json.load(sys.stdin), timezone.now()
LinkPreview.objects.create(url=url, digest=hashlib.sha256(url.encode()).hexdigest(), state="ready", due_at=None,
    title="The <b>path</b>", description="Along the river.", fetched_at=now, expires_at=now + timedelta(days=7))
"""
URL = "https://path.willowbank.example/"


def test_the_author_decides_and_open_pages_follow(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["iris", "mira"])
    village.run(FETCHED, URL)
    mira, iris = enter("mira", width=390), enter("iris")
    mira.goto("/")
    choice = mira.get_by_label("No card for the link")
    mira.get_by_label("Your post", exact=True).fill("No link yet")
    expect(choice).to_be_hidden()
    mira.get_by_label("Your post", exact=True).fill(f"Quietly: {URL}")
    choice.check()
    mira.get_by_role("button", name="Post", exact=True).click()
    card = card_of(mira, "Quietly")
    expect(card).to_be_visible()
    expect(card.locator("[data-preview]")).to_be_hidden()
    expect(choice).to_be_hidden()

    mira.reload()
    iris.goto("/")
    wait_until_watched(iris)
    link = card_of(iris, "Quietly").get_by_role("link", name="The <b>path</b>")
    expect(link).to_have_count(0)
    card.get_by_role("button", name="More about this post").click()
    card.get_by_role("button", name="Show a card for the link").click()
    expect(link).to_be_visible()  # nobody has touched this page
    expect(link).to_have_attribute("href", URL)
    expect(link).to_have_attribute("rel", "nofollow noopener ugc")
    card.get_by_role("button", name="More about this post").click()
    card.get_by_role("button", name="Take the link’s card away").click()
    expect(link).to_have_count(0)

    write_post(mira, f"Loudly: {URL}")
    expect(card_of(mira, "Loudly").get_by_role("link", name="The <b>path</b>")).to_be_visible()


def test_a_card_and_its_choice_without_script(enter: Enter, village: Village) -> None:
    page = plain(enter, "finn")
    page.goto("/compose/")
    page.get_by_label("Your post", exact=True).fill("Plain: https://plain.willowbank.example/ #Plain")
    page.get_by_label("No card for the link").check()
    page.get_by_role("button", name="Post", exact=True).click()
    card = card_of(page, "Plain")
    expect(card.get_by_role("link", name="#Plain")).to_have_attribute("href", "/tags/plain/")
    expect(card.locator("[data-preview]")).to_be_hidden()


class Linked(Village):
    """A site whose links may lead to one web server of ours."""

    web_port = 0

    @property
    def environment(self) -> dict[str, str]:
        more = {"DJANGO_SETTINGS_MODULE": "e2e.linked_settings", "WEB_PORT": str(self.web_port)}
        return super().environment | more


def test_a_worker_fetches_it_and_it_appears_where_people_are_reading(
    browser: Browser, settled: Callable[[], Path]
) -> None:
    web, site = Web(), Linked(settled())
    page = "<title>The lantern walk</title><meta property=og:image content=/lantern.jpg>"
    web.pages = {"/walk": reply(page), "/lantern.jpg": reply(pictures.photo(), "image/jpeg")}
    site.web_port = web.port
    try:
        site.start()
        site.run(FOLLOW, ["iris", "mira"])
        mira, iris = (
            browser.new_context(base_url=site.url, storage_state=first_login(browser, site, who)).new_page()
            for who in ("mira", "iris")
        )
        for reader in (mira, iris):
            reader.goto("/")
            reader.wait_for_timeout(500)
        write_post(mira, "Tonight: http://lanterns.example/walk")
        iris.get_by_role("button", name="1 new post").click()
        for reader in (mira, iris):
            link = card_of(reader, "Tonight").get_by_role("link", name="The lantern walk")
            expect(link).to_be_visible()  # nobody has touched this page
            expect(link.locator("img")).to_have_js_property("complete", True)
            assert link.locator("img").evaluate("one => one.naturalWidth") > 0
        assert [head.split()[1] for head in web.asked] == ["/walk", "/lantern.jpg"]
    finally:
        site.stop()
        web.stop()

"""The card of a link, with two people watching; and what its author decides about it."""

import pytest
from playwright.sync_api import expect

from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, card_of, wait_until_watched, write_post
from e2e.test_no_script import plain
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

# As if a worker had been there.
FETCHED = """
import hashlib, json, sys
from datetime import timedelta
from django.utils import timezone
from feed.models.previews import LinkPreview
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

"""The budgets of the home feed with 20 posts, as a browser counts them."""

import pytest
from playwright.sync_api import Browser

from e2e import pages
from e2e.pages import MEMBER
from e2e.village import Village
from e2e.weights import Weights

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120, func_only=True)]

KB = 1024
BUDGETS = {"html": 40 * KB, "css": 30 * KB, "scripts": 50 * KB}
PICTURE_LIMIT = 250 * KB
POSTS = 20


def test_the_home_feed_keeps_its_budgets(browser: Browser, demo: Village) -> None:
    known = pages.facts(demo)
    weights = Weights()
    with browser.new_context(
        base_url=demo.url, viewport={"width": 390, "height": 844}, device_scale_factor=2, service_workers="block"
    ) as context:
        context.add_cookies(pages.cookies(demo, known, MEMBER))
        page = context.new_page()
        weights.watch(page)
        page.goto("/")
        page.wait_for_load_state("networkidle")
        assert page.locator("[data-feed] > article[data-post]").count() == POSTS
        shown = page.locator("article img[srcset]").evaluate_all(
            "all => all.filter(one => one.complete && one.naturalWidth)"
            ".map(one => [one.currentSrc, one.naturalWidth, one.clientWidth * devicePixelRatio])"
        )
    print(dict(weights.by_kind))
    for kind, budget in BUDGETS.items():
        assert 0 < weights.by_kind[kind] <= budget, f"{kind}: {weights.by_kind[kind]} bytes\n" + "\n".join(
            weights.dearest(kind)
        )
    plain = [url for url, (kind, size) in weights.by_url.items() if kind in BUDGETS and not weights.encodings[url]]
    assert [url for url in plain if weights.by_url[url][1] > 2 * KB] == [], "text comes compressed"
    for url, (kind, size) in weights.by_url.items():
        assert kind != "pictures" or size <= PICTURE_LIMIT, f"{size} bytes for one picture: {url}"
    assert shown, "a feed with pictures"
    for source, natural, needed in shown:
        assert natural <= max(2.2 * needed, 660), f"{source} is {natural} px wide where {needed:.0f} are shown"

"""Lighthouse on the pages that people meet first, as a phone on a slow line sees them."""

import pytest
from playwright.sync_api import BrowserType

from e2e import lighthouse, node, pages
from e2e.pages import MEMBER, VISITOR
from e2e.village import Village

pytestmark = [pytest.mark.deep, pytest.mark.browser, pytest.mark.timeout(1200, func_only=True)]

LIMIT = 95


@pytest.mark.parametrize(
    ("path", "who"),
    [
        pytest.param("/", VISITOR, id="welcome"),
        pytest.param("/", MEMBER, id="home"),
        pytest.param("/posts/{pictures}/", VISITOR, id="post"),
        pytest.param("/@rosa/", MEMBER, id="profile"),
    ],
)
def test_every_category(
    demo: Village, browser_type: BrowserType, browser_type_launch_args: dict, path: str, who: str
) -> None:
    node.install()
    known = pages.facts(demo)
    report = lighthouse.measure(
        browser_type,
        browser_type_launch_args["executable_path"],
        demo.url + path.format(**known),
        pages.cookies(demo, known, who),
    )
    print(path, who, report.scores, report.facts)
    assert report.below(LIMIT) == []

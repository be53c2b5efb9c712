"""Files straight from the browser: into a bucket (Ceph's gateway), in parts, over a connection that breaks; under the
site's content security policy and the bucket's CORS."""

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from deploy import rgw
from e2e import pictures
from e2e.conftest import Enter
from e2e.test_first_life import card_of
from e2e.village import Village

pytestmark = [
    pytest.mark.browser,
    pytest.mark.s3,
    pytest.mark.xdist_group("s3"),
    pytest.mark.timeout(300, func_only=True),
]
# CORS alone: a day of the gateway's lifecycle lasts seconds.
MAKE_BUCKET = """
from uploads import storage
s3 = storage.s3()
s3.client.create_bucket(Bucket=s3.name)
s3.client.put_bucket_cors(Bucket=s3.name, CORSConfiguration={"CORSRules": [s3.cors_rule()]})
"""
NAMES = "import json; from uploads import storage; print(json.dumps(list(storage.s3().names(''))))"
LARGE = 9 * 2**20


class Afar(Village):
    """Its files lie in a bucket."""

    address = ""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"STORAGE_URL": self.address}


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory, s3_gateway: Any) -> Iterator[Village]:
    made = Afar(tmp_path_factory.mktemp("village"))
    place = f"b{uuid.uuid4().hex}?region=us-east-1&endpoint={s3_gateway.endpoint}"
    made.address = f"s3://{rgw.KEY}:{rgw.SECRET}@{place}"
    made.run(MAKE_BUCKET)
    made.start()
    try:
        made.settle()
        yield made
    finally:
        made.stop()


def large() -> bytes:
    """A photo of more than a bucket takes in one piece: readers leave alone what comes after its end."""
    photo = pictures.photo()
    return photo + bytes(LARGE - len(photo))


def choose(page: Page, name: str, body: bytes) -> None:
    page.locator("[data-files]").set_input_files([{"name": name, "mimeType": "image/jpeg", "buffer": body}])


@pytest.mark.parametrize("width", [390, 1440])
def test_a_picture_goes_to_the_bucket_and_is_shown_from_there(enter: Enter, village: Village, width: int) -> None:
    page = enter("olive", width=width)
    page.goto("/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url.partition('?')[0]}"))
    page.get_by_label("Your post", exact=True).fill(f"From afar at {width}.")
    choose(page, "a.jpg", pictures.photo())
    expect(page.get_by_role("button", name="Describe this picture")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Post", exact=True).click()
    image = card_of(page, f"From afar at {width}.").locator(".photos img")
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") > 0
    endpoint = village.address.partition("endpoint=")[2]
    assert image.evaluate("image => image.currentSrc").startswith(endpoint)
    assert [one for one in sent if one.startswith(f"POST {endpoint}")]


def test_a_large_one_goes_on_where_the_line_broke(enter: Enter, village: Village) -> None:
    page = enter("nora")
    page.goto("/")
    broken: list[str] = []

    def breaks(route: Route) -> None:
        """The second part gets through at the third attempt."""
        if route.request.method == "PUT" and "partNumber=2" in route.request.url and len(broken) < 2:
            broken.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.watch.expect(r"uploads/temp/", "Failed to load resource")
    page.route(re.compile(r"uploads/temp/"), breaks)
    parts: list[str] = []
    page.on("requestfinished", lambda one: parts.append(one.url) if "partNumber" in one.url else None)
    choose(page, "large.jpg", large())
    expect(page.get_by_role("button", name="Describe this picture")).to_be_visible(timeout=60_000)
    assert len(broken) == 2
    firsts = [url for url in parts if "partNumber=1&" in url]
    assert len(firsts) == 1  # what had arrived was not sent again


def test_one_that_fails_says_so_and_goes_on_when_asked(enter: Enter, village: Village) -> None:
    page = enter("kofi")
    page.goto("/")
    page.watch.expect(r"uploads/temp/", "Failed to load resource")
    page.route(re.compile(r"uploads/temp/.*partNumber=2"), lambda route: route.abort())
    choose(page, "large.jpg", large())
    expect(page.locator(".pick.failed")).to_be_visible(timeout=60_000)
    page.unroute_all()
    again: list[str] = []
    page.on("requestfinished", lambda one: again.append(one.url) if "partNumber" in one.url else None)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Describe this picture")).to_be_visible(timeout=60_000)
    assert [url for url in again if "partNumber=2&" in url]
    assert not [url for url in again if "partNumber=1&" in url]


def test_what_is_no_picture_is_said_when_it_has_been_looked_at(enter: Enter, village: Village) -> None:
    """The finish answers before anybody looks; what a worker finds stands at the picture."""
    page = enter("ida")
    page.goto("/")
    with page.expect_response(re.compile(r"/slots/[^/]+/finish$")) as finished:
        choose(page, "cat.jpg", b"<html>no cat</html>")
    assert (finished.value.status, finished.value.json()["state"]) == (202, "received")
    expect(page.locator(".pick.failed [data-pick-error]")).to_contain_text("not a", timeout=30_000)
    end = time.monotonic() + 20  # the worker says why, then takes its copy away
    while left := {name for name in village.run(NAMES) if name.startswith("uploads/final/")}:
        assert time.monotonic() < end, left
        time.sleep(0.2)
    page.get_by_role("button", name="Take this picture away").click()
    expect(page.locator(".pick")).to_have_count(0)


def test_one_that_is_called_off_leaves_nothing(enter: Enter, village: Village) -> None:
    page = enter("tam")
    page.goto("/")
    page.watch.expect(r"uploads/temp/")
    page.route(re.compile(r"uploads/temp/.*partNumber=2"), lambda route: None)  # it hangs
    choose(page, "large.jpg", large())
    before = set(village.run(NAMES))
    with page.expect_response(lambda one: "/uploads/slots/" in one.url and one.request.method == "DELETE") as answer:
        page.get_by_role("button", name="Take this picture away").click()
    assert answer.value.status == 204
    expect(page.locator(".pick")).to_have_count(0)
    assert not {name for name in set(village.run(NAMES)) - before if name.startswith("uploads/")}

"""Every page there is, on the demo, at three widths, light and dark: whatever a machine can see of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from e2e import axe, pages
from e2e.pages import PAGES, WIDTHS, Facts, Look
from e2e.village import Village
from e2e.watch import Watch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120, func_only=True)]

OURS = [look for look in PAGES if look.ours]
PHONE = 390
COUNT_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) {
    if (one.hadRecentInput) continue;
    const who = one.sources.map(({ node }) => node?.className || node?.nodeName).join(", ");
    window.shifts.push([one.value, who]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
SHIFT_LIMIT = 0.005
# A finger needs 44 px, of the control itself or of what is invisibly larger around it. Links that are words in a text
# or in the line under a name are as high as those, as WCAG has it.
TOO_SMALL = """() => {
  const small = [];
  const reaches = (target, control) => {
    target.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = target.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const along = (dx, dy) => {
      let far = 0;
      for (; far < 44; far++) {
        const [px, py] = [x + dx * far, y + dy * far];
        if (px < 0 || py < 0 || px >= innerWidth || py >= innerHeight) return 44;
        const hit = document.elementFromPoint(px, py);
        if (!hit || !(target.contains(hit) || hit.closest("label")?.control === control)) break;
      }
      return far;
    };
    return [along(-1, 0) + along(1, 0) - 1, along(0, -1) + along(0, 1) - 1];
  };
  const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]";
  for (const one of document.querySelectorAll(controls)) {
    const target = one.matches("input, select") ? one.closest("label") ?? one : one;
    if (!target.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || one.disabled) continue;
    if (target.matches(".vh, .vh *, .skiplink, [aria-hidden=true] *")) continue;
    if (target.matches("p a, .banner a, .posttext a, .meta a, .posthead .who > a, .reply .body > a")) continue;
    const box = target.getBoundingClientRect();
    if (box.width <= 2 || box.height <= 2 || (box.width >= 43 && box.height >= 43)) continue;
    const [wide, high] = reaches(target, one);
    if (Math.max(wide, box.width) >= 43 && Math.max(high, box.height) >= 43) continue;
    const name = `${target.tagName.toLowerCase()}.${[...target.classList].join(".")}`;
    small.push(`${name} ${wide}x${high} "${target.textContent.trim().slice(0, 24)}"`);
  }
  scrollTo(0, 0);
  return [...new Set(small)];
}"""
# What is on its way between two colours has neither.
SETTLE = """() => document.getAnimations().forEach((one) => {
  try { one.finish(); } catch { one.cancel(); }
})"""


# Whatever a browser keeps of a site but its cookies, which go one by one.
STORED = "local_storage,indexeddb,service_workers,cache_storage"


class Window:
    """One window for all looks: a browser's process for each would cost more than the look. `clear` leaves nothing
    of the last one, so that every page comes to a browser that knows nothing of it."""

    def __init__(self, browser: Browser, site: Village) -> None:
        self.browser, self.site = browser, site
        self.open()

    def open(self) -> None:
        self.watch = Watch()
        self.policies: list[str] = []
        self.context = self.browser.new_context(base_url=self.site.url, locale="en-GB", reduced_motion="reduce")
        self.context.add_init_script(COUNT_SHIFTS)
        self.watch.follow(self.context)
        self.page = self.context.new_page()
        self.page.on("response", self._answered)
        self.line = self.context.new_cdp_session(self.page)

    def reopen(self) -> None:
        self.context.close()
        self.open()

    def leave(self) -> None:
        """What the page has to say when it goes is still said to the look that it belongs to."""
        if self.page.url.startswith(self.site.url):
            self.page.evaluate("sessionStorage.clear()")
        self.page.goto("about:blank")

    def clear(self, cookies: list[Any], expected: list[str]) -> None:
        self.line.send("Storage.clearDataForOrigin", {"origin": self.site.url, "storageTypes": STORED})
        self.line.send("Network.clearBrowserCache")
        for disabled in (True, False):  # what this process remembers goes, too
            self.line.send("Network.setCacheDisabled", {"cacheDisabled": disabled})
        self.context.clear_cookies()
        self.context.add_cookies(cookies)
        self.page.set_viewport_size({"width": PHONE, "height": WIDTHS[PHONE]})
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.watch.complaints.clear()
        self.watch.expected[:] = expected
        self.policies.clear()

    def _answered(self, answer: Response) -> None:
        if answer.request.is_navigation_request() and answer.status not in range(300, 400):
            self.policies.append(answer.headers.get("content-security-policy", ""))


@pytest.fixture(scope="session")
def known(demo: Village) -> Facts:
    return pages.facts(demo)


@pytest.fixture(scope="session")
def window(browser: Browser, demo: Village) -> Iterator[Window]:
    made = Window(browser, demo)
    yield made
    made.context.close()


def test_faults_are_seen(browser: Browser) -> None:
    """Without this, a check that sees nothing would pass for a page without faults."""
    with browser.new_context(viewport={"width": PHONE, "height": WIDTHS[PHONE]}) as context:
        context.add_init_script(COUNT_SHIFTS)
        page = context.new_page()
        page.goto("about:blank")
        page.set_content(
            "<!doctype html><html lang=en><title>Bad</title><style>.only { display: none }"
            "@media (min-width: 800px) and (max-width: 900px) { .only { display: block } }"
            "@media (prefers-color-scheme: dark) { .night { color: #222; background: #000 } }</style>"
            "<main><h1>Bad</h1><h1>Worse</h1><button>x</button><p class=night>seen by day</p>"
            "<a class=only href=/><b></b></a>"
            "<img src='data:,'><p style='width:900px;color:#ccc;background:#fff'>pale and wide</p></main>"
        )
        page.evaluate("document.querySelector('main').style.paddingTop = '300px'")
        moved = still(page, "phone")
        small = page.evaluate(TOO_SMALL)
        wrong = at_every_width(page)
        told = " ".join([*safe(["script-src 'unsafe-inline'"]), *whole(page), *moved, *wrong])
    assert small
    for fault in ("content policy", "2 h1", "moves while it loads", "wider than the window: p.", "image-alt"):
        assert fault in told
    for width in WIDTHS:
        for scheme in pages.SCHEMES:
            assert any(one.startswith(f"{width} {scheme}: axe color-contrast") for one in wrong)
    assert any(".night" in one for one in wrong if "dark" in one), "what is pale by night"
    assert [one[:3] for one in wrong if "axe link-name" in one] == ["820"], "what is there at one width"


def test_every_look_is_the_first(window: Window, demo: Village, known: Facts) -> None:
    """Nothing of one look is left for the next: all of them share a window."""
    [first] = [look for look in OURS if look.name == "welcome"]
    page = window.page
    for _time in range(2):
        window.clear(pages.cookies(demo, known, first.who), pages.expected(first))
        fetched: list[str] = []
        page.on("response", lambda answer, to=fetched: to.append(answer.url))  # type: ignore[misc]
        pages.visit(page, first, known)
        assert any(url.endswith(".css") for url in fetched), "no page, nor what it needs, was known"
        page.evaluate("navigator.serviceWorker.ready")
        kept = "[localStorage.length, sessionStorage.length, document.cookie]"
        assert page.evaluate(kept) == [0, 0, ""]
        page.evaluate("localStorage.a = sessionStorage.a = 1; document.cookie = 'a=1'; console.error('oh')")
        window.leave()
        assert window.watch.unexpected() == ["console at : oh"]


@pytest.mark.parametrize("look", OURS, ids=lambda look: look.name)
def test_page(window: Window, demo: Village, known: Facts, look: Look) -> None:
    page = window.page
    window.clear(pages.cookies(demo, known, look.who), pages.expected(look))
    wrong: list[str] = []
    try:
        assert pages.visit(page, look, known) == look.status
        wrong += safe(window.policies)
        wrong += still(page, "phone")
        wrong += [f"not for a finger: {one}" for one in page.evaluate(TOO_SMALL)]
        wrong += whole(page)
        wrong += at_every_width(page)
        if look.then is None:
            pages.visit(page, look, known)
            wrong += still(page, "wide")
        window.leave()
    except BaseException:
        window.reopen()  # one that hangs is not for the next
        raise
    wrong += window.watch.unexpected()
    assert not wrong, f"{look.name} ({look.room}):\n" + "\n".join(wrong)


def safe(policies: list[str]) -> list[str]:
    """The content policy of every page that came."""
    wrong = []
    for policy in policies:
        if "unsafe-" in policy or "default-src 'none'" not in policy or "script-src 'self'" not in policy:
            wrong.append(f"content policy: {policy or 'none'}")
    return wrong


def still(page: Page, where: str) -> list[str]:
    page.wait_for_timeout(150)  # what comes late would shift now
    moved = page.evaluate("window.shifts")
    total = sum(value for value, _who in moved)
    return [f"moves while it loads ({where}, {total:.3f}): {moved}"] if total > SHIFT_LIMIT else []


def whole(page: Page) -> list[str]:
    heads = page.locator("h1").count()
    language = page.locator("html").get_attribute("lang")
    return [*([f"{heads} h1"] if heads != 1 else []), *([] if language else ["no language"])]


def at_every_width(page: Page) -> list[str]:
    wrong = []
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in pages.SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(SETTLE)
            if wide := pages.overflow(page):
                wrong.append(f"{width}: wider than the window: {', '.join(wide)}")
            found = axe.violations(page, axe.WHOLE if scheme == "light" else axe.COLOURS)
            wrong += [f"{width} {scheme}: {told(violation)}" for violation in found]
    return list(dict.fromkeys(wrong))


def told(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    detail = (nodes[0].get("failureSummary") or "").replace("\n", " ")
    return f"axe {violation['id']} x{len(nodes)}: {nodes[0]['target']} {nodes[0]['html'][:120]} | {detail[:200]}"

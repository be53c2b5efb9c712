"""Every page there is, on the demo, at three widths, light and dark: whatever a machine can see of it."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from e2e import pages
from e2e.pages import PAGES, WIDTHS, Facts, Look
from e2e.village import Village
from e2e.watch import Watch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120, func_only=True)]

OURS = [look for look in PAGES if look.ours]
PHONE = 390
WHOLE: dict[str, Any] = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# Only colours differ between light and dark.
COLOURS: dict[str, Any] = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
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


@pytest.fixture(scope="session")
def known(demo: Village) -> Facts:
    return pages.facts(demo)


def test_faults_are_seen(browser: Browser) -> None:
    """Without this, a check that sees nothing would pass for a page without faults."""
    with browser.new_context(viewport={"width": PHONE, "height": WIDTHS[PHONE]}) as context:
        context.add_init_script(COUNT_SHIFTS)
        page = context.new_page()
        page.set_content(
            "<!doctype html><html lang=en><title>Bad</title><main><h1>Bad</h1><h1>Worse</h1><button>x</button>"
            "<img src='data:,'><p style='width:900px;color:#ccc;background:#fff'>pale and wide</p></main>"
        )
        small = page.evaluate(TOO_SMALL)
        wrong = " ".join([*safe(["script-src 'unsafe-inline'"]), *whole(page), *at_every_width(page)])
    assert small
    for fault in ("content policy", "2 h1", "wider than the window: p.", "image-alt", "color-contrast"):
        assert fault in wrong


@pytest.mark.parametrize("look", OURS, ids=lambda look: look.name)
def test_page(browser: Browser, demo: Village, known: Facts, look: Look) -> None:
    watch = Watch(expected=pages.expected(look))
    context = browser.new_context(
        base_url=demo.url, viewport={"width": PHONE, "height": WIDTHS[PHONE]}, locale="en-GB", reduced_motion="reduce"
    )
    context.add_init_script(COUNT_SHIFTS)
    context.add_cookies(pages.cookies(demo, known, look.who))
    watch.follow(context)
    page = context.new_page()
    policies: list[str] = []
    page.on(
        "response",
        lambda answer: (
            policies.append(answer.headers.get("content-security-policy", ""))
            if answer.request.is_navigation_request() and answer.status not in range(300, 400)
            else None
        ),
    )
    wrong: list[str] = []
    try:
        assert pages.visit(page, look, known) == look.status
        wrong += safe(policies)
        wrong += still(page, "phone")
        wrong += [f"not for a finger: {one}" for one in page.evaluate(TOO_SMALL)]
        wrong += whole(page)
        wrong += at_every_width(page)
        if look.then is None:
            pages.visit(page, look, known)
            wrong += still(page, "wide")
    finally:
        context.close()
    wrong += watch.unexpected()
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
            found = Axe().run(page, options=WHOLE if scheme == "light" else COLOURS).response["violations"]
            wrong += [f"{width} {scheme}: {told(violation)}" for violation in found]
    return list(dict.fromkeys(wrong))


def told(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    detail = (nodes[0].get("failureSummary") or "").replace("\n", " ")
    return f"axe {violation['id']} x{len(nodes)}: {nodes[0]['target']} {nodes[0]['html'][:120]} | {detail[:200]}"

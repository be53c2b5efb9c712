"""Pictures of every page at three widths, light and dark, in .shots/: `make shots`, or `make shots ARGS="home chat"`.

Takes a demo from DATA_DIR, or makes one in .shots/data and keeps it.
"""

import os
import signal
import subprocess
import sys
from argparse import ArgumentParser
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from e2e import pages
from e2e.pages import PAGES, SCHEMES, WIDTHS, Look
from e2e.village import BASE, Village, clean_environment
from e2e.watch import Watch

FOLDER = BASE / ".shots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
]
CHROMIUM = "/usr/bin/chromium"


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the site is stopped too
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of names of pages; all when empty")
    parser.add_argument("--people", type=int, default=200)
    given = parser.parse_args()
    wanted = [look for look in PAGES if not given.names or look.name.startswith(tuple(given.names))]
    data = Path(os.environ.get("DATA_DIR") or FOLDER / "data").absolute()
    data.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "manage.py", "demo", "--no-serve"]
    if not (data / "db.sqlite3").exists():
        command += ["--people", str(given.people)]
    subprocess.run(command, cwd=BASE, env=clean_environment(DATA_DIR=str(data)), check=True)
    site = Village(data)
    site.start()
    try:
        known = pages.facts(site)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            complaints = [
                complaint
                for width in WIDTHS
                for scheme in SCHEMES
                for look in wanted
                for complaint in shoot(browser, site, known, look, width, scheme)
            ]
    finally:
        site.stop()
    contact_sheet()
    print("\n".join(complaints) or "Nothing complained.")
    print(f"{FOLDER / 'index.html'}")
    return 1 if complaints else 0


def shoot(browser: Browser, site: Village, known: pages.Facts, look: Look, width: int, scheme: str) -> list[str]:
    """One picture; what was wrong while it was taken."""
    watch = Watch(expected=pages.expected(look))
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme=scheme,
        locale="en-GB",
        reduced_motion="reduce",
    )
    context.add_cookies(pages.cookies(site, known, look.who))
    watch.follow(context)
    page = context.new_page()
    wrong = []
    try:
        status = pages.visit(page, look, known)
        if status != look.status:
            wrong.append(f"answered {status}")
        if look.ours and (wide := pages.overflow(page)):
            wrong.append(f"wider than the window: {', '.join(wide)}")
        page.screenshot(path=FOLDER / f"{look.name}-{width}-{scheme}.png")
    except Error as error:
        wrong.append(str(error).splitlines()[0])
    context.close()
    if look.ours:
        wrong += watch.unexpected()
    return [f"{look.name}-{width}-{scheme} ({look.room}): {one}" for one in wrong]


def contact_sheet() -> None:
    rows = []
    for look in PAGES:
        cells = [
            f'<a href="{name}"><img loading="lazy" src="{name}" alt="{name}"></a>'
            for width in WIDTHS
            for scheme in SCHEMES
            if (FOLDER / (name := f"{look.name}-{width}-{scheme}.png")).exists()
        ]
        if cells:
            rows.append(f"<h2>{escape(look.name)} <small>{escape(look.path)}</small></h2><div>{''.join(cells)}</div>")
    style = "body{font:16px system-ui;background:#777}div{display:flex;gap:8px;align-items:start}img{height:360px}"
    page = f"<!doctype html><meta charset=utf-8><title>Every page</title><style>{style}</style>{''.join(rows)}"
    (FOLDER / "index.html").write_text(page)


if __name__ == "__main__":
    sys.exit(main())

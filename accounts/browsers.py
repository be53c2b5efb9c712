"""What a login was made with, in plain words, read from the User-Agent. Nothing else of that text is ever shown."""

import re
from dataclasses import dataclass

# In this order: each names itself after the browsers it wants to be taken for.
BROWSERS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"(?:OPR|OPT|OPiOS|OPX|Opera)/", "Opera"),
    (r"Vivaldi/", "Vivaldi"),
    (r"YaBrowser/", "Yandex Browser"),
    (r"(?:DuckDuckGo|Ddg)/", "DuckDuckGo"),
    (r"(?:Firefox|FxiOS)/", "Firefox"),
    (r"(?:Chrome|CriOS|Chromium|HeadlessChrome)/", "Chrome"),
    (r"Version/[\d.]+ (?:Mobile/\w+ )?Safari/", "Safari"),
)
SYSTEMS = (
    (r"iPad", "iPad"),
    (r"iPhone", "iPhone"),
    (r"\biOS\b", "iOS"),
    (r"Android", "Android"),
    (r"\bCrOS\b", "ChromeOS"),
    (r"Windows", "Windows"),
    (r"Macintosh|Mac OS X|macOS", "macOS"),
    (r"Linux|X11", "Linux"),
)
APP = re.compile(r"(?!Mozilla/)([A-Za-z][A-Za-z0-9 ._+-]{0,39})/v?\d")


@dataclass(frozen=True)
class Program:
    """A browser or an app, and the system it runs on; empty where the User-Agent does not say."""

    name: str
    system: str


def read(user_agent: str) -> Program:
    """The browser that a User-Agent names; else the app, when it calls itself Name/1.2 in the usual way."""
    app = APP.match(user_agent)
    name = _first(BROWSERS, user_agent) or (app[1].strip() if app else "")
    return Program(name=name, system=_first(SYSTEMS, user_agent))


def _first(table: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for pattern, name in table if re.search(pattern, user_agent)), "")

"""What a web page says of itself, for cards of links: words on one line, bounded and without markup. Never HTML."""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

import nh3

HEAD = 128 * 1024  # characters that are looked at; what describes a page stands at its beginning
TITLE, DESCRIPTION, SITE = 200, 400, 80  # characters
# Nothing that is no letter: controls, and what turns the direction of text around or has no width.
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]")
CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
# What pages are written in; Python knows codecs that are no text at all, or take long.
WRITTEN = re.compile(
    r"utf-8|utf-16(-[bl]e)?|ascii|iso8859-\d+|cp(125\d|874|932|949|950|936)|koi8-[rut]|big5(hkscs)?|gb(2312|k|18030)"
    r"|euc_(jp|kr)|shift_jis|iso2022_(jp|kr)|tis-620|mac-(roman|cyrillic)"
)


@dataclass(frozen=True)
class Page:
    """`picture` is an address as the page has it, made whole; empty where it names none."""

    title: str
    description: str
    site: str
    picture: str


def read(body: bytes, *, charset: str, url: str) -> Page:
    """The page that came from `url`; a title is empty where it has none."""
    # nh3 reads as browsers do, in linear time; what it writes holds no surprise for the parser of the standard library.
    kept = nh3.clean(
        _decoded(body, charset)[:HEAD],
        tags={"title", "meta"},
        attributes={"meta": {"property", "name", "content"}},
        link_rel=None,
    )
    reader = _Reader()
    reader.feed(kept)
    reader.close()
    said = reader.said
    picture = said.get("og:image") or said.get("og:image:url") or said.get("twitter:image") or ""
    try:
        picture = urljoin(url, picture.strip()) if picture.strip() else ""
    except ValueError:
        picture = ""
    return Page(
        title=words(said.get("og:title") or said.get("twitter:title") or reader.title, TITLE),
        description=words(said.get("og:description") or said.get("description") or "", DESCRIPTION),
        site=words(said.get("og:site_name") or "", SITE),
        picture=picture,
    )


def words(text: str, limit: int) -> str:
    """One line of plain words, cut at a word if it is longer."""
    text = unicodedata.normalize("NFC", text[: 20 * limit])
    line = " ".join(UNSEEN.sub(" ", text).split())
    if len(line) <= limit:
        return line
    start, space, _rest = line[: limit - 1].rpartition(" ")
    return (start if space and len(start) > limit // 2 else line[: limit - 1]).rstrip(" ,.;:") + "…"


def _decoded(body: bytes, charset: str) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        charset = "utf-16"
    found = CHARSET.search(body[:4096])
    for name in (charset, found[1].decode() if found else "", "utf-8"):
        try:
            known = codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
        if WRITTEN.fullmatch(known):
            break
    return body.decode(known, "replace").replace("\x00", "")


class _Reader(HTMLParser):
    """Collects the first title and the first of each meta."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self.title = ""
        self.in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_title = tag == "title" and not self.title
        if tag == "meta":
            given = dict(attrs)
            name = (given.get("property") or given.get("name") or "").strip().lower()
            if name and given.get("content"):
                self.said.setdefault(name, given["content"] or "")

    def handle_endtag(self, tag: str) -> None:
        self.in_title = self.in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        if self.in_title:
            self.title += data

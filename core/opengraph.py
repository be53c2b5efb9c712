"""What a web page says of itself, for cards of links: words on one line, bounded and without markup. Never HTML."""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin

HEAD = 128 * 1024  # characters that are looked at; what describes a page stands at its beginning
VALUE = 4000  # characters of a title or an attribute; Python reads no number of more digits than 4300, `&#9…` neither
TITLE, DESCRIPTION, SITE = 200, 400, 80  # characters
# Nothing that is no letter: controls, and what turns the direction of text around or has no width.
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]")
CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
# Tags are scanned once from left to right, and no tree is built: what a browser makes of a small page can take more
# memory than a machine has. None of these patterns goes back over what it has read.
MARK = re.compile(r"<(?:!--|[!?]|/(?![a-z])|(/?[a-z][^ \t\n\r\f/>]*+))", re.IGNORECASE)
ATTRIBUTE = re.compile(
    r"""[ \t\n\r\f/]*+(?:(?P<end>>)|(?P<name>[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+)"""
    r"""(?:[ \t\n\r\f]*+=[ \t\n\r\f]*+(?:"([^"]*+)(?:"|\Z)|'([^']*+)(?:'|\Z)|([^ \t\n\r\f>]*+)))?)"""
)
COMMENT = re.compile("--!?>")
DRAWN = ("math", "svg")  # only these end where they begin, with "/>"
# Within these a tag is none, or none of the page.
APART = {
    name: re.compile(rf"</{name}(?=[ \t\n\r\f/>])", re.IGNORECASE)
    for name in (*DRAWN, "iframe", "noembed", "noframes", "script", "style", "template", "textarea", "title", "xmp")
}
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
    said = _said(_decoded(body, charset)[:HEAD])
    picture = said.get("og:image") or said.get("og:image:url") or said.get("twitter:image") or ""
    try:
        picture = urljoin(url, picture.strip()) if picture.strip() else ""
    except ValueError:
        picture = ""
    return Page(
        title=words(said.get("og:title") or said.get("twitter:title") or said.get("") or "", TITLE),
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


def _said(page: str) -> dict[str, str]:
    """The first of each meta, and under "" the first title."""
    said: dict[str, str] = {}
    at = 0
    while mark := MARK.search(page, at):
        at = mark.end()
        name = (mark[1] or "").lower()
        if not name:
            at = _end(COMMENT, page, at - 2)[1] if mark[0] == "<!--" else page.find(">", at) + 1 or len(page)
            continue
        given: dict[str, str] = {}
        while (found := ATTRIBUTE.match(page, at)) and not found["end"]:
            at = found.end()
            given.setdefault(found["name"].lower(), found[3] or found[4] or found[5] or "")
        if found is None:  # a tag without an end is none
            break
        at = found.end()
        if name == "meta":
            key = _value(given.get("property") or given.get("name") or "").strip().lower()
            if key and given.get("content"):
                said.setdefault(key, _value(given["content"]))
        elif name in APART and not (name in DRAWN and page[at - 2] == "/"):
            begun = at
            end, at = _end(APART[name], page, at)
            if name == "title" and not said.get(""):
                said[""] = _value(page[begun:end])
    return said


def _end(pattern: re.Pattern[str], page: str, at: int) -> tuple[int, int]:
    """Where the next match begins and ends; the end of the page where there is none."""
    found = pattern.search(page, at)
    return found.span() if found else (len(page), len(page))


def _value(text: str) -> str:
    return unescape(text[:VALUE])

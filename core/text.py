"""What people write: checked, then made into safe HTML once, when it is saved.

Markdown in a small way: bold, italic, code, quotes, lists, links; @handles become links to profiles, #words to what
else is said about them. Nothing here asks the database, so a mention links by its form alone.
"""

import html as entities
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from urllib.parse import quote

import nh3
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from core import errors, folding

HARD_LIMIT = 20_000  # characters; nothing longer is ever rendered
TAGS = {"p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a"}
ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
RULES = (
    "blockquote", "fence", "list",
    "newline", "escape", "backticks", "emphasis", "link", "autolink", "entity", "linkify",
)  # fmt: skip

MENTIONS_LIMIT = 50  # different people in a text who are linked, and so may be told
HASHTAGS_LIMIT = 30
LINKED_LIMIT = 300  # mentions and hashtags that link in one text, the same ones again included
HASHTAG_LENGTH = 50  # characters, as written and as folded


def _marks() -> str:
    """What Python's \\w leaves out: vowels and tones of Thai, Hindi and others, as ranges for a character class."""
    codes = (code for code in range(sys.maxunicode // 8) if unicodedata.category(chr(code))[0] == "M")
    runs = [[code for _place, code in run] for _key, run in groupby(enumerate(codes), lambda at: at[1] - at[0])]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


LETTER = rf"[\w{_marks()}]"
# The handle of a member (accounts); not after a letter (mail addresses) or a slash (paths), and no dot at its end.
# A hashtag stands alone and ends where the word ends.
LINKED = re.compile(
    rf"(?<![\w@/.])@(?P<handle>[a-zA-Z0-9_.]{{1,29}}[a-zA-Z0-9_])"
    rf"|(?<!{LETTER})(?<![#@&/.])#(?P<tag>{LETTER}{{1,{HASHTAG_LENGTH}}})(?!{LETTER}|#)"
)
BAD_LINK = re.compile(r"^(?!https?://[^/\s]|mailto:[^\s])", re.IGNORECASE)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ud800-\udfff]")
BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")


def clean(text: str, *, limit: int, field: str = "text") -> str:
    """Text as it is stored: one kind of line end, no control characters, trimmed. Too long is Invalid, unread."""
    if len(text) > 2 * limit + 1000:  # line ends may count twice until they are one kind
        raise _too_long(limit, field)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = BLANK_LINES.sub("\n\n", CONTROLS.sub("", text)).strip()
    if len(text) > limit:
        raise _too_long(limit, field)
    return text


def _too_long(limit: int, field: str) -> errors.Invalid:
    message = ngettext("That is longer than %(n)s character.", "That is longer than %(n)s characters.", limit)
    return errors.Invalid(message % {"n": limit}, field=field)


def render(text: str) -> str:
    """Safe HTML of a text that `clean` let through."""
    if len(text) > HARD_LIMIT:
        raise _too_long(HARD_LIMIT, "text")
    return nh3.clean(
        _markdown.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="nofollow noopener ugc",
        clean_content_tags=set(),
    ).strip()


def trusted(html: str) -> SafeString:
    """What `render` made, for templates: the one place where HTML out of the database is believed."""
    return mark_safe(html)  # noqa: S308


def plain(html: str, limit: int = 160) -> str:
    """The words of rendered HTML on one line, cut at a word: for previews and page titles."""
    spaced = re.sub(r"<(?:br|/p|/li|/pre|/blockquote)[^>]*>", " ", html)
    words = " ".join(entities.unescape(nh3.clean(spaced, tags=set())).split())
    if len(words) <= limit:
        return words
    cut = words[: limit - 1]
    start, space, _rest = cut.rpartition(" ")
    return (start if space and len(start) > limit // 2 else cut).rstrip(" ,.;:") + "…"


# -- What a text is about ----------------------------------------------------------------------------------------------


def mentions(text: str) -> list[str]:
    """Handles that `render` links, in lower case, each once, in their order; the first 50."""
    return list(_parsed(text).mentions)


def tags(text: str) -> list[str]:
    """Hashtags that `render` links, as `tag_name` has them, each once, in their order; the first 30."""
    return list(_parsed(text).tags)


def first_link(text: str) -> str:
    """The address (http, https) of the first link that the author made; empty if there is none."""
    for block in _parsed(text).tokens:
        for token in block.children or ():
            href = str(token.attrs.get("href", "")) if token.type == "link_open" else ""
            if href.lower().startswith(("http://", "https://")):
                return href
    return ""


def tag_name(written: str) -> str:
    """What two spellings of a hashtag have in common: "Café" and "cafe", "Foo_Bar" and "foo_bar". Empty: it is none."""
    name = "_".join(folding.fold(written).split())
    return name if len(name) <= HASHTAG_LENGTH and any(map(str.isalpha, name)) else ""


def tag_url(name: str) -> str:
    return f"/tags/{quote(name, safe='')}/"


# -- The parser -------------------------------------------------------------------------------------------------------


@dataclass
class _Found:
    """What one text links, by name, with its address: what links is what counts."""

    tokens: list[Token] = field(default_factory=list)
    mentions: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    linked: int = 0

    def url(self, match: re.Match[str]) -> str:
        """The address of a mention or hashtag; empty for what stays as it is written."""
        if self.linked == LINKED_LIMIT:
            return ""
        if match["handle"]:
            url = _once(self.mentions, match["handle"].lower(), MENTIONS_LIMIT, _profile_url)
        else:
            url = _once(self.tags, tag_name(match["tag"]), HASHTAGS_LIMIT, tag_url)
        self.linked += bool(url)
        return url


def _once(known: dict[str, str], name: str, limit: int, address: Callable[[str], str]) -> str:
    if name and name not in known and len(known) < limit:
        known[name] = address(name)
    return known.get(name, "")


def _profile_url(handle: str) -> str:
    return reverse("accounts:profile", args=[handle])


def _parsed(text: str) -> _Found:
    found = _Found()
    if len(text) <= HARD_LIMIT:
        found.tokens = _markdown.parse(text, {"found": found})
    return found


def _link_words(state: StateCore) -> None:
    """Makes @handle and #hashtag links in running text; code and the words of links stay as they are."""
    found = state.env.get("found") or _Found()
    for block in state.tokens:
        if block.type == "inline" and block.children and ("@" in block.content or "#" in block.content):
            block.children = list(_with_links(block.children, found))


def _with_links(children: list[Token], found: _Found) -> Iterator[Token]:
    inside = 0
    for token in children:
        inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "text" or inside:
            yield token
            continue
        end = 0
        for match in LINKED.finditer(token.content):
            if url := found.url(match):
                yield _text(token.content[end : match.start()])
                yield from (
                    Token("link_open", "a", 1, attrs={"href": url}),
                    _text(match[0]),
                    Token("link_close", "a", -1),
                )
                end = match.end()
        yield _text(token.content[end:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"breaks": True, "linkify": True, "maxNesting": 20}).enable(list(RULES))
    parser.validateLink = lambda url: not BAD_LINK.match(url)  # type: ignore[method-assign]
    parser.core.ruler.push("words", _link_words)
    return parser


_markdown = _parser()

"""What people write: checked, then made into safe HTML once, when it is saved.

Markdown in a small way: bold, italic, code, quotes, lists, links; @handles become links to profiles. Nothing here asks
the database, so a mention links by its form alone.
"""

import html as entities
import re
import unicodedata
from collections.abc import Sequence

import nh3
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from core import errors

HARD_LIMIT = 20_000  # characters; nothing longer is ever rendered
TAGS = {"p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a"}
ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
RULES = (
    "blockquote", "fence", "list",
    "newline", "escape", "backticks", "emphasis", "link", "autolink", "entity", "linkify",
)  # fmt: skip

# The handle of a member (accounts); not after a letter (mail addresses) or a slash (paths), and no dot at its end.
MENTION = re.compile(r"(?<![\w@/.])@([a-zA-Z0-9_.]{1,29}[a-zA-Z0-9_])")
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


# -- The parser -------------------------------------------------------------------------------------------------------


def _link_mentions(state: StateCore) -> None:
    """Makes @handle a link in running text; code and the words of links stay as they are."""
    for block in state.tokens:
        if block.type == "inline" and block.children and "@" in block.content:
            block.children = list(_with_mentions(block.children))


def _with_mentions(children: Sequence[Token]) -> list[Token]:
    made: list[Token] = []
    inside = 0
    for token in children:
        inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "text" or inside or "@" not in token.content:
            made.append(token)
            continue
        end = 0
        for found in MENTION.finditer(token.content):
            made.append(_text(token.content[end : found.start()]))
            link = Token("link_open", "a", 1, attrs={"href": reverse("accounts:profile", args=[found[1].lower()])})
            made += [link, _text(found[0]), Token("link_close", "a", -1)]
            end = found.end()
        made.append(_text(token.content[end:]))
    return made


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"breaks": True, "linkify": True, "maxNesting": 20}).enable(list(RULES))
    parser.validateLink = lambda url: not BAD_LINK.match(url)  # type: ignore[method-assign]
    parser.core.ruler.push("mentions", _link_mentions)
    return parser


_markdown = _parser()

import re
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import errors, text

REL = 'rel="nofollow noopener ugc"'


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Hello", "<p>Hello</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("**bold** and *italic* and `code`", "<p><strong>bold</strong> and <em>italic</em> and <code>code</code></p>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
        ("```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"),
        ("see example.org", f'<p>see <a href="http://example.org" {REL}>example.org</a></p>'),
        ("[here](https://a.example/x)", f'<p><a href="https://a.example/x" {REL}>here</a></p>'),
        ("write@example.org", f'<p><a href="mailto:write@example.org" {REL}>write@example.org</a></p>'),
        ("#lantern", f'<p><a href="/tags/lantern/" {REL}>#lantern</a></p>'),
        ("# no title", "<p># no title</p>"),
    ],
)
def test_what_one_may_write(written: str, shown: str) -> None:
    assert text.render(written) == shown


@pytest.mark.parametrize(
    ("written", "handles"),
    [
        ("@alice", ["alice"]),
        ("hi @Noor.H, and @linh_p.", ["noor.h", "linh_p"]),
        ("(@bob) **@carol**", ["bob", "carol"]),
        ("me@example.org `@bob` [@bob](https://a.example)", []),
        ("https://a.example/@bob and /@bob @ @x", []),
        ("```\n@bob\n```", []),
    ],
)
def test_mentions_link_to_profiles(written: str, handles: list[str]) -> None:
    shown = text.render(written)
    assert [handle for handle in handles if f'href="/@{handle}/"' in shown] == handles
    assert shown.count('href="/@') == len(handles)


def in_text(written: str) -> list[str]:
    """Hashtags that count, which are those that link."""
    found = text.tags(written)
    linked = re.findall(r'href="/tags/([^"]+)/"', text.render(written))
    assert list(dict.fromkeys(linked)) == [quote(name, safe="") for name in found]
    return found


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("#Lantern and #lantern, #LANTERN!", ["lantern"]),
        ("#Café #cafe #Straße #strasse", ["cafe", "strasse"]),
        ("#Foo_Bar (#b2b) **#bold** *#slant*", ["foo_bar", "b2b", "bold", "slant"]),
        ("#ภาษาไทย #tiếng_việt #हिन्दी #日本語 #привет", ["ภาษาไทย", "tieng_viet", "हिन्दी", "日本語", "привет"]),
        ("#1 #123_4 #_ # #- ##twice a#b é#b /#frag #b#c", []),
        ("`#code` [#words](https://a.example) https://a.example/#frag", []),
        ("```\n#code\n```", []),
        ("#" + "x" * 50 + " #" + "y" * 51, ["x" * 50]),
        ("#" + "\ufdfa" * 50, []),
        (" ".join(f"#tag{n}" for n in range(40)), [f"tag{n}" for n in range(30)]),
    ],
)
def test_hashtags_link_to_what_else_is_said(written: str, found: list[str]) -> None:
    assert in_text(text.clean(written, limit=5000)) == found


def test_who_is_mentioned_is_who_is_linked() -> None:
    assert text.mentions("@Bob, @bob and @carol `@dan` me@example.org") == ["bob", "carol"]
    many = " ".join(f"@p{n}" for n in range(80))
    shown = text.render(f"{many} @p0")
    assert text.mentions(many) == re.findall(r'href="/@(p\d+)/"', shown)[:-1] == [f"p{n}" for n in range(50)]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("@bob #tag see example.org, then https://b.example", "http://example.org"),
        ("[x](mailto:a@b.example) <https://a.example/1?q=2#x>", "https://a.example/1?q=2#x"),
        ("`https://a.example` write@example.org", ""),
        ("- a\n- [b](HTTPS://B.example/ü)", "HTTPS://B.example/%C3%BC"),
    ],
)
def test_the_first_link(written: str, found: str) -> None:
    assert text.first_link(written) == found


@pytest.mark.parametrize("word", ["@a{}", "#a{}", "@ab", "#ab", "@", "#"])
def test_ten_thousand_words_make_a_bounded_number_of_links(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written, the work beyond reading it is that of 50 people, 30 hashtags and 300 links."""
    monkeypatch.setattr(text, "HARD_LIMIT", 100_000)
    made: list[str] = []
    monkeypatch.setattr(text, "_profile_url", lambda name: made.append(name) or f"/@{name}/")
    monkeypatch.setattr(text, "tag_url", lambda name: made.append(name) or f"/tags/{name}/")
    written = " ".join(word.format(n) for n in range(10_000))
    begun = time.process_time()
    shown = text.render(written)
    taken = time.process_time() - begun
    links = re.findall('href="([^"]+)"', shown)
    assert len(set(links)) == len(made) <= 50
    assert len(links) <= 300
    assert taken < 1  # far from what it takes when it is quadratic


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//evil.example)",
    "[x](/logout/)",
    "[x](file:///etc/passwd)",
    '<https://a.example/"onmouseover=alert(1)>',
    '[x](https://a.example "t\\" onclick=alert(1)")',
    "![x](https://a.example/pixel.png)",
    "<style>*{display:none}</style>",
    "<a href='javascript:x'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "`<svg onload=alert(1)>`",
    "[x]: javascript:alert(1)\n\n[x]",
    "<!-- --><iframe src=//evil.example>",
]


def only_safe(shown: str) -> None:
    """No tag but ours, no attribute but ours, no scheme but ours."""
    for tag, attributes in re.findall(r"<\s*/?\s*([a-zA-Z!][^\s/>]*)([^>]*)>", shown):
        assert tag in text.TAGS, shown
        for name, value in re.findall(r"""([^\s=]+)="([^"]*)\"""", attributes):
            assert name in {"href", "rel", "start"}, shown
            if name == "href":
                assert re.match(
                    r"^(https?://[^/]|mailto:|/@[a-z0-9_.]+/$|/tags/[a-zA-Z0-9_.%~-]+/$)", value, re.IGNORECASE
                ), shown


@pytest.mark.parametrize("written", HOSTILE)
def test_hostile_text_is_shown_as_text(written: str) -> None:
    only_safe(text.render(written))


MARKS = ["*", "**", "`", "```\n", "> ", "- ", "1. ", "[", "](", ")", "<", ">", "\n", "\n\n", "\\", "&", '"']
PIECES = st.sampled_from([*HOSTILE, *MARKS, "@a.b", "#ab", "#é", "http://", "é", "\u202e", "x"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=60).map("".join))
def test_nothing_gets_through(written: str) -> None:
    shown = text.render(text.clean(written[:5000], limit=5000))
    only_safe(shown)
    assert len(text.plain(shown, 80)) <= 80


@pytest.mark.parametrize(
    "written",
    ["> " * 2500, "- " * 2500, "[" * 5000, "*" * 5000, "*a " * 1600, "`" * 5000, "![[](" * 1000, "<" * 5000,
     "_a**b" * 1000, "http://" * 700, "[a](" * 1250, "\\" * 5000, "&#" * 2500, "@aa" * 1600, "* a\n  " * 800,
     "`a``" * 1250, "#a" * 2500, "#ab " * 1250, "#" * 5000, "x.co " * 1000, "1. " * 1600, "a@" * 2500],
)  # fmt: skip
def test_the_worst_text_takes_little_time_and_stays_small(written: str) -> None:
    begun = time.process_time()
    shown = text.render(written)
    assert time.process_time() - begun < 1.5
    assert len(shown) < 40 * len(written)
    assert shown.count("<blockquote>") + shown.count("<ul>") + shown.count("<ol>") <= 2000


def test_nesting_is_bounded() -> None:
    assert text.render(">" * 4000 + "x").count("<blockquote>") <= 20


@pytest.mark.parametrize("written", ["x" * 10_000_000, "\r\n" * 5_000_000, "é" * 5001])
def test_what_is_too_long_is_refused_before_it_is_read(written: str) -> None:
    begun = time.process_time()
    with pytest.raises(errors.Invalid) as caught:
        text.clean(written, limit=5000, field="text")
    assert caught.value.field == "text"
    assert time.process_time() - begun < 0.2
    with pytest.raises(errors.Invalid):
        text.render("x" * 20_001)


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        (" a\r\nb\rc ", "a\nb\nc"),
        ("a\x00b\x1bc\ud800d", "abcd"),
        ("a\n\n \n\n\nb", "a\n\nb"),
        ("e\u0301", "é"),
        ("x\n" * 2500, ("x\n" * 2500).strip()),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_text_is_kept_clean(given_text: str, kept: str) -> None:
    assert text.clean(given_text, limit=5000) == kept


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Hello <strong>you</strong> &amp; me</p>\n<p>there</p>", "Hello you & me there"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("<p>" + "word " * 50 + "</p>", ("word " * 7).strip() + "…"),
        ("<p>" + "x" * 99 + "</p>", "x" * 39 + "…"),
        ("", ""),
    ],
)
def test_previews_are_plain_and_short(html: str, words: str) -> None:
    assert text.plain(html, 40) == words

import re
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import opengraph


def read(page: str | bytes, charset: str = "utf-8") -> opengraph.Page:
    body = page.encode() if isinstance(page, str) else page
    return opengraph.read(body, charset=charset, url="https://site.example/a/b?c")


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>Plain</title>", "Plain"),
        ("<title>Plain</title><meta property=og:title content=Graph>", "Graph"),
        ("<META NAME='Twitter:Title' CONTENT='Bird'><title>Plain</title>", "Bird"),
        ("<title>one</title><title>two</title>", "one"),
        ("<svg><title>drawn</title></svg><title>Page</title>", "Page"),
        ("<svg width=1 /><title>Page</title>", "Page"), ("<title></title><TITLE\n>b</TITLE >", "b"),
        ("<a b='<title>no</title>' c=\"<meta name=og:title content=no>\"><title>x</titles> y</title>", "x</titles> y"),
        ("<!--><title>a</title>-->", "a"), ("<!-- --!><title>a", "a"), ("<?xml <title>?></ x><title>a", "a"),
        ("<meta name=og:title name=other content=' a' content=b content>", "a"),
        ("<meta property=og:title content='a&#" + "9" * 9000 + ";'>", "a"),
        ("<meta property = og:title /content\n=\na>b</meta>", "a"), ("<meta content=a property=og:title", ""),
        ("<script>'<title>no</title>'</script><!-- <title>no</title> --><style>a</style><title>yes", "yes"),
        ("<title>  a \n\t b &amp; &lt;i&gt; &#x202e;c\u200b </title>", "a b & <i> c"),
        ("<title>" + "word " * 900 + "</title>", "word " * 38 + "word…"),
        ("<title>" + "x" * 500_000, "x" * 199 + "…"),
        ("", ""), ("<title></title>", ""), ("<title>\u200b</title>", ""), ("no page at all", ""),
        ("<" * 100_000, ""), ("<meta property='og:title' content='" + "x" * 300_000, ""),
    ],
)  # fmt: skip
def test_titles_are_one_line_of_words(page: str, title: str) -> None:
    found = read(page).title
    assert found == title
    assert len(found) <= opengraph.TITLE


def test_what_a_page_says_of_itself() -> None:
    page = read(
        "<meta property=og:title content=T><meta property=og:description content='" + "d " * 900 + "'>"
        "<meta property=og:site_name content=S><meta property=og:image content='../p.png?x=1&amp;y=2'>"
        "<meta property=og:image content=second>"
    )
    assert (page.title, page.site, page.picture) == ("T", "S", "https://site.example/p.png?x=1&y=2")
    assert len(page.description) <= opengraph.DESCRIPTION
    assert read("<meta property=og:image content='http://['>").picture == ""
    assert read("<meta property=og:image content='//other.example/p'>").picture == "https://other.example/p"


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("<title>Größe</title>".encode(), ""),
        ("<title>Größe</title>".encode(), "utf-8"),
        ("<title>Größe</title>".encode("latin-1"), "iso-8859-1"),
        ("<title>Größe</title>".encode("utf-16"), ""),
        (b"<meta charset='windows-1252'>" + "<title>Größe</title>".encode("cp1252"), ""),
        (b"<meta content='text/html; charset=latin1'>" + "<title>Größe</title>".encode("latin-1"), "nonsense"),
        ("<title>Größe</title>".encode(), "zip"),
        ("<title>Größe</title>".encode(), "idna"),
        ("<title>Größe</title>".encode(), "unicode_escape"),
        ("<title>Größe</title>".encode(), "a\x00b"),
    ],
)  # fmt: skip
def test_it_is_read_as_it_was_written(body: bytes, charset: str) -> None:
    assert read(body, charset).title == "Größe"


def many(piece: str) -> Callable[[int], str]:
    return lambda size: piece * (size // len(piece))


PIECES_OF_ATTACKS = (
    "< <! <!-- <a_ <a_b=' <a_b=\" <meta_ <title> & &# &#9 <div> <b> </ </a <![ <svg><a> <table> <p><b> <select> "
    "<meta_property=og:x_content=y> <? <a_b <script> </title <svg> <template> <!-- --> <!--> > -- = ' \" a= <a/ "
    "<a______ <a_b____ \u0345 &lt <meta_name=&#9"
)
ATTACKS: dict[str, Callable[[int], str]] = {
    piece: many(piece.replace("_", " ")) for piece in ["\x00", " ", *PIECES_OF_ATTACKS.split(" ")]
} | {
    # A tree of it has as many nodes as one number times the other.
    "formats": lambda size: "<p>" + "".join(f"<b a{n:06x}>" for n in range(size // 24)) + "<p>x" * (size // 8),
    "attributes": lambda size: "<meta " + "".join(f"a{n:06x}=1 " for n in range(size // 10)),
    "metas": lambda size: "".join(f"<meta name=a{n:06x} content=b>" for n in range(size // 29)),
    "digits": lambda size: "<meta property=og:title content='&#" + "9" * size + "'>",
    "marks": lambda size: "<title>a" + "\u0316\u0301" * (size // 2),
    "unclosed": lambda size: '<a b="' + "'<a c='" * (size // 7),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_worst_page_takes_little_time_and_room(attack: str) -> None:
    """Within what is looked at, so that more of it costs as much more: half the page half the time, with air."""

    def cost(size: int) -> tuple[float, int]:
        page = ATTACKS[attack](size).encode()
        begun = time.process_time()
        read(page)
        spent = time.process_time() - begun
        tracemalloc.start()
        read(page)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return spent, peak

    cost(1000)
    small, (spent, room) = cost(opengraph.HEAD // 4), cost(opengraph.HEAD)
    assert spent < max(8 * small[0], 0.5)
    assert room < 8 * small[1] + 1_000_000
    assert room < 40_000_000


def test_no_tree_is_built() -> None:
    """Of a few kilobytes it took gigabytes, outside of what Python counts, and ended the process."""
    page = ATTACKS["formats"](48_000)
    code = (
        f"import resource; from core import opengraph; resource.setrlimit(resource.RLIMIT_AS, (400 << 20,) * 2); "
        f"print(opengraph.read({page.encode()!r}, charset='', url='https://site.example/'))"
    )
    subprocess.run([sys.executable, "-c", "import sys; exec(sys.stdin.read())"], input=code.encode(), check=True)  # noqa: S603


PIECES_OF_PAGES = (
    "<title> </title> <meta/property='og:title'/content=' '> <svg> <!-- --> &#0; &#xd800; \x00 \u202e <math> "
    "</script> <noscript>"
)
PIECES = st.sampled_from([*PIECES_OF_PAGES.split(" "), "<script>", "<template>", "\ufffe", "words "])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(PIECES.map(str.encode), st.binary(max_size=8)), max_size=40).map(b"".join), st.text(max_size=9)
)
def test_whatever_comes_is_words_that_can_be_kept(body: bytes, charset: str) -> None:
    page = opengraph.read(body, charset=charset, url="https://site.example/")
    for said, limit in ((page.title, 200), (page.description, 400), (page.site, 80)):
        assert len(said) <= limit
        assert not re.search(r"[\x00-\x1f\u202a-\u202e\ud800-\udfff]", said)

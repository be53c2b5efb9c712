import re
import time

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


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<!",
        "<!--",
        "<a ",
        "<a b='",
        "<meta ",
        "<title>",
        "&",
        "&#",
        "<div>",
        "<b>",
        "</",
        "<![",
        "<svg><a>",
        "<table>",
        "<p><b>",
        "<select>",
        "<meta property=og:x content=y>",
        "\x00",
        "<?",
        "<a b",
    ],
)
def test_the_worst_page_takes_little_time(piece: str) -> None:
    begun = time.process_time()
    read(piece * (512 * 1024 // len(piece)))
    assert time.process_time() - begun < 4


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

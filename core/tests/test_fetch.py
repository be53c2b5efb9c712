"""What an attacker tries with a link: to have us ask our own machines, or to keep us busy."""

import datetime
import gzip
import ipaddress
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core import fetch
from core.tests.webs import Web, let_through, moved, opened, reply

HTML = ("text/html",)
URL = "http://site.example/"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with opened(monkeypatch) as web:
        yield web


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whom we connected to: nobody, if all is well."""
    gone: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda *args, **kwargs: gone.append(args))
    return gone


def get(url: str = URL, *, most: int = 100_000, **more: Any) -> fetch.Answer:
    return fetch.get(url, kinds=HTML, most=most, **more)


# -- Addresses that are none of ours to ask

NO_HOST = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "017700000001",
    "127.0.0.1.", "0", "0.0.0.0", "00.0.0.0", "1.2.3", "1.2.3.256", "1.2.3.4.5", "010.0.0.1", "08.8.8.8", "0x",
    "8.8.8.0x8",
    "\uff11\uff12\uff17.0.0.1", "\u2460\u2461\u2466.0.0.1", "127\u30020\u30020\u30021", "127.0.0.1\u3002",
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254", "192.0.0.192",
    "198.18.0.1", "192.88.99.1", "192.0.2.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[fe80::1]", "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[100::1]", "[3fff::1]", "[::1", "::1", "[127.0.0.1]",
    "[]",
    "localhost", "localhost.", "LOCALHOST", "metadata", "intranet", "a", "a.", "..", "a..b", ".example", "-.example-",
    "exa mple.org", "a.example%00.org", "a.example\t", "a" * 64 + ".example", "a." * 130 + "example",
    "xn--.example\u0301..",
]  # fmt: skip


@pytest.mark.parametrize("host", NO_HOST)
def test_no_spelling_of_an_inner_address_is_asked(host: str, nowhere: list[Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(fetch, "lookup", lambda host, port: pytest.fail(f"{host} was looked up"))
    for scheme in ("http", "https"):
        with pytest.raises(fetch.Refused):
            get(f"{scheme}://{host}/")
    assert nowhere == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://site.example/_x", "ftp://site.example/", "dict://site.example:80/",
        "data:text/html,x",
        "javascript:alert(1)", "//site.example/", "site.example", "", "http:", "http:///x", "http:site.example",
        "http://site.example:22/", "http://site.example:443/", "https://site.example:80/", "http://site.example:8000/",
        "http://site.example:0/", "http://site.example:99999/", "http://site.example:x/", "http://site.example:-1/",
        "http://me@site.example/", "http://me:secret@site.example/", "http://@site.example/", "http://:@site.example/",
        "http://site.example\\@127.0.0.1/", "http://site.example#@127.0.0.1\\/", "http://127.0.0.1#@site.example/",
        "http://site.example/a b", "http://site.example/\r\nHost: evil", "http://site.example/\x00",
        "\nhttp://site.example/",
        "http://site.example/" + "x" * 2000,
    ],
)  # fmt: skip
def test_only_plain_addresses_of_the_web_are_asked(url: str, nowhere: list[Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(fetch, "lookup", lambda host, port: pytest.fail(f"{host} was looked up"))
    with pytest.raises(fetch.Refused):
        get(url)
    assert nowhere == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.0.0.5"], ["169.254.169.254"], ["100.100.100.200"], ["0.0.0.0"], ["224.0.0.251"], ["::1"],
        ["fe80::1%2"], ["fd00:ec2::254"], ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"], ["2002:a00:1::1"],
        ["93.184.215.14", "10.0.0.1"],
        ["10.0.0.1", "93.184.215.14"], ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::1"],
    ],
)  # fmt: skip
def test_a_name_of_which_one_address_is_not_public_is_not_asked(
    addresses: list[str], nowhere: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "lookup", lambda host, port: addresses)
    with pytest.raises(fetch.Refused):
        get()
    assert nowhere == []


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_asked(address: str) -> None:
    assert fetch.may_connect(ipaddress.ip_address(address), 443)
    assert not fetch.may_connect(ipaddress.ip_address(address), 8080)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("HTTP://Site.Example", "http://site.example/"),
        ("http://site.example:80/#part", "http://site.example/"),
        ("https://site.example.:443/a?b=c d".replace(" ", "+"), "https://site.example/a?b=c+d"),
        ("http://b\u00fccher.example/\u00fc?q=\u00fc&%41", "http://xn--bcher-kva.example/%C3%BC?q=%C3%BC&%41"),
        ("http://\uff42.example/", "http://b.example/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700:4700:0::1111]/", "http://[2606:4700:4700::1111]/"),
    ],
)
def test_an_address_has_one_spelling(url: str, same: str) -> None:
    assert fetch.target(url).url == same == fetch.target(same).url


# -- On the way

INNER = [
    "https://127.0.0.1/", "http://127.0.0.2/", "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/", "//10.0.0.1/",
    "http://2130706433/", "http://[::ffff:127.0.0.1]/", "http://localhost/", "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x",
    "http://me:secret@site.example/", "http://site.example:22/", "http://inner.example/", "//site.example\\@127.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("to", INNER)
def test_a_redirect_is_checked_like_the_first_address(to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"inner.example": ["10.1.2.3"], "metadata.google.internal": ["169.254.169.254"]}
    with opened(monkeypatch, names) as web:
        web.pages = {"/": moved(to), "/ok": moved("/")}
        for path in ("", "ok"):
            with pytest.raises(fetch.Refused):
                get(URL + path)
        assert len(web.asked) == 3


def test_three_redirects_are_followed_and_no_fourth(web: Web) -> None:
    web.pages = {f"/{n}": moved(f"/{n - 1}", "301 Moved", Set_Cookie="a=b") for n in range(1, 5)} | {"/0": reply("hi")}
    answer = get(URL + "3")
    assert (answer.url, answer.kind, answer.charset, answer.body) == (f"{URL}0", "text/html", "utf-8", b"hi")
    with pytest.raises(fetch.Refused):
        get(URL + "4")
    web.pages["/loop"] = moved("/loop")
    with pytest.raises(fetch.Refused):
        get(URL + "loop")
    assert not [head for head in web.asked if "cookie" in head.lower() or "referer" in head.lower()]


def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check and the connection use one answer; the next hop asks again, and checks again."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]])
    web = Web()
    looked = let_through(monkeypatch, web, "http", {"site.example": lambda: next(answers)})
    try:
        web.pages = {"/": moved("/inner"), "/inner": reply("secret"), "/last": reply("hi")}
        with pytest.raises(fetch.Refused):
            get()
        assert (looked, len(web.asked)) == (["site.example"] * 2, 1)
        assert get(URL + "last").body == b"hi"
        assert len(looked) == 3
    finally:
        web.stop()


def test_names_of_ours_are_not_tried_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: asked.append(args) or [])
    with pytest.raises(fetch.Unreachable):
        get()
    assert asked == [("site.example.", 80)]


def test_it_says_who_asks_and_asks_no_proxy(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    web.pages["/a?b=c"] = reply("hi")
    get(f"{URL}a?b=c#d")
    lines = web.asked[0].splitlines()
    assert lines[0] == "GET /a?b=c HTTP/1.1"
    assert "Host: site.example" in lines
    assert [line for line in lines if line.startswith("User-Agent: Socialsite/1 (link previews; +http")]


# -- TLS


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert", folder / "key"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return cert, secret


@pytest.mark.parametrize(
    ("name", "trusted", "good"),
    [("site.example", True, True), ("site.example", False, False), ("other.example", True, False)],
)
def test_certificates_are_checked_for_the_name_in_the_link(
    name: str, trusted: bool, good: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = certificate(tmp_path, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    asked: list[str | None] = []
    context.sni_callback = lambda _line, host, _context: asked.append(host)
    web = Web(context)
    let_through(monkeypatch, web, "https")
    if trusted:
        monkeypatch.setattr("certifi.where", lambda: str(cert))
    web.pages["/"] = reply("hi")
    try:
        if good:
            assert get("https://site.example/").body == b"hi"
        else:
            with pytest.raises(fetch.Unreachable):
                get("https://site.example/")
        assert asked == ["site.example"]
        assert bool(web.asked) is good
    finally:
        web.stop()


# -- What keeps one busy


def drip(before: bytes, piece: bytes) -> Any:
    def say(line: socket.socket, path: str) -> None:
        line.sendall(before)
        while True:
            line.sendall(piece)
            time.sleep(0.02)

    return say


def flood(before: bytes, piece: bytes) -> Any:
    def say(line: socket.socket, path: str) -> None:
        line.sendall(before)
        while True:
            line.sendall(piece)

    return say


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(drip(HEAD + b"\r\n", b"x"), id="a slow body"),
        pytest.param(drip(HEAD + b"Content-Length: 90000\r\n\r\n", b"x"), id="a slow body with a length"),
        pytest.param(drip(HEAD, b"x"), id="a slow head"),
        pytest.param(drip(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"), id="for ever continue"),
        pytest.param(drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), id="slow chunks"),
        pytest.param(drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"), id="an endless end"),
        pytest.param(drip(b"", b""), id="silence"),
    ],
)
def test_time_ends_whatever_drips(say: Any, web: Web) -> None:
    web.pages["/"] = say
    began = time.monotonic()
    with pytest.raises(fetch.Unreachable):
        get(seconds=0.4)
    assert time.monotonic() - began < 2


def test_the_time_is_for_all_hops_together(web: Web) -> None:
    def late(line: socket.socket, path: str) -> None:
        time.sleep(0.3)
        line.sendall(moved("/again"))

    web.pages = dict.fromkeys(("/", "/again"), late)
    began = time.monotonic()
    with pytest.raises(fetch.Unreachable):
        get(seconds=0.5)
    assert time.monotonic() - began < 2


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "lookup", lambda host, port: time.sleep(1.5) or ["8.8.8.8"])
    began = time.monotonic()
    with pytest.raises(fetch.Unreachable):
        get(seconds=0.2)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(flood(HEAD, b"X-More: " + b"x" * 1000 + b"\r\n"), id="endless heads"),
        pytest.param(flood(HEAD + b"X-Long: ", b"x" * 65536), id="an endless line"),
        pytest.param(flood(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 65536), id="an endless chunk size"),
        pytest.param(b"nonsense\r\n\r\n", id="no HTTP"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", id="a chunk of no size"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset*=a\0b''x\r\n\r\nhi", id="no charset"),
    ],
)
def test_what_is_no_answer_ends_soon(say: Any, web: Web) -> None:
    web.pages["/"] = say
    with pytest.raises(fetch.Unreachable):
        get()


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(flood(HEAD + b"\r\n", b"x" * 65536), id="an endless body"),
        pytest.param(reply(b"x" * 100_001), id="one byte too many"),
        pytest.param(reply(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip"), id="a bomb"),
        pytest.param(
            reply(gzip.compress(gzip.compress(b"\0" * 50_000_000)), Content_Encoding="gzip, gzip"), id="two bombs"
        ),
        pytest.param(reply(zlib.compress(b"x"), Content_Encoding="br"), id="packed otherwise"),
        pytest.param(reply(b"no gzip", Content_Encoding="gzip"), id="packed badly"),
        pytest.param(
            flood(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], b"\0\0\0\xff\xff" * 9999),
            id="packed nothing",
        ),
    ],
)
def test_what_is_too_large_is_refused_when_it_is(say: Any, web: Web) -> None:
    web.pages["/"] = say
    with pytest.raises(fetch.Refused):
        get()


def test_sizes_are_those_after_unpacking(web: Web) -> None:
    web.pages["/"] = reply(gzip.compress(b"x" * 100_000), Content_Encoding="gzip")
    assert len(get().body) == 100_000
    web.pages["/"] = reply(gzip.compress(b"x" * 50_000_000), Content_Encoding="gzip")
    assert get(cut=True).body == b"x" * 100_000


@pytest.mark.parametrize(
    "kind", ["", "application/pdf", "application/octet-stream", "image/svg+xml", "text/plain", "x", "text/htmlx"]
)
def test_other_types_are_not_read(kind: str, web: Web) -> None:
    web.pages["/"] = reply("hi", kind)
    with pytest.raises(fetch.Refused):
        get()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("500 Oh", fetch.Unreachable),
        ("429 Later", fetch.Unreachable),
        ("404 Gone", fetch.Refused),
        ("204 None", fetch.Refused),
        ("304 Same", fetch.Refused),
    ],
)
def test_what_may_be_otherwise_later_says_so(status: str, kind: type[Exception], web: Web) -> None:
    web.pages["/"] = reply("", status=status)
    with pytest.raises(kind):
        get()


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web()
    let_through(monkeypatch, web, "http")
    web.stop()
    with pytest.raises(fetch.Unreachable):
        get()

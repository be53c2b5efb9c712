"""Fetches what strangers link to, for workers: never in a request or a transaction, and never from our own network.

Each hop is looked up once, every address of the answer must be a public one, and the connection goes to what was looked
up, so that a name which answers differently the next time gains nothing. All of a fetch together has one time limit,
which cuts the line whatever the other end drips; bodies are counted as they are after decompression. No cookies, no
proxies, no credentials; the redirects are followed here, where each is checked like the first address.
"""

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import certifi
import idna
from django.conf import settings

SECONDS = 5.0
REDIRECTS = 3
LONGEST_URL = 2000
PORTS = {"http": 80, "https": 443}
CHUNK = 16 * 1024
TRIES = 3  # addresses of one name
MOVED = (301, 302, 303, 307, 308)
LATER = (408, 425, 429)  # and what begins with a 5: worth another attempt

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# `is_global` knows most; these carry or mean other addresses, or are not for everybody.
NEVER: list[Network] = [
    ipaddress.ip_network(one)
    for one in (
        *("0.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15"),
        *("168.63.129.16/32",),  # asked by machines of one cloud for their secrets
        *("224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
]
UNICAST = ipaddress.ip_network("2000::/3")  # all of IPv6 that is given out; not mapped (::ffff:), not NAT64 (64:ff9b:)
NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)", re.IGNORECASE)
NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")


class Refused(Exception):
    """It will be so the next time as well: not an address we go to, not what was asked for, too large."""


class Unreachable(Exception):
    """It may be otherwise later: no such name, no answer, too slow."""


@dataclass(frozen=True)
class Target:
    """An address as we ask for it; `host` in small ASCII letters, `path` with its query."""

    scheme: str
    host: str
    path: str

    @property
    def url(self) -> str:
        return urlunsplit((self.scheme, self.authority, *self.path.partition("?")[::2], ""))

    @property
    def authority(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


@dataclass(frozen=True)
class Answer:
    """`url` is where it came from in the end, `kind` its media type without parameters."""

    url: str
    kind: str
    charset: str
    body: bytes


def target(url: str) -> Target:
    """What an address asks for, in one spelling; Refused for what we never go to. No fragment, no default port."""
    if len(url) > LONGEST_URL or re.search(r"[\x00-\x20\x7f\\]", url):
        raise Refused("not an address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("not an address") from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS or port not in (None, PORTS[scheme]) or "@" in parts.netloc:
        raise Refused("not an address of the web")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return Target(scheme, _host(host, literal="[" in parts.netloc), f"{path}?{query}" if query else path)


def get(url: str, *, kinds: Collection[str], most: int, cut: bool = False, seconds: float = SECONDS) -> Answer:
    """What stands at `url`, of one of these media types ("text/html", or "image/" for all of them) and at most `most`
    bytes long; longer is Refused, or with `cut` its beginning."""
    with _line(time.monotonic() + seconds) as line:
        for _hop in range(REDIRECTS + 1):
            asked = target(url)
            with line.ask(asked) as answer:
                if answer.status not in MOVED:
                    return _answer(line, asked, answer, kinds, most, cut)
                url = urljoin(asked.url, answer.headers.get("Location", ""))
    raise Refused("too many redirects")


# -- Where one may go --------------------------------------------------------------------------------------------------


def is_public(address: Address) -> bool:
    """Whether an address is somebody's on the internet, and not this machine's, this network's or a way around."""
    if isinstance(address, ipaddress.IPv6Address) and address not in UNICAST:
        return False
    return address.is_global and not any(address in network for network in NEVER)


def may_connect(address: Address, port: int) -> bool:
    return is_public(address) and port in PORTS.values()


def _host(given: str, *, literal: bool) -> str:
    """A name or an IP address in its one spelling. What a resolver would take for an address (127.1, 0x7f000001,
    2130706433, 0177.0.0.1) but is none as it is written is refused."""
    try:
        if literal and "%" not in given:
            return str(ipaddress.IPv6Address(given))
        name = given.removesuffix(".")
        name = name.lower() if name.isascii() else idna.encode(name, uts46=True).decode()
        if NUMBER.fullmatch(name.rpartition(".")[2]):
            return str(ipaddress.IPv4Address(name))
    except (ValueError, UnicodeError):  # idna's errors are UnicodeErrors
        raise Refused("not a host") from None
    if not NAME.fullmatch(name):
        raise Refused("not a host")
    return name


def _addresses(host: str, port: int, seconds: float) -> list[Address]:
    """All addresses of a host, from one look-up; Refused if one of them is not public."""
    try:
        found = [ipaddress.ip_address(host)]
    except ValueError:
        found = _looked_up(host, port, seconds)
    if not all(may_connect(address, port) for address in found):
        raise Refused("not a public address")
    return found


def lookup(host: str, port: int) -> list[str]:
    """Asks the resolver for exactly this name: the dot keeps it from trying our own domains."""
    return [str(row[4][0]) for row in socket.getaddrinfo(f"{host}.", port, type=socket.SOCK_STREAM)]


def _looked_up(host: str, port: int, seconds: float) -> list[Address]:
    """The resolver has its own idea of time, so a thread waits for it, and we only as long as there is time."""
    found: list[str] = []

    def ask() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            found.extend(lookup(host, port))

    thread = threading.Thread(target=ask, name="lookup", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    if not found or thread.is_alive():
        raise Unreachable("no such name")
    return [ipaddress.ip_address(one.partition("%")[0]) for one in dict.fromkeys(found)]


# -- The line ----------------------------------------------------------------------------------------------------------


class _Line:
    """What a fetch has open. When its time is over everything is cut: no end can drip on."""

    def __init__(self, end: float) -> None:
        self.end = end
        self.open: list[socket.socket] = []
        self.lock = threading.Lock()
        self.over = False
        self.timer = threading.Timer(max(0.0, end - time.monotonic()), self.cut)
        self.timer.daemon = True

    @property
    def left(self) -> float:
        left = self.end - time.monotonic()
        if left <= 0 or self.over:
            raise Unreachable("too slow")
        return left

    def keep(self, sock: socket.socket) -> None:
        """A second handle of the connection, for `cut`: TLS takes the first one apart."""
        with self.lock:
            self.open.append(sock.dup())
        if self.over:
            self.cut()

    def cut(self) -> None:
        with self.lock:
            self.over = True
            for sock in self.open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.timer.cancel()
        with self.lock:
            for sock in self.open:
                sock.close()
            self.open.clear()

    def connect(self, asked: Target) -> socket.socket:
        port = PORTS[asked.scheme]
        for address in _addresses(asked.host, port, self.left)[:TRIES]:
            try:
                sock = socket.create_connection((str(address), port), timeout=self.left)
            except OSError:
                continue
            self.keep(sock)
            return tls().wrap_socket(sock, server_hostname=asked.host) if asked.scheme == "https" else sock
        raise Unreachable("no answer")

    @contextlib.contextmanager
    def ask(self, asked: Target) -> Iterator[http.client.HTTPResponse]:
        """The answer with its head read; its body is read within."""
        # http.client bounds the length of lines and the number of heads, and follows nothing by itself.
        connection = http.client.HTTPConnection(asked.host, PORTS[asked.scheme])
        try:
            connection.sock = self.connect(asked)
            connection.sock.settimeout(self.left)
            connection.request("GET", asked.path, headers=_words(asked))
            yield connection.getresponse()
        # TLS that does not hold is an OSError, heads that make no sense are ValueErrors here and there.
        except (OSError, http.client.HTTPException, EOFError, ValueError) as error:
            raise Unreachable("too slow" if self.over else type(error).__name__) from None
        finally:
            connection.close()


@contextlib.contextmanager
def _line(end: float) -> Iterator[_Line]:
    line = _Line(end)
    line.timer.start()
    try:
        yield line
    finally:
        line.close()


def tls() -> ssl.SSLContext:
    """Certificates are checked, and whose they are; nothing of the environment is asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    return context


def _words(asked: Target) -> dict[str, str]:
    return {
        "Host": asked.authority,
        "User-Agent": f"Socialsite/1 (link previews; +{settings.SITE_URL}/)",
        "Accept": "text/html,application/xhtml+xml,image/*;q=0.8",
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }


# -- What comes --------------------------------------------------------------------------------------------------------


def _answer(
    line: _Line, asked: Target, answer: http.client.HTTPResponse, kinds: Collection[str], most: int, cut: bool
) -> Answer:
    if answer.status in LATER or answer.status >= 500:
        raise Unreachable(f"answers {answer.status}")
    if answer.status != 200:
        raise Refused(f"answers {answer.status}")
    kind = answer.headers.get_content_type() if "Content-Type" in answer.headers else ""
    if not any(kind == one or (one.endswith("/") and kind.startswith(one)) for one in kinds):
        raise Refused("not what was asked for")
    charset = answer.headers.get_content_charset() or ""
    return Answer(asked.url, kind, charset, _body(line, answer, most, cut))


def _body(line: _Line, answer: http.client.HTTPResponse, most: int, cut: bool) -> bytes:
    body = bytearray()
    for piece in _unpacked(line, answer, most):
        body += piece
        if len(body) > most:
            if cut:
                break
            raise Refused("too large")
    return bytes(body[:most])


def _unpacked(line: _Line, answer: http.client.HTTPResponse, most: int) -> Iterator[bytes]:
    """The body in pieces of bounded size, however small they came over the line."""
    packing = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("gzip", "x-gzip", "identity", ""):
        raise Refused("packed in a way we do not know")
    opener: Any = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in packing else None
    came = 0
    while line.left and (piece := answer.read(CHUNK)):
        came += len(piece)
        if came > most and opener:  # what unpacks to less than it is, or to nothing
            raise Refused("too large")
        if opener is None:
            yield piece
            continue
        try:
            while piece and not opener.eof:
                yield opener.decompress(piece, CHUNK)
                piece = opener.unconsumed_tail
        except zlib.error:
            raise Refused("packed badly") from None
    if line.over:  # a cut line looks like an end
        raise Unreachable("too slow")

"""A web server on a free port that says what a test wants, byte for byte; and how `core.fetch` gets there."""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core import fetch

Say = Callable[[socket.socket, str], None]


class Web:
    """`pages`: path -> the whole answer, or a function that says it. `asked` are the heads of the requests."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, bytes | Say] = {}
        self.asked: list[str] = []
        self.context = context
        self.ended = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.ended.is_set():
            with contextlib.suppress(OSError):
                line, _who = self.listener.accept()
                threading.Thread(target=self.answer, args=(line,), daemon=True).start()

    def answer(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            line.settimeout(10)
            if self.context is not None:
                line = self.context.wrap_socket(line, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head and (piece := line.recv(4096)):
                head += piece
            self.asked.append(head.decode())
            path = head.split(b" ")[1].decode()
            page = self.pages.get(path, reply(b"", status="404 Not Found"))
            if callable(page):
                page(line, path)
            else:
                line.sendall(page)
            line.close()

    def stop(self) -> None:
        self.ended.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(2)


def reply(body: bytes | str, kind: str = "text/html; charset=utf-8", *, status: str = "200 OK", **heads: str) -> bytes:
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in heads.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def moved(to: str, status: str = "302 Found", **heads: str) -> bytes:
    return reply(b"", status=status, Location=to, **heads)


@contextlib.contextmanager
def opened(monkeypatch: pytest.MonkeyPatch, names: dict[str, Any] | None = None) -> Iterator[Web]:
    """A web that answers to `names` (name -> addresses, or a function of them; default: site.example is here). Only its
    own address and port are let through; everything else is as it is."""
    web = Web()
    let_through(monkeypatch, web, "http", names)
    try:
        yield web
    finally:
        web.stop()


def let_through(
    monkeypatch: pytest.MonkeyPatch, web: Web, scheme: str, names: dict[str, Any] | None = None
) -> list[str]:
    """What was looked up."""
    here, looked, real = ipaddress.ip_address("127.0.0.1"), [], fetch.may_connect
    known = {"site.example": ["127.0.0.1"], **(names or {})}

    def lookup(host: str, port: int) -> list[str]:
        looked.append(host)
        found = known.get(host, [])
        return found() if callable(found) else found

    monkeypatch.setattr(fetch, "PORTS", {**fetch.PORTS, scheme: web.port})
    monkeypatch.setattr(
        fetch, "may_connect", lambda address, port: (address, port) == (here, web.port) or real(address, port)
    )
    monkeypatch.setattr(fetch, "lookup", lookup)
    return looked

"""A realtime process of its own, under either server, with SQLite in a folder of its own."""

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

HOUSE = Path(__file__).resolve().parents[2]
ORIGIN = "http://localhost:8000"
SERVERS = ("uvicorn", "daphne")

PEOPLE = """
import json
from django.test import Client
from accounts.tests.factories import log_in, make_user
from chat.models.conversations import Conversation, Kind, Membership
made = []
for room in range(ROOMS):
    group = Conversation.objects.create(kind=Kind.GROUP, members_count=ROOM)
    keys, ids = [], []
    for place in range(ROOM):
        person = make_user()
        Membership.objects.create(conversation=group, user=person)
        client = Client()
        log_in(client, person)
        keys.append(client.session.session_key)
        ids.append(person.pk)
    made.append({"talk": group.pk, "keys": keys, "ids": ids})
print("MADE", json.dumps(made))
"""


class Served:
    def __init__(self, kind: str, folder: Path, **env: str) -> None:
        self.kind = kind
        kept = {key: value for key, value in os.environ.items() if key not in ("SOCIALSITE_TESTING", "DATA_DIR")}
        self.port = free_port()
        self.env = kept | {
            "DATA_DIR": str(folder),
            "SITE_URL": ORIGIN,
            "PORT": str(self.port),
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "SECRET_KEY": "only-for-tests-" * 4,
            "REALTIME_SERVER": kind,
            **env,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=HOUSE,
            env={**self.env, "SOCIALSITE_TESTING": "1"},  # the factories' quick hasher
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def people(self, *, rooms: int = 1, room: int = 2) -> list[dict[str, Any]]:
        """Rooms of fresh members who are logged in: {talk, keys of their sessions, ids}."""
        told = self.manage("shell", "-v", "0", "-c", f"ROOMS, ROOM = {rooms}, {room}\n{PEOPLE}")
        return json.loads(next(line for line in told.splitlines() if line.startswith("MADE ")).removeprefix("MADE "))

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "manage.py", "realtime"], cwd=HOUSE, env=self.env)
        end = time.monotonic() + 60
        while self.status("/healthz") != 200:
            assert self.process.poll() is None, "it ended"
            assert time.monotonic() < end, "it does not answer"
            time.sleep(0.05)

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except (urllib.error.URLError, OSError):
            return 0

    def stop(self, seconds: float = 20) -> int:
        """Asks it to end; returns its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def line(self, key: str, **options: Any) -> connect:
        headers = {"Cookie": f"session={key}"}
        address = f"ws://127.0.0.1:{self.port}/ws/"
        return connect(address, origin=ORIGIN, additional_headers=headers, proxy=None, **options)  # type: ignore[arg-type]

    def plain_socket(self, key: str) -> socket.socket:
        """A WebSocket that was opened by hand: it answers nothing that we do not answer."""
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.settimeout(20)
        made.connect(("127.0.0.1", self.port))
        made.sendall(
            (
                f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: {ORIGIN}\r\n"
                f"Cookie: session={key}\r\n\r\n"
            ).encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += made.recv(1)
        assert b" 101 " in head.split(b"\r\n")[0], head
        return made


def client_frame(payload: bytes, *, opcode: int = 1, fin: bool = True) -> bytes:
    """As a browser sends it (RFC 6455, 5.2)."""
    mask, size = secrets.token_bytes(4), len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    else:
        length = b"\xfe" + size.to_bytes(2, "big") if size < 65536 else b"\xff" + size.to_bytes(8, "big")
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return bytes([(0x80 if fin else 0) | opcode]) + length + mask + masked


def server_frame(line: socket.socket) -> tuple[int, bytes]:
    """Opcode and payload of the next one."""

    def take(size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = line.recv(size - len(data))
            assert more, "the line has ended"
            data += more
        return data

    first, size = take(2)
    if size > 125:
        size = int.from_bytes(take(2 if size == 126 else 8), "big")
    return first & 0x0F, take(size)


def free_port() -> int:
    """Below those that the system hands out by itself."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


async def hear(line: ClientConnection, *kinds: str, seconds: float = 20) -> dict[str, Any]:
    """The next frame of one of these kinds."""
    async with asyncio.timeout(seconds):
        while (frame := json.loads(await line.recv()))["type"] not in kinds:
            pass
    return dict(frame)


async def ask(line: ClientConnection, kind: str, **data: Any) -> dict[str, Any]:
    """The reply or the error, as a whole."""
    id = secrets.token_hex(8)
    await line.send(json.dumps({"type": kind, "id": id, "data": data}))
    async with asyncio.timeout(30):
        while (frame := json.loads(await line.recv())).get("re") != id:
            pass
    return dict(frame)

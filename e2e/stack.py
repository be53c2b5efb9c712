"""The site as four processes on PostgreSQL and Redis of its own, each of which can be killed; and people who use it.

What the people did is kept beside what the site has acknowledged, so that both can be compared afterwards.
"""

import asyncio
import contextlib
import http.client
import http.cookiejar
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websockets

from deploy.services import Services, free_port

HOUSE = Path(__file__).resolve().parent.parent
PROCESSES = ("web", "realtime", "worker", "beat")
PASSWORD = "correct horse battery"
READY_SECONDS = 60


# -- Processes --------------------------------------------------------------------------------------------------------


class Stack:
    """Services and processes in one folder. The worker also runs e2e.recording, which writes down what it is given."""

    def __init__(self, folder: Path, *, prepare: Callable[["Stack"], object] = lambda _stack: None) -> None:
        self.folder, self.prepare = folder, prepare
        # Not the careless ones of other tests: those lose commits with the server (synchronous_commit=off).
        self.services = Services(folder / "services")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.lines = dict(line.split(": ", 1) for line in (HOUSE / "Procfile").read_text().splitlines())
        self.lines["worker"] = self.lines["worker"].replace("-A socialsite ", "-A e2e.recording ")
        self.log = (folder / "stack.log").open("ab")
        port, realtime_port = free_port(), free_port()
        while realtime_port == port:
            realtime_port = free_port()
        self.base = f"http://localhost:{port}"
        self.socket = f"ws://127.0.0.1:{realtime_port}/ws/"
        self.environ = {
            **{name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(HOUSE),
            "PYTHONUNBUFFERED": "1",
            "DATA_DIR": str(folder / "data"),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "REALTIME_PORT": str(realtime_port),
            "REALTIME_URL": self.socket,
            "RATE_LIMIT_EXEMPT": "127.0.0.1",  # all visitors of a run share one address
            "SITE_URL": self.base,
            "SECRET_KEY": secrets.token_urlsafe(48),
        }

    def __enter__(self) -> "Stack":
        try:
            self.environ |= self.services.start()
            with ThreadPoolExecutor() as both:
                static = both.submit(self.manage, "collectstatic", "--noinput", "--verbosity", "0")
                self.manage("migrate", "--verbosity", "0")
                self.prepare(self)
                static.result()
            for name in PROCESSES:
                self.start(name)
            self.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        for name in PROCESSES:
            self.kill(name, signal.SIGTERM)
        for name in PROCESSES:
            self.wait_gone(name)
        self.services.remove()
        self.log.close()

    def manage(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=HOUSE,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, f"manage.py {' '.join(words)}: {done.stdout} {self.tail()}"
        return done

    def start(self, name: str) -> None:
        assert not self.runs(name)
        self.processes[name] = subprocess.Popen(
            ["sh", "-c", f"exec env {self.lines[name]}"],
            cwd=HOUSE,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def runs(self, name: str) -> bool:
        return name in self.processes and self.processes[name].poll() is None

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """One process alone is asked to end (its children are its own business), or all of them are killed."""
        if self.runs(name):
            process = self.processes[name]
            send = os.killpg if number == signal.SIGKILL else os.kill
            send(process.pid, number)
        if number == signal.SIGKILL:
            self.wait_gone(name)

    def wait_gone(self, name: str) -> None:
        if (process := self.processes.get(name)) is None:
            return
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def kill_redis(self) -> None:
        os.kill(self.services._redis_pid(), signal.SIGKILL)
        wait_for(lambda: not self.services._redis_pid(), "Redis is dead")

    def kill_postgres(self) -> None:
        """The postmaster alone, as the kernel would when memory runs out; its children see that and end."""
        pid = int((self.services._cluster / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def tail(self) -> str:
        return (self.folder / "stack.log").read_text(errors="replace")[-4000:]

    def wait_ready(self) -> None:
        def ready() -> bool:
            ended = [name for name in PROCESSES if not self.runs(name)]
            assert not ended, f"{ended} ended: {self.tail()}"
            return Person(self, "nobody").status("/readyz") == 200 and port_open(int(self.environ["REALTIME_PORT"]))

        wait_for(ready, "the stack is ready", seconds=READY_SECONDS)

    def mails(self, address: str) -> list[str]:
        """What was sent to an address, oldest first."""
        found = []
        for path in sorted((self.folder / "data" / "mail").glob("*"), key=lambda path: path.stat().st_mtime_ns):
            text = path.read_text(errors="replace")
            if f"\nTo: {address}" in text:
                found.append(text)
        return found


def port_open(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], Any], what: str, *, seconds: float = 30, every: float = 0.05) -> Any:
    """What the condition says, once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {seconds} s in vain: {what}"
        time.sleep(every)
    return value


# -- People -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Any

    def json(self) -> Any:
        return json.loads(self.body)


GONE = Answer(0, b"", {})  # nobody answered


class SameAddress(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        """Redirects are answers."""


class Person:
    """Somebody with a browser's cookies and, after log_in, an app's token."""

    def __init__(self, stack: Any, handle: str) -> None:
        self.stack, self.handle, self.email = stack, handle, f"{handle}@example.org"
        self.cookies = http.cookiejar.CookieJar()
        self.browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies), SameAddress()
        )
        self.token, self.id = "", 0

    def ask(self, method: str, path: str, *, body: bytes | None = None, kind: str = "", seconds: float = 15) -> Answer:
        request = urllib.request.Request(self.stack.base + path, data=body, method=method)
        if kind:
            request.add_header("Content-Type", kind)
        if path.startswith("/api/") and self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with self.browser.open(request, timeout=seconds) as answer:
                return Answer(answer.status, answer.read(), answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), error.headers)
        except (OSError, http.client.HTTPException):
            return GONE

    def status(self, path: str) -> int:
        return self.ask("GET", path).status

    def api(self, method: str, path: str, data: Any = None) -> Answer:
        body = None if data is None else json.dumps(data).encode()
        return self.ask(method, f"/api/v1/{path}", body=body, kind="application/json" if body else "")

    def submit(self, path: str, **fields: str) -> Answer:
        """A form of a page, with its token; the page is fetched first."""
        page = self.ask("GET", path)
        found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
        if not found:
            return page
        fields["csrfmiddlewaretoken"] = found[1].decode()
        body = urllib.parse.urlencode(fields).encode()
        return self.ask("POST", path, body=body, kind="application/x-www-form-urlencoded")

    def upload(self, picture: bytes, *, name: str = "picture.png") -> Answer:
        edge = uuid.uuid4().hex
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\npost\r\n'.encode()]
        parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode())
        parts.append(b"Content-Type: image/png\r\n\r\n" + picture + f"\r\n--{edge}--\r\n".encode())
        return self.ask("POST", "/api/v1/uploads", body=b"".join(parts), kind=f"multipart/form-data; boundary={edge}")

    def ask_to_join(self) -> int:
        """The sign-up form; 302 means that a code is on its way."""
        return self.submit(
            "/signup/", email=self.email, display_name=self.handle.title(), handle=self.handle, password=PASSWORD
        ).status

    def code(self, *, seconds: float = 30) -> str:
        mails = wait_for(lambda: self.stack.mails(self.email), f"mail to {self.email}", seconds=seconds)
        found = re.search(r"^\s*(\d{6})\s*$|\b(\d{6})\b", mails[-1].split("\n\n", 1)[1], re.M)
        assert found, mails[-1]
        return found[1] or found[2]

    def join(self) -> "Person":
        """Signs up in the browser and logs in as an app."""
        status = self.ask_to_join()
        assert status == 302, status
        answer = self.submit("/signup/code/", code=self.code())
        assert answer.status == 302, answer.body.decode()[-3000:]
        return self.log_in()

    def log_in(self) -> "Person":
        answer = self.api("POST", "auth/login", {"login": self.handle, "password": PASSWORD})
        assert answer.status == 200, answer
        self.token, self.id = answer.json()["access"], answer.json()["user"]["id"]
        return self

    def ticket(self) -> str:
        answer = self.api("POST", "auth/ticket")
        return answer.json()["ticket"] if answer.status == 200 else ""

    def post(self, text: str, *, tries: float = 120, pictures: tuple[str, ...] = ()) -> int:
        """Posts until it is acknowledged; the repeat carries the same client_id. Returns the post's id."""
        given = {"text": text, "client_id": uuid.uuid4().hex, "pictures": [{"key": key} for key in pictures]}
        end = time.monotonic() + tries
        while True:
            answer = self.api("POST", "posts", given)
            if answer.status == 201:
                return answer.json()["id"]
            assert time.monotonic() < end, f"not posted: {answer}"
            assert answer.status in {0, 429, 500, 502, 503}, answer
            time.sleep(0.3)

    def home(self) -> list[int]:
        """Ids of the whole home feed."""
        ids, cursor = [], ""
        while True:
            page = self.api("GET", f"posts?cursor={urllib.parse.quote(cursor)}").json()
            ids += [row["id"] for row in page["results"]]
            if not (cursor := page["next"] or ""):
                return ids


@dataclass
class Talker:
    """One end of a conversation as our script is: applies in order, resumes after a gap, sends until acknowledged."""

    person: Person
    conversation: int
    rev: int = 0
    held: dict[int, str] = field(default_factory=dict)  # seq -> text
    acked: dict[str, int] = field(default_factory=dict)  # text -> seq
    announced: set[int] = field(default_factory=set)  # posts that were announced live
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    refusals: dict[int, int] = field(default_factory=dict)  # status -> how often
    wrong: list[str] = field(default_factory=list)
    waiting: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    line: Any = None

    async def run(self) -> None:
        """Connects again and again until cancelled, and reads."""
        while True:
            ticket = await asyncio.to_thread(self.person.ticket)
            if ticket:
                with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                    async with websockets.connect(
                        f"{self.person.stack.socket}?ticket={ticket}", proxy=None, open_timeout=5, close_timeout=1
                    ) as self.line:
                        async for raw in self.line:
                            await self.hear(json.loads(raw))
            self.connected.clear()
            for waiting in self.waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError())
            await asyncio.sleep(0.5)

    async def hear(self, said: dict[str, Any]) -> None:
        kind, data = said["type"], said.get("data", {})
        if kind == "hello":
            self.connections += 1
            self.connected.set()
            await self.resume()
        elif kind in {"stale", "chat.behind"}:
            await self.resume()
        elif kind == "post.new":
            self.announced.add(data["post"])
        elif kind == "chat.message" and data["conversation"] == self.conversation:
            if data["rev"] == self.rev + 1:
                self.take(data)
            elif data["rev"] > self.rev:
                await self.resume()
        elif kind in {"ack", "error"} and str(said.get("re", "")).startswith("resume"):
            if kind == "ack":
                for row in data["messages"]:
                    self.take(row)
                self.rev = max(self.rev, data["rev"] if not data["reload"] else self.rev)
                if len(data["messages"]) and data["reload"]:
                    await self.resume()
            else:
                await asyncio.sleep(0.5)
                await self.resume()
        elif said.get("re") in self.waiting and not self.waiting[said["re"]].done():
            self.waiting[said["re"]].set_result(said)

    def take(self, row: dict[str, Any]) -> None:
        if self.held.setdefault(row["seq"], row["text"]) != row["text"]:
            self.wrong.append(f"seq {row['seq']}: {self.held[row['seq']]!r} and {row['text']!r}")
        self.rev = max(self.rev, row["rev"])

    async def resume(self) -> None:
        await self.say("chat.catch_up", f"resume{self.rev}", {"conversation": self.conversation, "after": self.rev})

    async def say(self, kind: str, id: str, data: dict[str, Any]) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.line.send(json.dumps({"type": kind, "id": id, "data": data}))

    async def send(self, text: str, *, seconds: float = 150) -> int:
        """Sends until acknowledged, with the same client_id. Returns seq."""
        client_id = str(uuid.uuid4())
        data = {"conversation": self.conversation, "client_id": client_id, "text": text}
        async with asyncio.timeout(seconds):
            while True:
                await self.connected.wait()
                answer = self.waiting[client_id] = asyncio.get_running_loop().create_future()
                await self.say("chat.send", client_id, data)
                try:
                    said = await asyncio.wait_for(answer, 10)
                except (TimeoutError, ConnectionError):
                    await asyncio.sleep(0.2)
                    continue
                finally:
                    del self.waiting[client_id]
                if said["type"] == "ack":
                    self.acked[text] = said["data"]["seq"]
                    return said["data"]["seq"]
                status = said["status"]
                assert status in {429, 500, 503}, said
                self.refusals[status] = self.refusals.get(status, 0) + 1
                await asyncio.sleep(0.3)

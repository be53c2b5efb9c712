"""What runs where: the services, our site as its Procfile starts it, the peer; their CPU and memory."""

import atexit
import contextlib
import functools
import json
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.services import Services, free_port

HOUSE = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
SERVERS, GENERATOR = {0}, {1}  # cores
ORIGIN = "http://localhost:8000"
DAPHNE = "daphne --no-server-name -v 0 -b 127.0.0.1 -p {port} socialsite.asgi:application"
PEER_TABLE = (
    "CREATE TABLE message (id bigserial PRIMARY KEY, room_id bigint NOT NULL, user_id bigint NOT NULL, "
    "client_id text NOT NULL, body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())"
)


def tree(pid: int) -> list[Path]:
    """A process and its children that live, as folders of /proc."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [Path(f"/proc/{pid}"), *(one for child in children for one in tree(int(child)))]


def cpu(pid: int) -> float:
    """Seconds of a process and its children, those that have ended counted in."""
    total = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            fields = (one / "stat").read_text().rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def memory(pid: int) -> float:
    """MiB of proportional memory, of a process and its children."""
    total = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            text = (one / "smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


class Site:
    """Processes by name, on the core of the servers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.pids: dict[str, int] = {}

    def start(self, name: str, command: str, environ: dict[str, str]) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        path = f"{Path(sys.executable).parent}{os.pathsep}{environ.get('PATH', os.environ['PATH'])}"
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            cwd=HOUSE,
            env=environ | {"PATH": path},
            stdout=log,
            stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, SERVERS),  # noqa: PLW1509
        )
        self.processes[name] = process
        self.pids[name] = process.pid

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()

    def spent(self) -> dict[str, float]:
        return {name: cpu(pid) for name, pid in self.pids.items()}

    def memory(self) -> dict[str, float]:
        return {name: memory(pid) for name, pid in self.pids.items()}


@contextlib.contextmanager
def services(folder: Path) -> Iterator[tuple[Services, dict[str, str], dict[str, int]]]:
    """PostgreSQL with fsync and Redis, their addresses and their processes."""
    pair = Services(folder / "services")
    try:
        urls = {"DATABASE_URL": pair.start_postgres(), "REDIS_URL": pair.start_redis()}
        pids = {
            "PostgreSQL": int((pair._cluster / "postmaster.pid").read_text().splitlines()[0]),
            "Redis": int((folder / "services" / "redis.pid").read_text()),
        }
        for pid in pids.values():
            os.sched_setaffinity(pid, SERVERS)
        yield pair, urls, pids
    finally:
        pair.stop_postgres()
        pair.stop_redis()


def environ_of(folder: Path, urls: dict[str, str]) -> dict[str, str]:
    return (
        os.environ
        | urls
        | {
            "SECRET_KEY": secrets.token_hex(32),
            "DATA_DIR": str(folder / "data"),
            "SITE_URL": ORIGIN,
            "PYTHONUNBUFFERED": "1",
        }
    )


def manage(command: str, environ: dict[str, str], *, code: str = "") -> str:
    words = [sys.executable, "manage.py", *shlex.split(command), *(["-c", code] if code else [])]
    done = subprocess.run(
        words, cwd=HOUSE, env=environ | {"SOCIALSITE_TESTING": "1"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stderr[-3000:]}\nmanage.py {command} failed")
    return done.stdout


def wait(port: int, path: str = "/healthz") -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit("it did not come up")


@functools.cache
def prepared() -> Path:
    """A folder with an empty site: its database and its static files. Every run has a copy of it."""
    made = tempfile.TemporaryDirectory(prefix="bench-chat-")
    atexit.register(made.cleanup)
    folder = Path(made.name)
    folder.chmod(0o711)
    with services(folder) as (_pair, urls, _pids):
        environ = environ_of(folder, urls)
        manage("migrate -v 0", environ)
        manage("collectstatic --noinput -v 0", environ)
    (folder / "services" / "redis.pid").unlink(missing_ok=True)
    return folder


@contextlib.contextmanager
def ours(folder: Path, *, server: str, realtimes: int = 1) -> Iterator[tuple[Site, dict[str, Any], dict[str, str]]]:
    """Our site as users run it: pages, sockets, worker, clock. `server`: uvicorn, daphne (what holds the sockets) or
    embedded (one process, SQLite)."""
    site = Site(folder)
    with contextlib.ExitStack() as stack:
        urls: dict[str, str] = {}
        if server != "embedded":
            subprocess.run(["cp", "-a", f"{prepared()}/.", str(folder)], check=True)
            _pair, urls, pids = stack.enter_context(services(folder))
            site.pids |= pids
        environ = environ_of(folder, urls)
        if server == "embedded":
            manage("migrate -v 0", environ)
            manage("collectstatic --noinput -v 0", environ)
        pages = free_port()
        sockets = [pages] if server == "embedded" else [free_port() for _one in range(realtimes)]
        if server == "embedded":
            site.start("site", f"{sys.executable} manage.py up", environ | {"PORT": str(pages)})
        else:
            site.start("pages", DAPHNE.format(port=pages), environ)
            for place, port in enumerate(sockets):
                command = DAPHNE.format(port=port) if server == "daphne" else f"{sys.executable} manage.py realtime"
                site.start(f"sockets {place + 1}", command, environ | {"PORT": str(port)})
            lines = dict(line.split(": ", 1) for line in (HOUSE / "Procfile").read_text().splitlines())
            site.start(
                "worker",
                lines["worker"].replace("DATABASE_POOL=0 ", "").replace("-c 5", "-c 2"),
                environ | {"DATABASE_POOL": "0"},
            )
            site.start("clock", lines["beat"], environ)
        try:
            for port in {pages, *sockets}:
                wait(port)
            places = {"pages_at": f"127.0.0.1:{pages}", "sockets_at": [f"127.0.0.1:{port}" for port in sockets]}
            yield site, places | {"kind": "ours", "origin": ORIGIN}, environ
        finally:
            site.stop()


@contextlib.contextmanager
def peer(folder: Path) -> Iterator[tuple[Site, dict[str, Any], dict[str, str]]]:
    """Socket.IO with its Redis adapter and pg, as ../shared/bench/socketio.js has it."""
    node = HOUSE / ".bench" / "socketio"
    shared = HOUSE.parent / "shared" / "bench"
    node.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "socketio.js"):
        (node / name).write_bytes((shared / name).read_bytes())
    if not (node / "node_modules").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=node, check=True)
    site = Site(folder)
    with services(folder) as (_pair, urls, pids):
        site.pids |= pids
        import psycopg

        with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as line:
            line.execute(PEER_TABLE)
        port = free_port()
        environ = os.environ | {"PG_URL": urls["DATABASE_URL"], "REDIS_URL": urls["REDIS_URL"], "PORT": str(port)}
        site.start("sockets 1", f"node {node / 'socketio.js'}", environ)
        try:
            wait(port, "/")
            yield site, {"kind": "peer", "sockets_at": [f"127.0.0.1:{port}"]}, environ
        finally:
            site.stop()


MAKE = """
import json
from django.db import transaction
from django.test import Client
from accounts.actions import logins
from accounts.tests.factories import log_in, make_user
from chat.models.conversations import Conversation, Kind, Membership
spots = []
with transaction.atomic():
    for number in range(SOCKETS // ROOM):
        group = Conversation.objects.create(kind=Kind.GROUP, name=f"Room {number}", members_count=ROOM)
        people = [make_user(f"p{number}x{place}") for place in range(ROOM)]
        Membership.objects.bulk_create([Membership(conversation=group, user=person) for person in people])
        for place, person in enumerate(people):
            if place % 2:
                spots.append({"room": group.pk, "bearer": logins.log_in_app(actor=person).access})
            else:
                client = Client()
                log_in(client, person)
                spots.append({"room": group.pk, "session": client.session.session_key})
print("MADE", json.dumps(spots))
"""


def spots(environ: dict[str, str], *, sockets: int, room: int) -> list[dict[str, Any]]:
    """Members in rooms of our site: every second one a browser, the others apps."""
    made = manage("shell -v 0", environ, code=f"SOCKETS, ROOM = {sockets}, {room}\n{MAKE}")
    found: list[dict[str, Any]] = json.loads(made.rpartition("MADE ")[2])
    return found


def peer_spots(*, sockets: int, room: int) -> list[dict[str, Any]]:
    return [{"room": place // room + 1, "user": place + 1} for place in range(sockets)]

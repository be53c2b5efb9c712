"""Stored-then-shown chat under load: one realtime process, PostgreSQL and Redis of its own, rooms of ten.

    .venv/bin/python bench/chat/run.py --sockets 300 --rate 100 --seconds 15

Prints delivery times (from before the send to each member's socket), losses, and CPU per delivery of the process,
PostgreSQL and Redis. Everything is on one machine, the load generator included: believe ratios within one run.
"""

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

HOUSE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOUSE))

from deploy.services import Services, free_port  # noqa: E402

ROOM = 10
TICKS = os.sysconf("SC_CLK_TCK")
MAKE = """
import json
from django.test import Client
from accounts.tests.factories import log_in, make_user
from chat.models.conversations import Conversation, Kind, Membership
rooms = []
for number in range(SOCKETS // ROOM):
    group = Conversation.objects.create(kind=Kind.GROUP)
    keys = []
    for place in range(ROOM):
        person = make_user(f"p{number}_{place}")
        Membership.objects.create(conversation=group, user=person)
        client = Client()
        log_in(client, person)
        keys.append(client.session.session_key)
    rooms.append([group.pk, keys])
print("MADE", json.dumps(rooms))
"""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its children that live."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / TICKS
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cpu_seconds(int(child)) for child in children)


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] * 1000 if values else float("nan")


class Load:
    """The members of all rooms, on one loop."""

    def __init__(self, port: int, rooms: list[Any]) -> None:
        self.url = f"ws://127.0.0.1:{port}/ws/"
        self.rooms = rooms
        self.sent: dict[str, float] = {}
        self.delays: list[float] = []
        self.acks: list[float] = []
        self.refused = 0
        self.talkers: list[tuple[int, Any]] = []

    async def member(self, room: int, key: str, stack: list[Any]) -> None:
        line = await connect(self.url, origin="http://localhost:8000", additional_headers={"Cookie": f"session={key}"})
        await line.recv()
        self.talkers.append((room, line))
        stack.append((line, asyncio.create_task(self.listen(line))))

    async def listen(self, line: Any) -> None:
        async for text in line:
            now = time.perf_counter()
            frame = json.loads(text)
            if frame["type"] == "chat.message":
                self.delays.append(now - self.sent[frame["data"]["client_id"]])
            elif frame["type"] == "ack":
                self.acks.append(now - self.sent[frame["re"]])
            elif frame["type"] == "error":
                self.refused += 1

    async def talk(self, rate: float, seconds: float) -> None:
        start = time.perf_counter()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
            # Around all rooms, and within a room around its members.
            turn = number * ROOM + number // len(self.rooms) % ROOM
            room, line = self.talkers[turn % len(self.talkers)]
            name = str(uuid.uuid4())
            self.sent[name] = time.perf_counter()
            data = {"conversation": room, "client_id": name, "text": "x" * 120}
            await line.send(json.dumps({"type": "chat.send", "id": name, "data": data}))
        await asyncio.sleep(1.5)


async def drive(port: int, rooms: list[Any], options: argparse.Namespace, pids: dict[str, int]) -> None:
    load, stack = Load(port, rooms), []
    for room, keys in rooms:
        await asyncio.gather(*(load.member(room, key, stack) for key in keys))
    await load.talk(options.rate, 2)  # warm: members are read, connections are made
    load.delays.clear(), load.acks.clear(), load.sent.clear()
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    await load.talk(options.rate, options.seconds)
    spent = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
    expected = len(load.sent) * ROOM
    print(f"{options.sockets} sockets, {options.rate} messages/s for {options.seconds} s, rooms of {ROOM}")
    print(f"delivered {len(load.delays)} of {expected}, refused {load.refused}")
    for name, values in (("delivery", load.delays), ("ack", load.acks)):
        p50, p95, p99 = (percentile(values, part) for part in (0.5, 0.95, 0.99))
        print(f"{name}: p50 {p50:.1f} p95 {p95:.1f} p99 {p99:.1f} ms")
    total = sum(spent.values()) / max(1, len(load.delays)) * 1e6
    print(f"CPU per delivery {total:.0f} us: " + ", ".join(f"{name} {value:.2f} s" for name, value in spent.items()))
    for line, task in stack:
        task.cancel()
        await line.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=300)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pair = Services(Path(folder) / "services", throwaway=True)
        port = free_port()
        env = os.environ | {
            "DATABASE_URL": pair.start_postgres() + "?options=-c%20synchronous_commit%3Don",
            "REDIS_URL": pair.start_redis(),
            "SECRET_KEY": secrets.token_hex(32),
            "DATA_DIR": f"{folder}/data",
            "SITE_URL": "http://localhost:8000",
            "PORT": str(port),
        }
        server = None
        try:
            quick = env | {"SOCIALSITE_TESTING": "1"}
            subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=HOUSE, env=quick, check=True)
            code = f"SOCKETS, ROOM = {options.sockets}, {ROOM}\n{MAKE}"
            shell = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
            made = subprocess.run(shell, cwd=HOUSE, env=quick, check=True, capture_output=True, text=True)
            rooms = json.loads(made.stdout.rpartition("MADE ")[2])
            server = subprocess.Popen([sys.executable, "manage.py", "realtime"], cwd=HOUSE, env=env)
            wait(port)
            redis_pid = int((Path(folder) / "services" / "redis.pid").read_text())
            postgres_pid = int((pair._cluster / "postmaster.pid").read_text().splitlines()[0])
            pids = {"process": server.pid, "PostgreSQL": postgres_pid, "Redis": redis_pid}
            asyncio.run(drive(port, rooms, options, pids))
        finally:
            if server is not None:
                server.terminate()
                server.wait(20)
            pair.stop_postgres()
            pair.stop_redis()


def wait(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit("the realtime process did not come up")


if __name__ == "__main__":
    main()

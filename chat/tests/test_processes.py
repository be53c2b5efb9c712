"""Two realtime processes as on a server, under uvicorn and Daphne alike, with PostgreSQL and Redis that are stopped and
started under them."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from chat.tests.servers import SERVERS

HOUSE = Path(__file__).resolve().parents[2]
ORIGIN = "http://localhost:8000"
pytestmark = [pytest.mark.redis, pytest.mark.timeout(400)]

PEOPLE = """
import json
from django.test import Client
from accounts.tests.factories import log_in, make_user
from chat.actions import conversations as actions
people = [make_user(name) for name in NAMES]
keys = []
for person in people:
    client = Client()
    log_in(client, person)
    keys.append(client.session.session_key)
for one, other in ((0, 1), (1, 0)):  # both want it
    talk = actions.open_direct(actor=people[one], person_id=people[other].pk)
print("MADE", json.dumps({"ids": [person.pk for person in people], "keys": keys, "talk": talk.pk}))
"""

BLOCK = """
from accounts.actions import relations
from accounts.models.people import User
"""


class Stack:
    """The services, and two processes that hold sockets."""

    def __init__(self, pair: Any, folder: Path, server: str) -> None:
        self.pair = pair
        self.env = {key: value for key, value in os.environ.items() if key not in ("SOCIALSITE_TESTING", "DATA_DIR")}
        self.env |= {
            # Tests' PostgreSQL does not wait for the log; what is acknowledged must, for it is killed here.
            "DATABASE_URL": pair.start_postgres() + "?options=-c%20synchronous_commit%3Don",
            "REDIS_URL": pair.start_redis(),
            "SECRET_KEY": secrets.token_hex(32),
            "DATA_DIR": str(folder),
            "SITE_URL": ORIGIN,
            "REALTIME_SERVER": server,
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.ports: list[int] = []

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=HOUSE,
            env={**self.env, "SOCIALSITE_TESTING": "1"},  # the factories' quick hasher
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def people(self) -> dict[str, Any]:
        """Two fresh members with a conversation: {ids, keys of their sessions, talk}."""
        names = [f"p{secrets.token_hex(6)}" for _turn in range(2)]
        told = self.manage("shell", "-v", "0", "-c", f"NAMES = {names}\n{PEOPLE}")
        return json.loads(next(line for line in told.splitlines() if line.startswith("MADE ")).removeprefix("MADE "))

    def serve(self, port: int) -> None:
        self.ports.append(port)
        self.processes.append(
            subprocess.Popen([sys.executable, "manage.py", "realtime"], cwd=HOUSE, env={**self.env, "PORT": str(port)})
        )

    def wait(self) -> None:
        for port in self.ports:
            until(lambda port=port: answers(port), 60)  # type: ignore[misc]

    def line(self, place: int, key: str) -> connect:
        headers = {"Cookie": f"session={key}"}
        return connect(f"ws://127.0.0.1:{self.ports[place]}/ws/", origin=ORIGIN, additional_headers=headers)  # type: ignore[arg-type]


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="module", params=SERVERS)
def stack(
    services_module: Any, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Stack]:
    pair = services_module.Services(tmp_path_factory.mktemp("services"), throwaway=True)
    made = None
    try:
        made = Stack(pair, tmp_path_factory.mktemp("data"), request.param)
        made.manage("migrate", "-v", "0")
        for _turn in range(2):
            made.serve(services_module.free_port())
        made.wait()
        yield made
    finally:
        for process in made.processes if made else ():
            process.terminate()
        for process in made.processes if made else ():
            process.wait(20)
        pair.stop_postgres()
        pair.stop_redis()


async def hear(line: ClientConnection, *kinds: str, seconds: float = 20) -> dict[str, Any]:
    """The next frame of one of these kinds."""
    async with asyncio.timeout(seconds):
        while (frame := json.loads(await line.recv()))["type"] not in kinds:
            pass
    return frame


async def ask(line: ClientConnection, kind: str, **data: Any) -> dict[str, Any]:
    """The reply or the error, as a whole."""
    id = secrets.token_hex(8)
    await line.send(json.dumps({"type": kind, "id": id, "data": data}))
    async with asyncio.timeout(30):
        while (frame := json.loads(await line.recv())).get("re") != id:
            pass
    return frame


Scene = Callable[[dict[str, Any], ClientConnection, ClientConnection], Awaitable[None]]


def in_two(stack: Stack, scene: Scene) -> None:
    """The first of two members is connected to one process, the second to the other."""
    made = stack.people()

    async def run() -> None:
        async with stack.line(0, made["keys"][0]) as one, stack.line(1, made["keys"][1]) as two:
            await hear(one, "hello")
            await hear(two, "hello")
            await scene(made, one, two)

    asyncio.run(run())


@pytest.mark.slow
def test_what_is_said_in_one_process_is_seen_in_the_other(stack: Stack) -> None:
    async def scene(made: dict[str, Any], one: ClientConnection, two: ClientConnection) -> None:
        for number in range(20):
            name = str(uuid.uuid4())
            ack = await ask(one, "chat.send", conversation=made["talk"], client_id=name, text=str(number))
            data = (await hear(two, "chat.message"))["data"]
            assert (data["text"], data["seq"], data["client_id"]) == (str(number), ack["data"]["seq"], name)
        await ask(one, "chat.typing", conversation=made["talk"])
        assert (await hear(two, "chat.typing"))["data"]["user"] == made["ids"][0]
        await ask(two, "chat.read", conversation=made["talk"], seq=20)
        read = {str(made["ids"][1]): 20}
        assert (await hear(one, "chat.read"))["data"] == {"conversation": made["talk"], "read": read}

    in_two(stack, scene)


@pytest.mark.slow
def test_redis_dies_and_comes_back_and_nothing_is_lost(stack: Stack) -> None:
    async def scene(made: dict[str, Any], one: ClientConnection, two: ClientConnection) -> None:
        async def say(text: str) -> dict[str, Any]:
            name = str(uuid.uuid4())
            return await ask(one, "chat.send", conversation=made["talk"], client_id=name, text=text)

        await say("0")
        last = (await hear(two, "chat.message"))["data"]["rev"]
        await asyncio.to_thread(stack.pair.stop_redis)
        for text in ("1", "2", "3"):
            assert (await say(text))["type"] == "ack"
        await asyncio.to_thread(stack.pair.start_redis)
        await hear(two, "chat.behind", "stale")
        missed = (await ask(two, "chat.catch_up", conversation=made["talk"], after=last))["data"]
        assert [row["text"] for row in missed["messages"]] == ["1", "2", "3"]
        # What comes now comes by itself, or the client is told again.
        seen = missed["rev"]
        for text in ("4", "5"):
            await say(text)
        while seen < 6:
            frame = await hear(two, "chat.message", "chat.behind", "stale")
            if frame["type"] == "chat.message":
                seen = max(seen, frame["data"]["rev"])
            else:
                seen = (await ask(two, "chat.catch_up", conversation=made["talk"], after=seen))["data"]["rev"]

    in_two(stack, scene)


@pytest.mark.slow
def test_postgres_dies_and_comes_back_and_nothing_is_lost_or_doubled(stack: Stack) -> None:
    async def scene(made: dict[str, Any], one: ClientConnection, two: ClientConnection) -> None:
        async def say(text: str, name: str) -> dict[str, Any]:
            return await ask(one, "chat.send", conversation=made["talk"], client_id=name, text=text)

        names = [str(uuid.uuid4()) for _turn in range(6)]
        assert (await say("0", names[0]))["type"] == "ack"
        await asyncio.to_thread(stack.pair.stop_postgres)
        assert (await say("1", names[1]))["status"] == 503
        await asyncio.to_thread(stack.pair.start_postgres)
        for number in range(1, 6):
            end = time.monotonic() + 60
            while (answer := await say(str(number), names[number]))["type"] == "error":
                assert answer["status"] == 503
                assert time.monotonic() < end
                await asyncio.sleep(0.1)
            assert answer["data"]["seq"] == number + 1
        missed = (await ask(two, "chat.catch_up", conversation=made["talk"], after=0))["data"]
        assert [(row["text"], row["client_id"]) for row in missed["messages"]] == [
            (str(number), name) for number, name in enumerate(names)
        ]

    in_two(stack, scene)


@pytest.mark.slow
def test_a_block_is_known_everywhere_also_when_the_bus_is_silent(stack: Stack) -> None:
    async def scene(made: dict[str, Any], one: ClientConnection, two: ClientConnection) -> None:
        await ask(one, "chat.typing", conversation=made["talk"])
        await hear(two, "chat.typing")
        await asyncio.to_thread(stack.pair.stop_redis)
        try:
            blocker, blocked = made["ids"][1], made["ids"][0]
            words = f"{BLOCK}\nrelations.block(actor=User.objects.get(pk={blocker}), person={blocked})"
            await asyncio.to_thread(stack.manage, "shell", "-v", "0", "-c", words)
            await hear(one, "access")
            await hear(two, "access")
            answer = await ask(one, "chat.send", conversation=made["talk"], client_id=str(uuid.uuid4()), text="x")
            assert answer["status"] == 404
        finally:
            await asyncio.to_thread(stack.pair.start_redis)

    in_two(stack, scene)


@pytest.mark.slow
def test_who_is_here_is_known_everywhere_and_a_killed_process_is_forgotten(stack: Stack) -> None:
    async def scene(made: dict[str, Any], one: ClientConnection, two: ClientConnection) -> None:
        async def state() -> str:
            people = (await ask(one, "presence.watch", people=[made["ids"][1]]))["data"]["people"]
            return str(people[0]["state"]) if people else "offline"

        async def becomes(wanted: str) -> None:
            async with asyncio.timeout(40):
                while await state() != wanted:
                    await asyncio.sleep(0.3)

        await becomes("online")
        await ask(two, "presence.idle", idle=True)
        await becomes("away")
        stack.processes[1].kill()
        stack.processes[1].wait()
        await becomes("offline")

    try:
        in_two(stack, scene)
    finally:
        port = stack.ports.pop()
        stack.processes.pop()
        stack.serve(port)
        stack.wait()

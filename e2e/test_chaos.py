"""Fifty write while everything dies by turns: afterwards what was acknowledged stands once, in one order, everywhere. A
minute in `make test`, ten in `make test-deep`."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.chaos import Wire, Writer, make_writers, trouble
from e2e.stack import Stack
from e2e.test_stack import ask, until

pytestmark = [pytest.mark.stack, pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]

ROOMS, EACH = 5, 10


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path) as made:
        yield made


async def chaos(stack: Stack, seconds: float) -> None:
    random.seed(seed := time.time_ns() % 1_000_000)
    wire = Wire(int(stack.environ["REALTIME_PORT"]))
    writers = await asyncio.to_thread(make_writers, stack, rooms=ROOMS, each=EACH)
    ended = asyncio.Event()

    async def realtime_dies() -> None:
        await asyncio.to_thread(stack.kill, "realtime")
        await asyncio.sleep(random.random() * 2)
        stack.start("realtime")

    async def realtime_stands_still() -> None:
        stack.kill("realtime", signal.SIGSTOP)
        await asyncio.sleep(random.random() * 4)
        stack.kill("realtime", signal.SIGCONT)

    async def realtime_is_asked_to_go() -> None:
        stack.kill("realtime", signal.SIGTERM)
        await asyncio.to_thread(stack.wait_gone, "realtime")
        stack.start("realtime")

    async def redis_dies() -> None:
        stack.kill_redis()
        await asyncio.sleep(random.random() * 3)
        await asyncio.to_thread(stack.services.start_redis)

    async def postgres_dies() -> None:
        stack.kill_postgres()
        await asyncio.sleep(random.random() * 3)
        await asyncio.to_thread(stack.services.start_postgres)

    kinds = {
        "realtime killed": realtime_dies,
        "realtime stopped": realtime_stands_still,
        "realtime asked to go": realtime_is_asked_to_go,
        "Redis killed": redis_dies,
        "PostgreSQL killed": postgres_dies,
        "lines cut": lambda: wire.cut(0.3),
        "all lines cut": lambda: wire.cut(1.0),
    }
    async with wire.open() as address, asyncio.TaskGroup() as group:
        for writer in writers:
            writer.address = address
        lines = [group.create_task(writer.run()) for writer in writers]
        writing = [group.create_task(writer.write(ended)) for writer in writers]
        done = await trouble(seconds, 5, kinds)
        ended.set()
        await asyncio.wait(writing)
        rooms = {writer.conversation for writer in writers}
        last = dict(ask(stack, "SELECT id, last_seq FROM chat_conversation"))
        await until(
            lambda: all(max(writer.held, default=0) == last[writer.conversation] for writer in writers),
            "everybody has the last message",
            seconds=90,
        )
        for line in lines:
            line.cancel()
    for room in rooms:
        check(stack, room, [writer for writer in writers if writer.conversation == room])
    refusals = sum((Counter(writer.refusals) for writer in writers), Counter())
    print(f"\nseed {seed}: {sum(len(writer.acked) for writer in writers)} messages, {wire.cuts} lines cut")
    print(f"{dict(Counter(done))}; refused and sent again: {dict(refusals)}")


def check(stack: Stack, room: int, writers: list[Writer]) -> None:
    rows = ask(stack, f"SELECT seq, text FROM chat_message WHERE conversation_id = {int(room)} ORDER BY seq")  # noqa: S608
    stored = dict(rows)
    assert list(stored) == list(range(1, len(rows) + 1)), "seq has holes"
    assert len(set(stored.values())) == len(rows), "a message stands twice"
    places = {text: seq for seq, text in rows}
    for writer in writers:
        assert writer.wrong == []
        assert writer.held == stored, f"{writer.person.handle} sees it otherwise"
        assert {text: places.get(text) for text in writer.acked} == writer.acked
        own = [places[f"{writer.person.handle} {number}"] for number in range(1, writer.said + 1)]
        assert own == sorted(own), "one's own words are out of order"


@pytest.mark.timeout(400)
async def test_a_minute_of_chaos(stack: Stack) -> None:
    await chaos(stack, 60)


@pytest.mark.deep
@pytest.mark.timeout(1500)
async def test_ten_minutes_of_chaos(stack: Stack) -> None:
    await chaos(stack, 600)

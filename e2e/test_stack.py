"""The full stack while its parts are killed: two people chat and post all the time, and nothing acknowledged is lost.

The short story runs in `make test`; the long one, with a broker that is away for a minute, in `make test-deep`.
"""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from e2e import recording_table
from e2e.stack import PROCESSES, Person, Stack, Talker, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.postgres, pytest.mark.redis]

BURST = """
import json
from accounts.models.people import User
from feed.actions import posts as post_actions
ann = User.objects.get(handle="ann")
print(json.dumps([post_actions.create_post(actor=ann, text=f"burst {WORD} {n}").pk for n in range(COUNT)]))
"""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path, prepare=lambda stack: ask(stack, recording_table.CREATE)) as made:
        yield made


def ask(stack: Stack, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.services.database_url, autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchall() if cursor.description else []


@dataclass
class Life:
    """Ann and Ben, what the site acknowledged to them, and how long it took to recover."""

    stack: Stack
    ann: Person
    ben: Person
    talkers: list[Talker]
    posts: dict[int, str] = field(default_factory=dict)
    newcomers: list[str] = field(default_factory=list)
    took: dict[str, str] = field(default_factory=dict)
    said: int = 0

    def __str__(self) -> str:
        """How long each trouble took to be over, from the moment the part was started again."""
        lines = [f"{name:40} {took}" for name, took in self.took.items()]
        return "\n".join(["", f"{len(self.posts)} posts, {self.said} messages", *lines])

    async def chat(self, talker: Talker) -> None:
        while True:
            self.said += 1
            await talker.send(f"{talker.person.handle} {self.said}")
            await asyncio.sleep(0.1)

    async def write(self, person: Person) -> None:
        while True:
            await self.post(person, "post")
            await asyncio.sleep(0.7)

    async def post(self, person: Person, word: str) -> int:
        text = f"{word} {uuid.uuid4().hex}"
        id = await asyncio.to_thread(person.post, text)
        self.posts[id] = text
        return id

    async def newcomer(self) -> None:
        """Somebody joins in the middle, and asks again after a failure."""
        name = f"comer{len(self.newcomers)}"
        person, end = Person(self.stack, name), time.monotonic() + 150
        while not await asyncio.to_thread(self.is_asked, person):
            assert time.monotonic() < end
            await asyncio.sleep(0.5)
        self.newcomers.append(person.email)

    def is_asked(self, person: Person) -> bool:
        """Too many (429) may mean that the mail is on its way, or that too many asked from this address."""
        status = person.ask_to_join()
        assert status != 422, "the form is wrong"
        if status != 429:
            return status == 302
        with contextlib.suppress(psycopg.OperationalError):
            return bool(ask(self.stack, f"SELECT 1 FROM core_mail WHERE \"to\" = '{person.email}'"))  # noqa: S608
        return False

    async def trouble(self, name: str, make: Callable[[], Awaitable[None]]) -> None:
        """Makes trouble while somebody joins; afterwards notes how long chat and live posts took to come back."""
        joining = asyncio.create_task(self.newcomer())
        await make()
        began = time.monotonic()
        chat, post = await asyncio.gather(self.chat_is_back(began), self.posts_are_back(began))
        await joining
        self.took[name] = f"chat {chat:.1f} s, live posts {post:.1f} s"

    async def chat_is_back(self, began: float) -> float:
        """A message sent now is seen by the other, without anything but the line between them."""
        for one, other in (self.talkers, self.talkers[::-1]):
            self.said += 1
            seq = await one.send(f"probe {self.said}", seconds=60)
            await until(lambda other=other, seq=seq: seq in other.held, "the probe arrives")
        return time.monotonic() - began

    async def posts_are_back(self, began: float) -> float:
        """A post goes through log, broker, worker and bus to the follower's socket; live words may be lost, so several
        are tried."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            id = await self.post(self.ann, "probe")
            with contextlib.suppress(AssertionError):
                await until(lambda id=id: id in self.talkers[1].announced, "the post is announced", seconds=3)
                return time.monotonic() - began
        raise AssertionError(f"no live post within 60 s: {self.stack.tail()}")


async def until(condition: Callable[[], Any], what: str, *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain: {what}"
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def life(stack: Stack) -> AsyncIterator[Life]:
    """While the block runs both chat and post; who stops for a reason of their own fails the test."""
    ann, ben = await asyncio.to_thread(lambda: (Person(stack, "ann").join(), Person(stack, "ben").join()))
    for one, other in ((ann, ben), (ben, ann)):
        assert one.api("POST", f"users/{other.id}/follow").status == 200
    talk = ann.api("POST", "conversations", {"user": ben.id}).json()["id"]
    made = Life(stack, ann, ben, [Talker(ann, talk), Talker(ben, talk)])
    async with asyncio.TaskGroup() as group:
        lines = [group.create_task(talker.run()) for talker in made.talkers]
        for talker in made.talkers:
            await asyncio.wait_for(talker.connected.wait(), 30)
        busy = [group.create_task(made.chat(talker)) for talker in made.talkers]
        busy += [group.create_task(made.write(person)) for person in (ann, ben)]
        await made.trouble("no trouble", lambda: asyncio.sleep(0))
        yield made
        for task in busy:
            task.cancel()
        await asyncio.wait(busy)
        await settle(made)
        for line in lines:
            line.cancel()


async def settle(made: Life) -> None:
    """The log is read to its end, both lines are up and show the same."""

    def read() -> bool:
        numbered = not ask(made.stack, "SELECT 1 FROM core_event WHERE number IS NULL LIMIT 1")
        return numbered and not ask(
            made.stack, "SELECT 1 FROM core_subscriber, core_head WHERE position <> core_head.number"
        )

    await asyncio.to_thread(wait_for, read, "every subscriber is at the head", seconds=60)
    waiting = "SELECT 1 FROM core_mail WHERE state = 'waiting'"
    await asyncio.to_thread(wait_for, lambda: not ask(made.stack, waiting), "all mail is sent", seconds=90)
    (last,) = ask(made.stack, "SELECT last_seq FROM chat_conversation")[0]
    for talker in made.talkers:
        await until(lambda talker=talker: max(talker.held) == last, "both have the last message")


def check(made: Life) -> None:
    """What was acknowledged stands once; what stands was seen by both and delivered once, in order."""
    stack = made.stack
    rows = ask(stack, "SELECT seq, text FROM chat_message ORDER BY seq")
    assert [seq for seq, _text in rows] == list(range(1, len(rows) + 1)), "seq has holes"
    assert len({text for _seq, text in rows}) == len(rows), "a message stands twice"
    stored = dict(rows)
    for talker in made.talkers:
        assert {text: stored.get(seq) for text, seq in talker.acked.items()} == {text: text for text in talker.acked}
        assert talker.held == stored
        assert talker.wrong == []

    posts = ask(stack, "SELECT id, text FROM feed_post ORDER BY id")
    assert len({text for _id, text in posts}) == len(posts), "a post stands twice"
    assert made.posts.items() <= dict(posts).items()
    for person in (made.ann, made.ben):
        assert sorted(person.home()) == [id for id, _text in posts]

    recorded = ask(stack, "SELECT kind, fact FROM e2e_recorded ORDER BY id")
    announced = [fact["post_id"] for kind, fact in recorded if kind == "PostCreated"]
    assert sorted(announced) == [id for id, _text in posts], "each post's event once"
    ranges = [(fact["first_seq"], fact["last_seq"]) for kind, fact in recorded if kind == "MessagesSent"]
    assert [first for first, _last in ranges] == [1, *(last + 1 for _first, last in ranges[:-1])], "in order, once"
    assert ranges[-1][1] == len(rows)
    assert ask(stack, "SELECT 1 FROM core_parked") == []

    for address in ["ann@example.org", "ben@example.org", *made.newcomers]:
        assert stack.mails(address), f"no mail to {address}"
    assert ask(stack, "SELECT state, count(*) FROM core_mail GROUP BY state") == [
        ("sent", *ask(stack, "SELECT count(*) FROM core_mail")[0])
    ]
    assert [name for name in PROCESSES if not stack.runs(name)] == []
    doctor = stack.manage("doctor", "--json", check=False)
    assert json.loads(doctor.stdout)["ok"], doctor.stdout


# -- Troubles ---------------------------------------------------------------------------------------------------------


@dataclass
class Troubles:
    made: Life

    async def redis_dies(self, seconds: float) -> None:
        self.made.stack.kill_redis()
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.made.stack.services.start_redis)

    async def redis_stops(self, seconds: float) -> None:
        await asyncio.to_thread(self.made.stack.services.stop_redis)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.made.stack.services.start_redis)

    async def postgres_dies(self, seconds: float) -> None:
        self.made.stack.kill_postgres()
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.made.stack.services.start_postgres)

    async def dies(self, name: str, seconds: float) -> None:
        await asyncio.to_thread(self.made.stack.kill, name)
        await asyncio.sleep(seconds)
        self.made.stack.start(name)

    async def worker_dies_in_a_batch(self, times: int) -> None:
        """Each time while its transaction is open and some events of the batch are written down already."""
        stack, open_batch = self.made.stack, "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND "
        for turn in range(times):
            code = BURST.replace("WORD", f"{turn}").replace("COUNT", "80")
            burst = asyncio.create_task(asyncio.to_thread(stack.manage, "shell", "-v", "0", "-c", code))
            question = open_batch + "query LIKE '%e2e_recorded%'"
            await asyncio.to_thread(wait_for, lambda q=question: ask(stack, q), "a batch is open", every=0.002)
            await asyncio.to_thread(stack.kill, "worker")
            ids = json.loads((await burst).stdout.splitlines()[-1])
            self.made.posts |= {id: f"burst {turn} {n}" for n, id in enumerate(ids)}
            stack.start("worker")


@pytest.mark.timeout(300)
async def test_parts_die_and_nothing_acknowledged_is_lost(stack: Stack) -> None:
    async with life(stack) as made:
        troubles = Troubles(made)
        await made.trouble("Redis killed, back after 1 s", lambda: troubles.redis_dies(1))
        await made.trouble("PostgreSQL killed, back after 1 s", lambda: troubles.postgres_dies(1))
        await made.trouble("worker killed in a batch", lambda: troubles.worker_dies_in_a_batch(1))
    check(made)
    print(made)


@pytest.mark.deep
@pytest.mark.timeout(900)
async def test_parts_die_for_long_and_nothing_acknowledged_is_lost(stack: Stack) -> None:
    async with life(stack) as made:
        troubles = Troubles(made)
        await made.trouble("Redis killed, back after 5 s", lambda: troubles.redis_dies(5))
        await made.trouble("worker killed in a batch, five times", lambda: troubles.worker_dies_in_a_batch(5))
        await made.trouble("PostgreSQL killed, back after 5 s", lambda: troubles.postgres_dies(5))
        await made.trouble("PostgreSQL killed, back after 40 s", lambda: troubles.postgres_dies(40))
        await made.trouble("broker stopped for a minute", lambda: troubles.redis_stops(60))
        await made.trouble("realtime killed, back after 5 s", lambda: troubles.dies("realtime", 5))
        await made.trouble("web killed", lambda: troubles.dies("web", 1))
        await made.trouble("beat killed", lambda: troubles.dies("beat", 1))
    check(made)
    print(made)

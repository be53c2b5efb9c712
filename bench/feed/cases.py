"""What is measured: every screen and write that grows with posts or followers."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from django.db import connection, transaction

from accounts.actions import relations
from accounts.models.people import User
from bench.feed import measure
from bench.feed.fill import BUSY, CLOSED, PEOPLE, Cast
from bench.feed.measure import Case
from core import outbox
from core.models import Head, Subscriber
from core.tasks import dispatch  # noqa: F401  registers the subscribers
from feed.actions import homes
from feed.actions import posts as post_actions
from feed.queries import comments as comment_queries
from feed.queries import explore as explore_queries
from feed.queries import home as home_queries
from feed.queries import posts as post_queries
from feed.queries import tags as tag_queries
from feed.queries import trends as trend_queries

PAGES = 50
OLDER = range(60, 80)
TIMES = 3  # a page of a walk counts with its best


def member(id: int) -> User:
    return User.objects.get(pk=id)


def reading() -> Iterator[Case]:
    reader, sparse = member(Cast.reader), member(Cast.sparse)
    plain = member(CLOSED.stop + 20 - CLOSED.stop % 20)
    stranger = member(PEOPLE - 1)
    yield measure.read("home, page 1, follows 20", lambda: home_queries.home(plain))
    for who, name in ((reader, "follows 5,000"), (sparse, "sees 1 in 1,000")):
        cursors = list(_cursors(who))
        yield measure.read(f"home, page 1, {name}", lambda who=who: home_queries.home(who))
        if len(cursors) > 1:
            last = min(PAGES, len(cursors))
            yield _walk(f"home, pages 1 to {last}, {name}", who, cursors[:PAGES])
            at = cursors[last - 1]
            yield measure.read(f"home, page {last}, {name}", lambda who=who, at=at: home_queries.home(who, at))
        if older := cursors[OLDER.start : OLDER.stop]:
            yield _walk(f"home, pages {OLDER.start + 1} to {OLDER.start + len(older)}, {name}", who, older)
    author = member(Cast.prolific)
    yield measure.read("profile", lambda: post_queries.posts_of(reader, author))
    yield measure.read("post with 500 comments", lambda: _post(reader))
    for tag in ("tag0", "tag2000"):
        yield measure.read(f"hashtag #{tag}", lambda tag=tag: tag_queries.tag_posts(reader, tag))
    yield measure.read("new posts", lambda: home_queries.new_posts(reader, home_queries.home(reader).rows[3].pk))
    for who, name in ((reader, "follows 5,000"), (stranger, "follows few"), (sparse, "sees 1 in 1,000")):
        yield measure.read(f"explore, {name}", lambda who=who: explore_queries.overview(who))
    yield measure.read("trending posts", lambda: trend_queries.trending_posts(reader))
    yield measure.read("trending hashtags", lambda: trend_queries.trending_tags(reader))
    yield measure.read("people to follow", lambda: explore_queries.people_to_follow(reader))


def _post(viewer: User) -> None:
    post = post_queries.post(viewer, 1)
    comment_queries.comments(viewer, post)


def _cursors(viewer: User) -> Iterator[str]:
    at = ""
    for _page in range(OLDER.stop):
        yield at
        at = home_queries.home(viewer, at).next
        if not at:
            return


def _walk(name: str, viewer: User, cursors: list[str]) -> Case:
    case = Case(name)
    for at in cursors:
        turns = [measure.cost_of(lambda at=at: home_queries.home(viewer, at))[1] for _turn in range(TIMES)]
        case.costs.append(min(turns, key=lambda cost: cost.database))
    measure.explain(case, lambda: home_queries.home(viewer, cursors[len(cursors) // 2]))
    return case


# -- Writing -----------------------------------------------------------------------------------------------------------


def writing(turns: int = 20) -> Iterator[Case]:
    outbox.drain()
    for number, id in (("10", Cast.few), ("1,000", Cast.many), ("100,000", Cast.very_many)):
        author = member(id)
        inside, behind = Case(f"create post, {number} followers"), Case(f"create post, {number} followers, behind")
        for turn in range(turns):
            text = f"Fresh bread {turn} #tag1 #tag2"
            work = lambda author=author, text=text: post_actions.create_post(actor=author, text=text)  # noqa: E731
            inside.costs.append(measure.cost_of(work)[1])
            behind.costs.append(measure.cost_of(outbox.drain)[1])
        yield inside
        yield behind
    follower = member(Cast.follower)
    follow, settle, first = (
        Case(f"follow someone with 10,000 posts{part}") for part in ("", ", behind", ", next read")
    )
    for _turn in range(5):
        follow.costs.append(measure.cost_of(lambda: relations.follow(actor=follower, person=Cast.prolific))[1])
        first.costs.append(measure.cost_of(lambda: home_queries.home(follower))[1])
        settle.costs.append(measure.cost_of(homes.settle_waiting)[1])
        with transaction.atomic():
            relations.unfollow(actor=follower, person=Cast.prolific)
        homes._trim(follower.pk)
    yield from (follow, first, settle)
    outbox.drain()


def fan_out(posts: int = 200) -> tuple[float, float]:
    """Posts of authors with 2,000 followers each, all there at once, then what one worker does with its threads: the
    seconds until all are copied into homes, and the CPU of PostgreSQL in them."""
    outbox.drain()
    for number in range(posts):
        _busy_post(number)
    _numbered()
    begin, done, spent = time.monotonic(), {}, {}

    def deliver(name: str) -> None:
        def work() -> None:
            while outbox.deliver(name):
                pass

        spent[name] = measure.cost_of(work)[1].backend_cpu / 1000
        done[name] = time.monotonic() - begin

    _together([lambda name=name: deliver(name) for name in outbox.behind()])
    return done["feed-home"], spent["feed-home"]


def lags(posts: int = 200, seconds: float = 20) -> dict[str, float]:
    """The same posts written one after the other in so many seconds, while one worker copies them: of each subscriber
    the most seconds that what had happened waited for it."""
    outbox.drain()
    names = [one.name for one in outbox.subscriptions.values() if "feed.PostCreated" in one.kinds]
    numbers: deque[tuple[int, float]] = deque()
    worst: dict[str, float] = dict.fromkeys(names, 0.0)
    over = threading.Event()

    def write() -> None:
        begin = time.monotonic()
        for number in range(posts):
            time.sleep(max(0.0, begin + number * seconds / posts - time.monotonic()))
            _busy_post(number)
            numbers.append((_numbered(), time.monotonic()))
        over.set()

    def watch() -> None:
        while not over.is_set() or any(outbox.is_behind(name) for name in names):
            rows = dict(Subscriber.objects.filter(name__in=names).values_list("name", "position"))
            now = time.monotonic()
            for name, position in rows.items():
                waiting = next((at for number, at in list(numbers) if number > position), now)
                worst[name] = max(worst[name], now - waiting)
            time.sleep(0.02)

    def deliver(name: str) -> None:
        while not over.is_set() or outbox.is_behind(name):
            if not outbox.deliver(name):
                time.sleep(0.02)

    _together([write, watch, *(lambda name=name: deliver(name) for name in names)])
    return worst


def _busy_post(number: int) -> None:
    post_actions.create_post(actor=member(BUSY[number % len(BUSY)]), text="Hello")


def _numbered() -> int:
    while outbox.number_events():
        pass
    return Head.objects.values_list("number", flat=True).get()


def _together(works: list[Callable[[], None]]) -> None:
    def closing(work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=closing, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

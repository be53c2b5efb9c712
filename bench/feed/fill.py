"""A made-up site in PostgreSQL: the same people and follows for every size, and as many posts as asked for.

Rows are COPYed without indexes, which are built afterwards. Sources, filings, subscriptions and entries stand as the
code would have left them; the id of a person's source is that of the person. Growing goes on where it ended.

Who is who (ids): the first 20 have 2,000 followers each, the next 200 have 2,500 (and so are read, never copied);
then those of `Cast`; 500 `closed` authors who write a fifth of all posts for their friends and 1 in 1,000 for all; the
rest follow each other by a power law, and write by another.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import connection
from django.utils import timezone

from feed.actions import trends as trend_actions
from feed.models.trends import KEPT as VOTES_KEPT
from feed.models.trends import warmth

PEOPLE = 120_000
TAGS = 5_000
FOLLOWS_EACH = 22
BUSY = range(1, 21)  # 2,000 followers
KNOWN = range(21, 221)  # 2,500 followers
CLOSED = range(301, 801)


class Cast:
    few, many, very_many = 251, 252, 253  # 10, 1,000 and 100,000 followers
    prolific = 254  # 10,000 posts
    reader = 255  # follows 5,000
    sparse = 256  # follows the closed authors: may see 1 post in 1,000
    follower = 257  # follows and unfollows the prolific one
    commented = 258  # whose post has 500 comments


FOLLOWERS = {Cast.few: 10, Cast.many: 1_000, Cast.very_many: 100_000}
BIG = 2_000  # HOME_COPY_LIMIT
KEPT = 1_000
TRENDING = 20_000  # posts that stand as if written since votes are kept
TRENDS = ("feed_posttrend", "feed_postvote", "feed_tagtrend", "feed_tagvote")
EVERY = 20  # of so many members one has entries; the others' homes are read from the sources
WORDS = "bread rain garden bicycle concert library tomato river window sunday letter station".split()  # noqa: SIM905
TABLES = (
    "accounts_user", "accounts_follow", "feed_source", "feed_subscription", "feed_post", "feed_filing", "feed_reaction",
    "feed_comment", "feed_home", "feed_homeentry",
)  # fmt: skip
NOW = "2026-11-01 12:00:00+00"


def sql(statement: str, values: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def copy(table: str, columns: str, rows: Iterable[str]) -> None:
    """Rows as lines of COPY's text format."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as into:
        part: list[str] = []
        for row in rows:
            part.append(row)
            if len(part) == 20_000:
                into.write("".join(part))
                part.clear()
        into.write("".join(part))


def without_indexes(work: Callable[[], None], tables: tuple[str, ...]) -> None:
    """Away with keys and indexes, and back after the work. The primary key of people stays."""
    names = list(tables)
    keys = sql(
        """SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid::regclass::text = ANY(%s) AND contype IN ('f', 'p', 'u')""",
        [names],
    )
    plain = sql(
        """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indrelid::regclass::text = ANY(%s)
        AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = indexrelid)""",
        [names],
    )
    foreign = [row for row in keys if row[2] == "f"]
    unique = [row for row in keys if row[2] in ("p", "u") and not _is_needed(row[1])]
    for table, name, _kind, _how in (*foreign, *unique):
        sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _how in plain:
        sql(f"DROP INDEX {name}")
    work()
    for table, name, _kind, how in unique:
        sql(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {how}')
    for _name, how in plain:
        sql(how)
    for table, name, _kind, how in foreign:
        sql(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {how}' + (" NOT VALID" if "NOT VALID" not in how else ""))


def _is_needed(name: str) -> bool:
    """Foreign keys of other tables hang on these."""
    return name in ("accounts_user_pkey", "feed_source_pkey", "feed_post_pkey", "feed_comment_pkey")


def settle() -> None:
    for table in TABLES:
        if table not in ("feed_filing", "feed_home", "feed_homeentry"):
            sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) + 1 FROM {table}))")
        sql(f"VACUUM (ANALYZE, FREEZE) {table}")
    sql("CHECKPOINT")


# -- People ------------------------------------------------------------------------------------------------------------


def people() -> None:
    """Once: members, whom they follow, and what they subscribe to."""
    pick = random.Random(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM accounts_user")
        if cursor.fetchone()[0]:
            return
    without_indexes(lambda: _people(pick), ("accounts_user", "accounts_follow", "feed_source", "feed_subscription"))


def _people(pick: random.Random) -> None:
    columns = (
        "id, password, is_superuser, email, handle, display_name, bio, avatar_path, language, followers_count, "
        "following_count, posts_count, unread_chats, is_active, is_staff, created_at, name_key, "
        "parts_handle, parts_name"
    )
    copy(
        "accounts_user",
        columns,
        (
            f"{id}\t!\tf\tp{id}@example.org\tp{id}\tPerson {id}\t\t\ten\t0\t0\t0\t0\tt\tf\t{NOW}\tperson {id}\t"
            f"p{id}\tPerson {id}\n"
            for id in range(1, PEOPLE + 1)
        ),
    )
    pairs = _pairs(pick)
    copy("accounts_follow", "follower_id, followed_id, created_at", (f"{a}\t{b}\t{NOW}\n" for a, b in pairs))
    sql("INSERT INTO feed_source (id, kind, person_id, subscribers_count, is_merged) "
        "SELECT id, 'person', id, 0, FALSE FROM accounts_user")  # fmt: skip
    copy(
        "feed_source",
        "id, kind, name, subscribers_count, is_merged",
        (f"{PEOPLE + 1 + number}\ttag\ttag{number}\t0\tf\n" for number in range(TAGS)),
    )
    sql(
        """UPDATE feed_source s SET subscribers_count = found.number, is_merged = found.number > %s FROM (
            SELECT id, number FROM (SELECT u.id, 1 + COUNT(f.followed_id) AS number FROM accounts_user u
            LEFT JOIN accounts_follow f ON f.followed_id = u.id GROUP BY u.id) AS counted
        ) AS found WHERE found.id = s.id AND s.kind = 'person'""",
        [BIG],
    )
    sql(
        """INSERT INTO feed_subscription (member_id, source_id, state, created_at, kind)
        SELECT f.follower_id, s.id, CASE WHEN s.is_merged THEN 2 ELSE 0 END, f.created_at, 'person'
        FROM (SELECT follower_id, followed_id, created_at FROM accounts_follow
              UNION ALL SELECT id, id, created_at FROM accounts_user) f
        JOIN feed_source s ON s.id = f.followed_id""",
    )
    for column, of in (("following_count", "follower_id"), ("followers_count", "followed_id")):
        sql(
            f"UPDATE accounts_user u SET {column} = n FROM (SELECT {of} AS id, COUNT(*) AS n FROM accounts_follow "
            f"GROUP BY 1) AS found WHERE found.id = u.id"
        )


def _pairs(pick: random.Random) -> set[tuple[int, int]]:
    """Who follows whom. Nobody else follows those of the cast."""
    first = CLOSED.stop
    rest = PEOPLE - first
    pairs = {
        (id, first + int(rest * pick.random() ** 3))
        for id in range(first, PEOPLE + 1)
        for _number in range(1 + int(FOLLOWS_EACH * 2 * pick.random()))
    }
    for known, number in ((BUSY, BIG - 1), (KNOWN, 2_500)):
        for author in known:
            pairs.update((id, author) for id in pick.sample(range(first, PEOPLE), number))
    for author, number in FOLLOWERS.items():
        pairs.update((id, author) for id in pick.sample(range(first, PEOPLE), number))
    chosen = set(KNOWN) | {Cast.very_many, Cast.many}
    while len(chosen) < 5_000:
        chosen.add(first + int(rest * pick.random() ** 2))
    pairs.update((Cast.reader, author) for author in chosen)
    pairs.update((Cast.sparse, author) for author in CLOSED)
    return {(a, b) for a, b in pairs if a != b}


# -- Posts -------------------------------------------------------------------------------------------------------------


def posts(number: int) -> None:
    """Grows to so many posts, with what stands under them, and makes homes of all anew."""
    last = sql("SELECT COALESCE(MAX(id), 0) FROM feed_post")[0][0]
    without_indexes(lambda: _posts(last, number), tuple(table for table in TABLES if not table.startswith("accounts_")))
    settle()


def _posts(last: int, number: int) -> None:
    pick = random.Random(number)
    tagged: list[tuple[int, int]] = []
    own = min(10_000, number // 10) - sql("SELECT COUNT(*) FROM feed_post WHERE author_id = %s", [Cast.prolific])[0][0]
    columns = "id, author_id, text, html, audience, comments_count, reactions_count, reactions, created_at"
    copy("feed_post", columns, _written(pick, last, number, max(0, own), tagged))
    sql(
        """INSERT INTO feed_filing (source_id, post_id, is_waiting)
        SELECT author_id, id, FALSE FROM feed_post WHERE id > %s""",
        [last],
    )
    copy("feed_filing", "source_id, post_id, is_waiting", (f"{tag}\t{id}\tf\n" for tag, id in tagged))
    size = PEOPLE - CLOSED.stop
    copy(
        "feed_reaction",
        "user_id, post_id, kind, created_at",
        (f"{CLOSED.stop + int(size * pick.random())}\t{id}\tlike\t{NOW}\n" for id in range(last + 2, number + 1, 2)),
    )
    sql(
        """UPDATE accounts_user u SET posts_count = n FROM (
            SELECT author_id, COUNT(*) AS n FROM feed_post WHERE audience IN ('public', 'members') GROUP BY 1
        ) AS found WHERE found.author_id = u.id""",
    )
    if not last:
        _comments()
    _homes()


def _written(pick: random.Random, last: int, number: int, own: int, tagged: list[tuple[int, int]]) -> Iterator[str]:
    """Lines of posts; the tags they bear are noted."""
    step = max(1, (number - last) // own) if own else 0
    first, left = CLOSED.stop, own
    rest = PEOPLE - first
    draw = pick.random
    for id in range(last + 1, number + 1):
        audience, tag, who = draw(), "", draw()
        name = "members" if audience < 0.6 else "public" if audience < 0.9 else "followers" if audience < 0.96 else (
            "friends" if audience < 0.99 else "only_me")  # fmt: skip
        if id == 1:
            author, name = Cast.commented, "public"
        elif left and step and (id - last) % step == 0:
            author, name, left = Cast.prolific, "members", left - 1
        elif who < 0.2:
            author = CLOSED.start + id % len(CLOSED)
            name = "public" if id % 1_000 == 7 else "friends"
        elif who < 0.22:
            author = 1 + int((KNOWN.stop - 1) * draw())
        else:
            author = first + int(rest * draw() ** 2.5) * 7919 % rest
        if draw() < 0.1 and name in ("members", "public"):
            place = int(TAGS * draw() ** 3)
            tag = f" #tag{place}"
            tagged.append((PEOPLE + 1 + place, id))
        at = int(draw() * 11)
        text = " ".join(WORDS[at : at + 4] * (1 + at % 4)) + tag
        liked = '1\t{"like": 1}' if id % 2 == 0 else "0\t{}"
        comments = 500 if id == 1 else 0
        yield f"{id}\t{author}\t{text}\t<p>{text}</p>\t{name}\t{comments}\t{liked}\t{NOW}\n"


def _comments() -> None:
    """500 under the first post, each tenth with two replies."""
    columns = "id, post_id, author_id, parent_id, text, html, reactions_count, reactions, created_at, replies_count"
    copy(
        "feed_comment",
        columns,
        (
            f"{id}\t1\t{CLOSED.stop + id}\t{id - id % 10 if id % 10 in (1, 2) and id > 10 else chr(92) + 'N'}\tIndeed\t"
            f"<p>Indeed</p>\t0\t{{}}\t{NOW}\t{2 if id % 10 == 0 else 0}\n"
            for id in range(1, 501)
        ),
    )


def _homes() -> None:
    """The newest of what each copied subscription brings; the home of who has none reads all sources."""
    sql("TRUNCATE feed_homeentry, feed_home")
    sql("CREATE INDEX bench_filing ON feed_filing (source_id, post_id DESC)")
    sql("CREATE INDEX bench_reads ON feed_subscription (member_id)")
    sql("ANALYZE feed_filing, feed_subscription")
    chosen = f"(id IN ({Cast.reader}, {Cast.sparse}, {Cast.follower}) OR id %% {EVERY} = 0)"
    sql(
        f"""INSERT INTO feed_homeentry (member_id, post_id)
        SELECT u.id, part.post_id FROM accounts_user u CROSS JOIN LATERAL (
            SELECT DISTINCT f.post_id FROM feed_subscription s CROSS JOIN LATERAL (
                SELECT post_id FROM feed_filing WHERE source_id = s.source_id ORDER BY post_id DESC LIMIT %s
            ) f WHERE s.member_id = u.id AND s.state = 0 ORDER BY f.post_id DESC LIMIT %s
        ) AS part WHERE {chosen}""",
        [KEPT, KEPT],
    )
    sql(
        f"""INSERT INTO feed_home (member_id, floor)
        SELECT u.id, CASE WHEN {chosen} THEN COALESCE(found.floor, 0) ELSE (SELECT MAX(id) FROM feed_post) END
        FROM accounts_user u LEFT JOIN (
            SELECT member_id, MIN(post_id) - 1 AS floor FROM feed_homeentry GROUP BY 1 HAVING COUNT(*) = %s
        ) AS found ON found.member_id = u.id""",
        [KEPT],
    )
    sql("DROP INDEX bench_filing")
    sql("DROP INDEX bench_reads")


# -- What is talked about ----------------------------------------------------------------------------------------------

RECENT = """
    WITH recent AS (
        SELECT p.id, p.author_id, moment.warmth, (%(now)s::timestamptz - moment.age)::date AS day
        FROM feed_post p CROSS JOIN LATERAL (
            SELECT %(span)s * ((%(last)s - p.id) / %(number)s::float8) AS age,
                   %(oldest)s + (%(newest)s - %(oldest)s) * (1 - (%(last)s - p.id) / %(number)s::float8) AS warmth
        ) AS moment WHERE p.id > %(last)s - %(number)s AND p.audience IN ('public', 'members')
    )
"""


def trends() -> None:
    """Votes of the last days, and heat as `recount` makes it of them; anew before each measuring, for it cools. Every
    second post has one vote, and every fiftieth up to 40; each use of a hashtag is one."""
    now = timezone.now()
    sql(f"TRUNCATE {', '.join(TRENDS)}")
    [(last,)] = sql("SELECT MAX(id) FROM feed_post")
    span = {"now": now, "span": VOTES_KEPT, "newest": warmth(now), "oldest": warmth(now - VOTES_KEPT)}
    given = {**span, "last": last, "number": min(last, TRENDING), "first": CLOSED.stop, "size": PEOPLE - CLOSED.stop}
    sql(
        f"""INSERT INTO feed_postvote (post_id, member_id, day, warmth) {RECENT}
        SELECT id, member_id, day, warmth FROM recent CROSS JOIN LATERAL (
            SELECT %(first)s + (id * 7919 + n * 104729) %% %(size)s AS member_id
            FROM generate_series(1, CASE WHEN id %% 50 = 0 THEN 1 + id / 50 %% 40 ELSE 1 END) AS n
        ) AS voting WHERE id %% 2 = 0 AND member_id <> author_id""",
        given,
    )
    sql(
        f"""INSERT INTO feed_tagvote (source_id, member_id, day, warmth) {RECENT}
        SELECT f.source_id, recent.author_id, recent.day, MAX(recent.warmth)
        FROM recent JOIN feed_filing f ON f.post_id = recent.id WHERE f.source_id > {PEOPLE} GROUP BY 1, 2, 3""",
        given,
    )
    for pair in (trend_actions.POSTS, trend_actions.TAGS):
        sql(pair.sql(trend_actions.ANEW), {"now": warmth(now), "oldest": span["oldest"], "wrong": 0})
    for table in TRENDS:
        sql(f"VACUUM (ANALYZE) {table}")

"""Pages of a long history: so many messages in PostgreSQL, as many conversations as there would be, and what a page, a
resume, a search and a day cost."""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.chat import place

CONVERSATIONS = 20_000
PEOPLE = 2_000
EACH = 10  # members of a conversation
LONG = 1  # the conversation that holds a twentieth of all
TURNS = 30

FILL = [
    "INSERT INTO chat_conversation (kind, name, about, last_seq, rev, info_rev, members_version, members_count, "
    "shows_history, who_adds, who_writes, lifetime, created_at, last_message_at) "
    "SELECT 'group', 'Room ' || n, '', 0, 0, 0, 1, %(each)s, true, 'members', 'members', 0, now(), now() "
    "FROM generate_series(1, %(conversations)s) n",
    "INSERT INTO chat_membership (conversation_id, user_id, joined_seq, read_seq, own_after, unread, active_at) "
    "SELECT c.id, people.ids[1 + (c.id * 7 + k * 31) %% %(people)s], 0, 0, 0, true, now() "
    "FROM chat_conversation c, generate_series(0, %(each)s - 1) k, "
    "(SELECT array_agg(id ORDER BY id) AS ids FROM accounts_user) people ON CONFLICT DO NOTHING",
    "INSERT INTO chat_message (conversation_id, seq, rev, sender_id, client_id, text, created_at) "
    "SELECT conversation, row_number() OVER (PARTITION BY conversation ORDER BY n), "
    "row_number() OVER (PARTITION BY conversation ORDER BY n), "
    "people.ids[1 + (conversation * 7 + (n %% %(each)s) * 31) %% %(people)s], "
    "gen_random_uuid(), 'word' || (n %% 5000) || ' and the bread number ' || n, "
    "now() - (%(messages)s - n) * interval '1 second' "
    "FROM (SELECT n, CASE WHEN n %% 20 = 0 THEN first.id ELSE first.id + (n * 7919) %% %(conversations)s END "
    "AS conversation "
    "FROM generate_series(1, %(messages)s) n, (SELECT min(id) AS id FROM chat_conversation) first) spread, "
    "(SELECT array_agg(id ORDER BY id) AS ids FROM accounts_user) people",
    "UPDATE chat_conversation c SET last_seq = m.n, rev = m.n FROM "
    "(SELECT conversation_id, count(*) AS n FROM chat_message GROUP BY 1) m WHERE m.conversation_id = c.id",
    "INSERT INTO chat_messagewords (message_id, terms) SELECT id, E'\\ue000c' || conversation_id || E' \\ue000u' || "
    "sender_id || ' ' || text FROM chat_message",
]


def told(messages: int) -> str:
    with tempfile.TemporaryDirectory(prefix="bench-chat-", dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with place.services(folder) as (_pair, urls, _pids):
            os.environ |= place.environ_of(folder, urls) | {"SOCIALSITE_TESTING": "1"}
            place.manage("migrate -v 0", dict(os.environ))
            sys.path.insert(0, str(place.HOUSE))
            os.environ["DJANGO_SETTINGS_MODULE"] = "socialsite.settings"
            import django

            django.setup()
            begin = time.monotonic()
            fill(messages)
            return f"## {messages:,} messages, filled in {time.monotonic() - begin:.0f} s\n\n{measured()}"


def fill(messages: int) -> None:
    """Nothing of this has to survive the power, and indexes are built when the rows are there."""
    from django.db import connection

    from accounts.tests.factories import make_user

    for number in range(PEOPLE):
        make_user(f"p{number}")
    given = {"messages": messages, "conversations": CONVERSATIONS, "people": PEOPLE, "each": EACH}
    with connection.cursor() as cursor:
        for setting in ("fsync = off", "max_wal_size = '8GB'", "maintenance_work_mem = '512MB'", "work_mem = '256MB'"):
            cursor.execute(f"ALTER SYSTEM SET {setting}")
        cursor.execute("SELECT pg_reload_conf()")
        for statement in FILL:
            cursor.execute(statement, given)
        cursor.execute("ALTER SYSTEM RESET ALL")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def measured() -> str:
    from django.db import connection

    from accounts.models.people import User
    from chat.models.conversations import Conversation, Membership
    from chat.queries import messages, resume, search

    long = Conversation.objects.order_by("-last_seq")[0]
    viewer = User.objects.get(pk=Membership.objects.filter(conversation=long).order_by("pk")[0].user_id)
    asked = search.Asked
    calls = {
        "the newest 50": lambda: messages.messages(viewer, long.pk),
        "50 in the middle": lambda: messages.messages(viewer, long.pk, before=long.last_seq // 2),
        "the first 50": lambda: messages.messages(viewer, long.pk, after=0),
        "what came after rev - 200": lambda: resume.resume(viewer, {long.pk: long.rev - 200}),
        "a day in the middle": lambda: search.place_of_day(viewer, long.pk, middle_day(long)),
        "a rare word, everywhere": lambda: search.search(viewer, asked("word4321")),
        "a rare word, here": lambda: search.search(viewer, asked("word4321", long.pk)),
        "a word of every message, here": lambda: search.search(viewer, asked("bread", long.pk)),
        "the beginning of every tenth word": lambda: search.search(viewer, asked("word4")),
    }
    lines = ["| | queries | database p50 ms | p95 ms |\n|---|--:|--:|--:|\n"]
    for name, call in calls.items():
        times, queries = timed(call)
        p95 = sorted(times)[int(len(times) * 0.95)]
        lines.append(f"| {name} | {queries} | {statistics.median(times):.1f} | {p95:.1f} |\n")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_pretty(pg_table_size('chat_message')), pg_size_pretty(pg_indexes_size('chat_message')), "
            "pg_size_pretty(pg_table_size('chat_messagewords')), pg_size_pretty(pg_indexes_size('chat_messagewords'))"
        )
        sizes = cursor.fetchone()
    lines.append("\nMessages {} and their indexes {}; words {} and their indexes {}.\n".format(*sizes))
    return "".join(lines)


def middle_day(conversation: Any) -> Any:
    from chat.models.messages import Message

    row = Message.objects.get(conversation=conversation, seq=conversation.last_seq // 2)
    return row.created_at.date()


def timed(call: Any) -> tuple[list[float], int]:
    """Milliseconds in the database of each turn, and the statements of one."""
    from django.db import connection

    spent = [0.0, 0.0]

    def around(execute: Any, *given: Any) -> Any:
        begin = time.perf_counter()
        try:
            return execute(*given)
        finally:
            spent[0] += (time.perf_counter() - begin) * 1000
            spent[1] += 1

    times = []
    call()
    for _turn in range(TURNS):
        spent[:] = [0.0, 0.0]
        with connection.execute_wrapper(around):
            call()
        times.append(spent[0])
    return times, int(spent[1])

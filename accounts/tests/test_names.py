"""By what words people are found, how these follow their names, and what a search costs at most."""

import base64
import json
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import personal, tasks
from accounts.actions import bots, handles, joining, life, names, profiles
from accounts.models.names import NamePart, asked, parts, stale
from accounts.models.people import User
from accounts.queries import directory
from accounts.tests.factories import Cast, make_follow, make_friends, make_user
from accounts.tests.test_at_once import at_once
from accounts.tests.test_everybody import found
from core import errors

SORTS = ("newest", "name")


def walk(viewer: User, **asked: str) -> list[str]:
    """Everybody found, page after page."""
    handles, cursor = [], ""
    while True:
        page = directory.people(viewer=viewer, cursor=cursor, **asked)
        handles += [person.handle for person in page.rows]
        if not (cursor := page.next):
            return handles


# -- Words --


@pytest.mark.both
@pytest.mark.parametrize(
    ("name", "finds", "passes_by"),
    [
        ("Mary Nguyễn", "ng nguyen Nguyễn mary n,m mary,ngu MARY,NGUYEN NGUYỄN,M", "uyen gu mary,z maryn ary"),
        ("Phạm Thị Đức Anh", "anh duc thi ph đức,phạm a,t", "hi nh anhh d,x"),
        ("O'Brien Jean-Luc", "o'brien obrien O’B brien jean luc jean-luc jeanluc obrien,jeanl", "rien uc lucj ob,x"),
        ("Hawaiʻi Niʻihau", "hawaii hawaiʻi niihau ni'i", "waii ihau i"),
        ("İbrahim Işık", "ibrahim İBRAHİM IBRAHIM işık ISIK ışık isik,ibr", "brahim sik"),
        ("Ødegård Straße", "odegard ØDE STRASSE straße", "degard asse"),
        ("สมชาย ใจดี", "สมชาย ชาย ใจ ดี จด ส ใจดี,สม", "ชส ดส"),
        ("王小明", "王 小 明 小明 王小 王小明 明,王", "明小 王明 李 小王"),
        ("山田・太郎 Taro", "太郎 田 taro,山 山田太郎", "たろ"),
        ("김철수", "김 철수 수 김철", "수김 박"),
        ("Ελένη Παπαδάκης", "ελενη ΠΑΠΑ παπαδάκης,ελ", "λενη"),
        ("Ann 👩‍💻🌻", "🌻 👩 ann,🌻 👩‍💻", "🌼 nn"),
        ("R2D2 100%", "r2 r2d2 d2 100 100% d,2,r", "00 x2"),
        ("مُحَمَّد علي", "محمد مح علي,محمد", "حمد"),
        ("a_b.c", "a b c b,a a_b", "d"),
    ],
)
def test_every_word_is_found_by_how_it_begins(cast: Cast, name: str, finds: str, passes_by: str) -> None:
    make_user("whoever", display_name=name)
    for words in finds.split():
        assert "whoever" in found(cast.carol, words=words.replace(",", " ")), words
    for words in passes_by.split():
        assert "whoever" not in found(cast.carol, words=words.replace(",", " ")), words


@pytest.mark.both
def test_handles_are_found_by_their_parts_and_after_an_at_by_how_they_begin(cast: Cast) -> None:
    make_user("tom.river_2b", display_name="Zed")
    make_user("other", display_name="Tom River")
    expected = {
        "river": ["other", "tom.river_2b"], "tom.r": ["other", "tom.river_2b"], "2": ["tom.river_2b"],
        "b": ["tom.river_2b", "bob"], "2b": ["tom.river_2b"], "ze river": ["tom.river_2b"],
        "@tom": ["tom.river_2b"], "@TOM.riv": ["tom.river_2b"], "@river": [], "@ot": ["other"], "@": [],
        "@tom.river_2b": ["tom.river_2b"], "tom.river_2b": ["tom.river_2b"], "om": [],
    }  # fmt: skip
    for words, people in expected.items():
        assert found(cast.carol, words=words) == people, words


@pytest.mark.parametrize(
    "words",
    ["\x00", "%", "_", "' - .", "\ud800", "x" * 1_000_000, "ﷺ" * 60, "ก" * 60, "a b c d e f " * 9, "🌻" * 99, "a\x00b"],
)
def test_words_of_any_kind_and_length_are_answered_within_bounds(cast: Cast, words: str) -> None:
    make_user("long", display_name=("ﷺ" * 60))
    with CaptureQueriesContext(connection) as queries:
        directory.people(viewer=cast.carol, words=words)
    assert len(queries) <= directory.COMPARED + 2
    assert len(asked(words[: directory.LONGEST])) < 120
    assert max(map(len, parts(words[:60], "x"))) <= 120


def test_a_name_of_any_kind_has_a_bounded_number_of_parts() -> None:
    for name in ("ﷺ" * 60, "ก" * 60, "a" * 60, "㌖" * 60, " ".join("abcdefghijklmnopqrstuvwxyz" * 2)[:60]):
        assert len(parts(name, "b" * 30)) <= 3 * 120 + 30


# -- Who --


@pytest.mark.both
def test_who_is_hidden_is_found_by_no_word(cast: Cast) -> None:
    later = timezone.now() + timezone.timedelta(days=1)
    for handle, state in {
        "unlisted": {"is_listed": False},
        "suspended": {"suspended_until": later},
        "hiding": {"hidden_at": timezone.now()},
        "inactive": {"is_active": False},
        "seen": {},
    }.items():
        make_user(handle, display_name="Quentin Quill", **state)
    for words in ("qu", "quill", "quill quentin"):
        for sort in SORTS:
            assert found(cast.carol, words=words, sort=sort) == ["seen"]
    assert found(cast.mallory, words="alice") == []
    assert found(cast.alice, words="mallory") == []
    assert found(cast.alice, words="alice") == []  # oneself


@pytest.mark.both
@pytest.mark.parametrize("sort", SORTS)
def test_words_and_filters_go_together(cast: Cast, sort: str) -> None:
    people = [make_user(f"q{number}", display_name="Quentin Quill") for number in range(4)]
    make_follow(cast.carol, people[0])
    make_friends(cast.carol, people[1])
    old = timezone.now() - timezone.timedelta(days=40)
    User.objects.filter(pk=people[2].pk).update(created_at=old)
    names.rewrite_parts()
    for words in ("quill", "quill quen"):
        assert found(cast.carol, words=words, sort=sort, which="following") == ["q0"]
        assert found(cast.carol, words=words, sort=sort, which="friends") == ["q1"]
        assert sorted(found(cast.carol, words=words, sort=sort, which="new")) == ["q0", "q1", "q3"]


# -- Pages --


@pytest.mark.both
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("words", ["nguyen", "nguyen ma"])
def test_pages_go_on_without_holes_and_in_the_order_of_the_list(
    cast: Cast, words: str, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "PAGE", 3)
    moment = timezone.now()
    for number in range(120):
        name = "Ma Nguyen" if number % 17 == 0 else f"Ng{'uyen' if number % 3 else 'o'} {'Lo' if number % 2 else 'Ma'}"
        minutes = timezone.timedelta(minutes=number // 4)  # several of one moment, and of one name
        make_user(f"p{number}", display_name=name, created_at=moment - minutes, is_listed=number % 5 > 0)
    order = ("name_key", "pk") if sort == "name" else ("-created_at", "-pk")
    everybody = User.objects.filter(is_listed=True).order_by(*order)
    expected = [one.handle for one in everybody if asked(words) <= parts(one.display_name, one.handle)]
    assert walk(cast.carol, words=words, sort=sort) == expected
    assert len(expected) > 20


@pytest.mark.both
def test_the_number_of_queries_does_not_hang_on_how_many_are_found(cast: Cast, django_assert_num_queries: Any) -> None:
    for number in range(directory.PAGE + 5):
        make_user(f"p{number}", display_name="Quentin Quill")
    for words, queries in {
        "qui": 2,
        "quill quentin": 5,
        "zzz": 1,
        "quill zzz": 3,
        "%": 0,
        "q qu qui quil quill quen z": 9,
    }.items():
        with django_assert_num_queries(queries):
            directory.people(viewer=cast.carol, words=words)


def plan_of(queries: CaptureQueriesContext) -> tuple[str, int]:
    """The plan of the query that walks candidates, and on PostgreSQL how many rows it read."""
    [sql] = [one["sql"] for one in queries if one["sql"].endswith((" LIMIT 41", " LIMIT 201"))]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            return "\n".join(row[3] for row in cursor.fetchall()), 0
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        [plan] = cursor.fetchone()[0]

    def read(node: dict[str, Any]) -> int:
        own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        return max([own, *map(read, node.get("Plans", []))])

    return json.dumps(plan), read(plan["Plan"])


@pytest.mark.slow
@pytest.mark.both
@pytest.mark.parametrize(("sort", "index"), [("newest", "name_part_newest"), ("name", "name_part_by_name")])
def test_a_word_that_thousands_have_is_read_a_page_at_a_time(cast: Cast, sort: str, index: str) -> None:
    User.objects.bulk_create(
        User(handle=f"nguyen{number}", email=f"{number}@x.example", display_name=f"Nguyen {number % 700:03}")
        for number in range(3000)
    )
    names.write_parts(people=list(User.objects.values_list("pk", flat=True)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    first = directory.people(viewer=cast.carol, words="ng", sort=sort)
    deep = first.next
    for _page in range(20):
        deep = directory.people(viewer=cast.carol, words="ng", sort=sort, cursor=deep).next
    for cursor in ("", deep):
        with CaptureQueriesContext(connection) as queries:
            directory.people(viewer=cast.carol, words="ng", sort=sort, cursor=cursor)
        plan, read = plan_of(queries)
        assert index in plan
        assert "TEMP B-TREE" not in plan
        assert '"Sort"' not in plan
        assert read <= 100
        if cursor and connection.vendor == "sqlite":
            assert "(part=? AND " in plan, "it begins behind the cursor"


@pytest.mark.slow
@pytest.mark.both
def test_several_words_are_looked_up_over_indexes_beginning_with_the_rarest(cast: Cast) -> None:
    User.objects.bulk_create(
        User(handle=f"p{number}", email=f"{number}@x.example", display_name=f"Nguyen {'Zoe' if number < 9 else 'Ana'}")
        for number in range(3000)
    )
    names.write_parts(people=list(User.objects.values_list("pk", flat=True)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for words, count in {"nguyen zo": 9, "zoe nguyen p": 9, "nguyen carol": 0}.items():
        with CaptureQueriesContext(connection) as queries:
            assert len(directory.people(viewer=cast.alice, words=words).rows) == count
        plan, read = plan_of(queries)
        assert "SCAN accounts_namepart" not in plan
        assert '"Seq Scan"' not in plan
        assert read <= 500


def test_where_a_page_ends_says_nothing_of_whom_one_may_not_see(cast: Cast) -> None:
    """The last candidate may be hidden; the cursor is sealed."""
    User.objects.bulk_create(
        User(handle=f"hush{number}", email=f"{number}@x.example", display_name=f"Ann {number}", is_listed=False)
        for number in range(450)
    )
    names.write_parts(people=list(User.objects.values_list("pk", flat=True)))
    page = directory.people(viewer=cast.carol, words="ann", sort="name")
    assert page.rows == []
    assert page.next
    padded = page.next + "=" * (-len(page.next) % 4)
    assert b"ann" not in base64.urlsafe_b64decode(padded)
    assert directory.people(viewer=cast.carol, words="ann", sort="name", cursor=page.next).next == ""
    with pytest.raises(errors.Invalid):
        directory.people(viewer=cast.carol, words="ann", sort="name", cursor=f"x{page.next[1:]}")


@pytest.mark.both
def test_more_words_than_the_database_compares_are_all_compared(cast: Cast) -> None:
    make_user("long", display_name="Anna Bea Cleo Dora Emma Fay Gus Hal")
    make_user("short", display_name="Anna Bea Cleo Dora Emma Fay Gus")
    make_user("signs", display_name="กิตติพงษ์วงศ์สุวรรณ")
    assert found(cast.carol, words="hal gus fay emma dora cleo bea anna") == ["long"]
    assert found(cast.carol, words="gus fay emma dora cleo bea anna") == ["short", "long"]
    assert found(cast.carol, words="anna bea cleo dora emma fay gus x") == []
    assert found(cast.carol, words="กิตติพงษ์วงศ์สุวรรณ") == ["signs"]
    assert found(cast.carol, words="กิตติพงษ์วงศ์สุวรรณก") == []


# -- In step with names --


@pytest.mark.both
def test_words_move_at_once_with_the_name_and_the_handle(cast: Cast) -> None:
    profiles.update_profile(actor=cast.bob, display_name="Zoë Nguyễn")
    assert found(cast.carol, words="nguyen zo") == ["bob"]
    handles.change_handle(actor=cast.bob, handle="wood_cutter")
    assert (found(cast.carol, words="cutter"), found(cast.carol, words="bob")) == (["wood_cutter"], [])
    profiles.change_me(actor=cast.bob, name="Yan", handle="stone.mason")
    assert found(cast.carol, words="mason y") == ["stone.mason"]
    cast.dan.display_name, cast.dan.handle = "Åke Ng", "ake.b"
    profiles.edit_member(actor=cast.mod, member=cast.dan, fields=["display_name", "handle"])
    assert (found(cast.carol, words="ng ak"), found(cast.carol, words="dan")) == (["ake.b"], [])
    made = joining.join(email="n@x.example", handle="new_comer", display_name="Uma Ng", password_hash="!")
    assert found(cast.carol, words="ng um") == ["new_comer"]
    cast.mod.user_permissions.add(Permission.objects.get(codename="manage_bots"))
    owner = User.objects.get(pk=cast.mod.pk)
    bot = bots.make_bot(actor=owner, handle="rain_bot", display_name="Weather Report")
    assert found(cast.carol, words="report") == ["rain_bot"]
    bots.rename_bot(actor=owner, bot=bot.pk, display_name="Tide Table", bio="")
    assert (found(cast.carol, words="table"), found(cast.carol, words="report")) == (["rain_bot"], [])
    assert not User.objects.filter(stale()).exists()
    assert names.rewrite_parts() == 0
    assert made.pk


def test_a_name_that_is_refused_moves_nothing(cast: Cast) -> None:
    before = set(NamePart.objects.values_list("person_id", "part"))
    with pytest.raises(errors.Invalid):
        profiles.change_me(actor=cast.bob, name="Zoë", handle="alice")
    assert set(NamePart.objects.values_list("person_id", "part")) == before


@pytest.mark.both
def test_the_clock_catches_up_with_whom_the_version_before_made_or_renamed(cast: Cast) -> None:
    User.objects.create(handle="elsewhere", email="e@x.example", display_name="Made Before")
    User.objects.filter(pk=cast.bob.pk).update(display_name="Renamed Before")
    User.objects.filter(pk=cast.dan.pk).update(handle="daniel.b")
    assert found(cast.carol, words="before") == []
    assert sorted(User.objects.filter(stale()).values_list("handle", flat=True)) == ["bob", "daniel.b", "elsewhere"]
    tasks.forget()
    assert sorted(found(cast.carol, words="before")) == ["bob", "elsewhere"]
    assert found(cast.carol, words="dan b") == ["daniel.b"]
    assert not User.objects.filter(stale()).exists()


@pytest.mark.both
def test_who_was_here_before_is_found_and_a_broken_migration_goes_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(NamePart.objects.values_list("person_id", "part", "created_at", "name_key"))
    NamePart.objects.exclude(person=cast.bob).delete()
    User.objects.exclude(pk=cast.bob.pk).update(parts_name="", parts_handle="", name_key="")
    fill = import_module("accounts.migrations.0017_name_parts_fill")
    monkeypatch.setattr(fill, "BATCH", 2)
    for _turn in range(2):
        fill.write_parts(apps, SimpleNamespace(connection=connection))
        assert set(NamePart.objects.values_list("person_id", "part", "created_at", "name_key")) == before
    assert not User.objects.filter(stale()).exists()
    assert names.rewrite_parts() == 0


@pytest.mark.both
def test_recount_mends_whatever_is_wrong(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "BATCH", 2)
    NamePart.objects.filter(person=cast.bob, part="b").delete()
    NamePart.objects.filter(person=cast.dan, part="dan").update(part="wrong")
    User.objects.filter(pk=cast.mod.pk).update(created_at=timezone.now() - timezone.timedelta(days=400))
    User.objects.filter(pk=cast.carol.pk).update(name_key="wrong")
    assert names.rewrite_parts() == 4
    assert names.rewrite_parts() == 0
    assert found(cast.alice, words="da") == ["dan"]
    call_command("recount")


@pytest.mark.both
def test_the_stale_are_found_over_an_index_of_their_own(cast: Cast) -> None:
    User.objects.bulk_create(
        User(handle=f"p{number}", email=f"{number}@x.example", display_name="P") for number in range(2000)
    )
    names.write_parts(people=list(User.objects.values_list("pk", flat=True)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert "user_parts_stale" in User.objects.filter(stale()).order_by("pk")[:500].explain()


def test_parts_go_with_the_member_and_into_no_export(cast: Cast) -> None:
    life.request_deletion_of(actor=None, member=cast.bob, now=True)
    life.erase_leavers()
    assert not User.objects.filter(pk=cast.bob.pk).exists()
    assert not NamePart.objects.filter(person_id=cast.bob.pk).exists()
    [table] = [one for one in personal.tables if one.model is NamePart]
    assert (table.erase, table.kept) == (None, "")


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_name_handle_clock_and_recount_at_once() -> None:
    for turn in range(3):
        bob = make_user(f"bob{turn}")
        User.objects.filter(pk=bob.pk).update(display_name="Of The Version Before")
        answers = at_once(
            lambda bob=bob: profiles.update_profile(actor=bob, display_name="One Name"),
            lambda bob=bob: profiles.update_profile(actor=bob, display_name="Other Words"),
            lambda bob=bob, turn=turn: handles.change_handle(actor=bob, handle=f"han_dle{turn}"),
            names.catch_up,
            names.rewrite_parts,
        )
        assert not [one for one in answers if isinstance(one, Exception)]
        now = User.objects.get(pk=bob.pk)
        kept = set(NamePart.objects.filter(person=bob).values_list("part", flat=True))
        assert kept == parts(now.display_name, f"han_dle{turn}")
        assert not User.objects.filter(stale()).exists()


@pytest.mark.both
def test_the_page_and_the_api_find_by_any_word(cast: Cast, client: Client) -> None:
    profiles.update_profile(actor=cast.bob, display_name="Mary Nguyễn")
    client.force_login(cast.carol)
    assert "@bob" in client.get("/people/", {"q": "ng"}).content.decode()
    answer = client.get("/api/v1/users", {"q": "nguyen m"}).json()
    assert [one["handle"] for one in answer["results"]] == ["bob"]
    empty = client.get("/people/", {"q": "nguyen x"}).content.decode()
    assert "Nobody of that name" in empty
    assert "first letters of any word" in empty

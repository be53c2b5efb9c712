"""Finding people: the directory and the rail's newcomers."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.actions import names, profiles, relations
from accounts.models.people import User, folded
from accounts.queries import directory
from accounts.queries import friends as friends_queries
from accounts.tests.factories import Cast, log_in, make_user
from core import errors

pytestmark = pytest.mark.django_db


def found(viewer: User, **asked: str) -> list[str]:
    return [person.handle for person in directory.people(viewer=viewer, **asked).rows]


def test_the_newest_stand_first_and_the_blocked_and_gone_do_not_stand_there(cast: Cast) -> None:
    make_user("gone", is_active=False)
    assert found(cast.alice) == ["mod", "dan", "carol", "bob"]
    assert "alice" not in found(cast.mallory)


@pytest.mark.both
def test_a_name_or_handle_is_found_by_how_its_words_begin(cast: Cast) -> None:
    made = [
        make_user("linh", display_name="Linh Phạm"),
        make_user("river", display_name="Ødegård"),
        make_user("dv", display_name="Đặng Văn"),
        make_user("percent", display_name="100% Wool_"),
    ]
    expected = {
        "li": ["linh"], "LINH": ["linh"], "linh p": ["linh"], "@lin": ["linh"], "phạm": ["linh"], "riv": ["river"],
        "ode": ["river"], "Øde": ["river"], "dang": ["dv"], "Đặng": ["dv"], "100%": ["percent"], "%": [], "_": [],
        "100_": ["percent"], "zzz\x00": [],
    }  # fmt: skip
    for words, handles in expected.items():
        assert found(cast.carol, words=words) == handles, words
    assert [folded(one.display_name) for one in made] == [one.name_key for one in made]


@pytest.mark.both
def test_filters_and_orders(cast: Cast) -> None:
    User.objects.filter(pk=cast.bob.pk).update(created_at=timezone.now() - timedelta(days=40))
    assert found(cast.alice, which="following") == ["dan"]
    assert found(cast.alice, which="friends") == ["dan"]
    assert found(cast.dan, which="following") == ["alice"]
    assert found(cast.carol, which="new") == ["mod", "mallory", "dan", "alice"]
    assert found(cast.carol, sort="name") == ["alice", "bob", "dan", "mallory", "mod"]
    for asked in ({"which": "enemies"}, {"sort": "-email"}):
        with pytest.raises(errors.Invalid):
            directory.people(viewer=cast.carol, **asked)


@pytest.mark.both
@pytest.mark.parametrize("sort", ["newest", "name"])
def test_pages_go_on_and_cost_the_same(cast: Cast, sort: str, django_assert_num_queries: Any) -> None:
    for number in range(directory.PAGE + 5):
        make_user(f"new{number}", display_name="The same")
    with django_assert_num_queries(2):
        first = directory.people(viewer=cast.alice, sort=sort)
    second = directory.people(viewer=cast.alice, sort=sort, cursor=first.next)
    names = [person.handle for person in first.rows + second.rows]
    assert len(names) == len(set(names)) == directory.PAGE + 9
    assert second.next == ""


@pytest.mark.slow
@pytest.mark.both
@pytest.mark.parametrize(
    ("asked", "indexes"),
    [
        ({}, ["user_newest"]),
        ({"sort": "name"}, ["user_by_name"]),
        ({"words": "person9", "sort": "name"}, ["name_part_by_name", "name_part_once"]),
        ({"which": "new"}, ["user_newest"]),
    ],
)
def test_every_way_goes_over_an_index(
    cast: Cast, asked: dict[str, str], indexes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.bulk_create(
        User(handle=f"person{number}", email=f"{number}@x.example", display_name=f"Person {number}")
        for number in range(3000)
    )
    names.write_parts(people=list(User.objects.values_list("pk", flat=True)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plans = []
    real = directory.paging.page

    def page(rows: Any, *, by: tuple[str, ...], **options: Any) -> Any:
        plans.append(rows.order_by(*by)[:81].explain())
        return real(rows, by=by, **options)

    monkeypatch.setattr(directory.paging, "page", page)
    directory.people(viewer=cast.alice, **asked)
    assert any(index in plans[0] for index in indexes), plans[0]
    assert "Seq Scan on accounts_user" not in plans[0]


@pytest.mark.slow
@pytest.mark.both
@pytest.mark.parametrize("sort", ["newest", "name"])
@pytest.mark.parametrize("which", ["following", "friends"])
def test_ones_own_few_are_not_looked_for_among_everybody(
    cast: Cast, which: str, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.bulk_create(
        User(handle=f"person{number}", email=f"{number}@x.example", display_name=f"Person {number}")
        for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plans, real = [], directory.paging.page

    def page(rows: Any, *, by: tuple[str, ...], **options: Any) -> Any:
        plans.append(rows.order_by(*by)[:81].explain())
        return real(rows, by=by, **options)

    monkeypatch.setattr(directory.paging, "page", page)
    assert found(cast.alice, which=which, sort=sort) == ["dan"]
    assert "pkey" in plans[0] or "INTEGER PRIMARY KEY" in plans[0], plans[0]


def test_one_may_leave_the_directory_and_is_still_reached(cast: Cast, client: Client) -> None:
    log_in(client, cast.bob)
    client.post("/settings/privacy/", {"friends_audience": "friends"})
    assert "bob" not in found(cast.carol)
    assert found(cast.carol, words="bob") == []
    assert client.get("/@bob/").status_code == 200
    relations.follow(actor=cast.carol, person="bob")
    profiles.set_visibility(actor=cast.bob, is_listed=True)
    assert "bob" in found(cast.carol)


def test_the_rail_proposes_whom_one_does_not_follow_yet(cast: Cast, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):  # her friends, whose friends these are (nobody's but hers), the newest
        people = friends_queries.rail(cast.alice)["people"]
    assert [person.handle for person in people] == ["mod", "carol", "bob"]
    profiles.set_visibility(actor=cast.mod, is_listed=False)
    assert [person.handle for person in friends_queries.rail(cast.alice)["people"]] == ["carol", "bob"]


def test_only_members_see_who_is_here(cast: Cast, client: Client) -> None:
    assert client.get("/people/").status_code == 302
    assert client.get("/api/v1/users").status_code == 401
    client.force_login(cast.carol)
    page = client.get("/people/")
    assert page.status_code == 200
    assert b"@alice" in page.content
    for path in ("/people/", "/api/v1/users"):
        for asked in ("cursor=rubbish", "filter=x", "sort=x"):
            assert client.get(f"{path}?{asked}").status_code == 422


def test_the_page_keeps_what_was_asked(cast: Cast, client: Client) -> None:
    for number in range(directory.PAGE + 1):
        make_user(f"same{number}")
    client.force_login(cast.carol)
    page = client.get("/people/?q=same&sort=name").content.decode()
    assert 'value="same"' in page
    assert "?q=same&amp;sort=name&amp;cursor=" in page
    assert "?q=same&amp;filter=friends&amp;sort=name" in page
    assert "Nobody of that name" in client.get("/people/?q=zzz").content.decode()
    assert "Look among everybody" in client.get("/people/?filter=friends").content.decode()


def test_the_api_lists_people(cast: Cast, client: Client) -> None:
    client.force_login(cast.carol)
    answer = client.get("/api/v1/users?q=al&sort=name&filter=all").json()
    assert ([one["handle"] for one in answer["results"]], answer["next"]) == (["alice"], None)


def test_names_follow_whoever_changes_them_and_recount_mends(cast: Cast) -> None:
    profiles.update_profile(actor=cast.bob, display_name="Zoë")
    cast.dan.display_name = "Åke"
    profiles.edit_member(actor=cast.mod, member=cast.dan, fields=["display_name"])
    assert found(cast.carol, words="zoe") == ["bob"]
    assert found(cast.carol, words="ake") == ["dan"]
    User.objects.filter(pk=cast.bob.pk).update(name_key="wrong")
    call_command("recount")
    assert found(cast.carol, words="zoe") == ["bob"]
